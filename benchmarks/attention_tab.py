"""The Attention tab: another head or layer on screen, and the server's memory for each session.

A change is measured in the page, from the click or the key to the end of the frame in which map
and flow have the new head's names and the map its picture; where Plotly has yet to draw that
picture anew, the canvas that shows it until then counts. Each press waits until Plotly is done
with the one before. Up to 128 tokens the page has all heads
of a layer; of a longer text it asks for each, unless the flow shows the mean of the layer. The
server's memory is looked at when it is at rest: with the model alone, then with each session that
has opened its Attention tab.
"""

from __future__ import annotations

import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence

from playwright.sync_api import Browser, Page, sync_playwright
from scripts.ensure_chromium import find

from benchmarks.pages import (
    ARGUMENTS,
    SLOW,
    VIEWPORT,
    Traffic,
    atlas,
    generate,
    machine,
    resident,
    seen,
    watch_press,
)
from benchmarks.texts import text_of

LENGTHS = (16, 128, 512)
LAYERS, HEADS = 6, 12
"""The embedded model's."""
HEAD_MS = 50
"""What another head may take if it is in the page already."""
LAYER_MS = {128: 150, 512: 400}
"""What another layer may take, by how many tokens there are."""
IN_THE_PAGE = 10_000
"""Bytes: a change that sends fewer has found its numbers in the page."""
SESSIONS, SESSION_TOKENS = 3, 512
SETTLED = 1_000_000
"""Bytes: a server whose memory moves by less, from one look to the next, is at rest."""

Change = tuple[int, int, Callable[[], None]]
"""The layer and the head that shall be shown, counted from 1, and the press that asks for them."""


def open_tab(browser: Browser, url: str, n: int) -> Page:
    """A page with the Attention tab of a text of n tokens, atlas, map and flow drawn."""
    page = browser.new_page(viewport=VIEWPORT)
    generate(page, url, text_of(n))
    watch_press(page, "click", {"heads": LAYERS * HEADS})
    page.get_by_role("tab", name="Attention").click()
    seen(page)
    return page


def by_tile(page: Page, layer: int, head: int) -> Change:
    """A click on a tile of the atlas."""
    name = re.compile(rf"^Layer {layer}, head {head}(,|$)")
    return layer, head, page.get_by_role("button", name=name).first.click


def by_arrow(page: Page, layer: int, head: int) -> Change:
    """An arrow key in the sidebar, at the head before."""
    group = page.get_by_role("radiogroup", name="Head", exact=True)
    before = group.get_by_role("radio", name=f"Head {head - 1}", exact=True)
    return layer, head, lambda: before.press("ArrowRight")


def times(page: Page, event: str, changes: Iterable[Change]) -> tuple[list[float], float]:
    """The milliseconds of each change, and the bytes that a change sends, by the median."""
    traffic = Traffic(page)
    took: list[float] = []
    sent: list[int] = []
    for layer, head, press in changes:
        page.wait_for_function("() => onScreen.rests()")
        watch_press(page, event, {"layer": layer, "head": head})
        traffic.again()
        press()
        took.append(seen(page) * 1e3)
        sent.append(traffic.total)
    return took, statistics.median(sent)


def changes(page: Page, n: int) -> None:
    """Prints how long other heads and layers take."""
    by_tile(page, 1, 1)[-1]()
    page.get_by_role("heading", name="Layer 1, head 1", exact=True).wait_for(timeout=SLOW)
    others = range(2, HEADS + 1)
    back = [by_tile(page, 1, k) for k in reversed(range(1, HEADS))]
    _row(page, n, "head, arrow key", "keydown", [by_arrow(page, 1, k) for k in others])
    asked = _row(page, n, "head, click", "click", back)
    _row(page, n, "layer, click", "click", [by_tile(page, k, 2) for k in range(2, LAYERS + 1)])
    if not asked:
        return
    page.get_by_label("Whose lines the flow shows").select_option("mean")
    page.get_by_role("img", name=re.compile("^Attention flow of .* mean of its")).wait_for()
    by_tile(page, LAYERS, 1)[-1]()
    page.get_by_role("img", name=f"Attention map of layer {LAYERS}, head 1,").wait_for()
    there = [by_tile(page, LAYERS, k) for k in others]
    _row(page, n, "head, flow of the mean", "click", there)


def _row(page: Page, n: int, name: str, event: str, presses: list[Change]) -> bool:
    """Prints what these changes take; gives whether the page had to ask for the numbers."""
    took, sent = times(page, event, presses)
    asked = sent > IN_THE_PAGE
    most = LAYER_MS.get(n) if name.startswith("layer") else None if asked else HEAD_MS
    median = statistics.median(took)
    bound = "" if most is None else f"{most:>7}{'  missed' if median > most else ''}"
    print(
        f"{n:>6}  {name:<24}  {median:>7.0f}  {min(took):>7.0f}  {max(took):>7.0f}"
        f"  {sent / 1e3:>8.1f}  {bound}",
        flush=True,
    )
    return asked


def at_rest(pid: int) -> int:
    """The bytes that a process holds when it has done what it was asked, or after ten seconds."""
    size = resident(pid)
    for _ in range(20):
        time.sleep(0.5)
        before, size = size, resident(pid)
        if abs(size - before) < SETTLED:
            break
    return size


def memory(browser: Browser) -> None:
    """Prints what the server holds before anybody came, and with each session more."""
    with atlas() as server:
        page = browser.new_page()
        page.goto(server.url)
        page.get_by_text("Shown: the embedded model").wait_for(timeout=SLOW)
        sizes = [at_rest(server.pid)]
        page.close()
        pages: list[Page] = []
        for _ in range(SESSIONS):
            pages.append(open_tab(browser, server.url, SESSION_TOKENS))
            sizes.append(at_rest(server.pid))
        for page in pages:
            page.close()
    each = (sizes[-1] - sizes[1]) / (SESSIONS - 1)
    print(
        f"The server's memory: {sizes[0] / 1e6:.0f} MB with the model; with "
        f"{', '.join(map(str, range(1, SESSIONS + 1)))} sessions of {SESSION_TOKENS} tokens at "
        f"their Attention tab {', '.join(f'{size / 1e6:.0f}' for size in sizes[1:])} MB; "
        f"{each / 1e6:.0f} MB for each session after the first."
    )


def main(lengths: Sequence[int] = LENGTHS) -> None:
    """Prints a row for each change and length, then the memory."""
    executable = find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        print(f"\nThe Attention tab, embedded model, Chromium {browser.version}. {machine()}")
        print(
            f"{'tokens':>6}  {'another':<24}  {'ms':>7}  {'best':>7}  {'worst':>7}"
            f"  {'kB sent':>8}  {'at most':>7}"
        )
        with atlas() as server:
            for n in lengths:
                page = open_tab(browser, server.url, n)
                changes(page, n)
                page.close()
        memory(browser)
        browser.close()


if __name__ == "__main__":
    main([int(length) for length in sys.argv[1:]] or LENGTHS)
