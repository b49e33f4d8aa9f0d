"""The first view: seconds and bytes from an empty browser to a page, and from a press to a walk."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request

from playwright.sync_api import Browser, Response, sync_playwright
from scripts.ensure_chromium import find

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LENGTHS = (12, 128, 510)


def main() -> None:
    """Prints what a visitor waits for and what travels."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    executable = find()
    begin = time.perf_counter()
    command = [sys.executable, "-m", "attention_atlas.cli", "--model", "embedded", "--no-browser"]
    server = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/"
    try:
        while True:
            try:
                urllib.request.urlopen(url, timeout=1).close()
                break
            except OSError:
                continue
        print(f"\nFrom the command to a page that answers: {time.perf_counter() - begin:.2f} s")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
            _visit(browser, url)
            for words in LENGTHS:
                _generate(browser, url, words)
            browser.close()
    finally:
        server.terminate()
        server.wait()


def _visit(browser: Browser, url: str) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    begin = time.perf_counter()
    page.goto(url)
    page.get_by_role("heading", name="Give the model a sentence").wait_for()
    seen = time.perf_counter() - begin
    sizes = [len(response.body()) for response in list(responses)]
    print(f"First visit, empty cache: {seen:.2f} s, {len(sizes)} files, {sum(sizes) / 1e3:.0f} kB")
    page.close()


def _generate(browser: Browser, url: str, words: int) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    received: list[int] = []
    page.on(
        "websocket",
        lambda ws: ws.on("framereceived", lambda frame: received.append(len(frame))),
    )
    page.goto(url)
    page.get_by_text("Shown: the embedded model").wait_for(timeout=60_000)
    received.clear()
    page.get_by_label("Sentence", exact=True).fill(" ".join(["cat"] * words))
    begin = time.perf_counter()
    page.get_by_role("button", name="Generate All").click()
    page.get_by_role("table").first.wait_for(timeout=60_000)
    walk = time.perf_counter() - begin, sum(received)
    received.clear()
    begin = time.perf_counter()
    page.get_by_role("tab", name="Attention").click()
    page.locator(".js-plotly-plot .heatmaplayer image").first.wait_for(timeout=60_000)
    tab = time.perf_counter() - begin, sum(received)
    print(
        f"{words + 2:>4} tokens: walk after {walk[0]:.2f} s and {walk[1] / 1e3:.0f} kB, "
        f"attention map after {tab[0]:.2f} s and {tab[1] / 1e3:.0f} kB"
    )
    page.close()


if __name__ == "__main__":
    main()
