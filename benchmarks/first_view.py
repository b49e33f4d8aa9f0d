"""The first view: seconds and bytes from the command to a page, and from a press to a walk.

Each visit is one browser page with an empty cache. Bytes are as the page reads them, unpacked, and
for the first visit as they are sent.
"""

from __future__ import annotations

import time

from playwright.sync_api import Browser, sync_playwright
from scripts.ensure_chromium import find

from benchmarks.pages import ARGUMENTS, SLOW, VIEWPORT, Traffic, atlas
from benchmarks.texts import text_of

LENGTHS = (14, 128, 512)


def main() -> None:
    """Prints what a visitor waits for and what travels."""
    executable = find()
    with atlas() as server, sync_playwright() as playwright:
        print(f"\nFrom the command to a page that answers: {server.started:.2f} s")
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        _visit(browser, server.url)
        for n in LENGTHS:
            _generate(browser, server.url, n)
        browser.close()


def _visit(browser: Browser, url: str) -> None:
    page = browser.new_page(viewport=VIEWPORT)
    traffic = Traffic(page)
    begin = time.perf_counter()
    page.goto(url)
    page.get_by_role("heading", name="Give the model a sentence").wait_for()
    seen = time.perf_counter() - begin
    print(
        f"First visit, empty cache: {seen:.2f} s, {len(traffic.files)} files, "
        f"{traffic.packed.total() / 1e3:.0f} kB sent, {traffic.files.total() / 1e3:.0f} kB unpacked"
    )
    page.close()


def _generate(browser: Browser, url: str, n: int) -> None:
    page = browser.new_page(viewport=VIEWPORT)
    traffic = Traffic(page)
    page.goto(url)
    page.get_by_text("Shown: the embedded model").wait_for(timeout=SLOW)
    traffic.again()
    page.get_by_label("Sentence", exact=True).fill(text_of(n))
    begin = time.perf_counter()
    page.get_by_role("button", name="Generate All").click()
    page.get_by_role("table").first.wait_for(timeout=SLOW)
    walk = time.perf_counter() - begin, traffic.messages
    traffic.again()
    begin = time.perf_counter()
    page.get_by_role("tab", name="Attention").click()
    page.locator(".js-plotly-plot .heatmaplayer image").first.wait_for(timeout=SLOW)
    tab = time.perf_counter() - begin, traffic.messages
    print(
        f"{n:>4} tokens: walk after {walk[0]:.2f} s and {walk[1] / 1e3:.0f} kB of messages, "
        f"attention map after {tab[0]:.2f} s and {tab[1] / 1e3:.0f} kB"
    )
    page.close()


if __name__ == "__main__":
    main()
