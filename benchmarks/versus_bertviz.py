"""The first view: BertViz's model view and head view, and our Attention tab, in one Chromium.

Both show the same text and the same model. BertViz's page is made in Python before it can be
opened, pass included; ours is opened by its address and makes the pass meanwhile, or its tab is
pressed when the walk is there and the page has fetched Plotly's script in advance. A view is
drawn when all its lines, or atlas, map and flow, are there and two more frames have passed. Bytes
are as the page reads them, unpacked, and once more without the scripts that do not change:
Plotly's here; d3, jQuery and require there. The last line at 128 tokens has our files as they are
sent, packed. A view that takes longer than ten seconds is measured once, and ended after two
minutes or when its tab holds more than 6 GB.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast, get_args
from urllib.parse import urlencode

import torch
from playwright.sync_api import Browser, Error, Page, sync_playwright
from playwright.sync_api import TimeoutError as TooSlow
from scripts.ensure_chromium import find

from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from benchmarks.bertviz_pages import BERTVIZ, NAMES, NotHere, Site, View, site
from benchmarks.pages import (
    ARGUMENTS,
    PLOTLY,
    SLOW,
    VIEWPORT,
    Tab,
    Traffic,
    atlas,
    generate,
    machine,
    seen,
    watch_open,
    watch_press,
)
from benchmarks.texts import text_of

LENGTHS = (16, 64, 128, 256, 512)
REPETITIONS = 3
ENOUGH = 10.0
"""Seconds: what takes longer is measured once."""
LIMIT = 120.0
"""Seconds after which a view counts as not drawn."""
MEMORY_LIMIT = 6_000_000_000
"""Bytes of one tab, after which it is ended: more than a laptop can spare."""
MOST_BYTES, BOUND_AT = 1_000_000, 128
"""What ours may send beyond Plotly's script, and at how many tokens."""


@dataclass
class Case:
    """One way to a view, at one length.

    `scripts` are the names of those that do not change.
    """

    scripts: tuple[str, ...]
    made: list[float] = field(default_factory=list)
    drawn: list[float] = field(default_factory=list)
    traffic: Traffic | None = None
    peak: int = 0
    failed: str = ""

    @property
    def seconds(self) -> float:
        """What a person waits for: until the page is made, and until it is drawn."""
        return statistics.median(map(sum, zip(self.made, self.drawn, strict=True)))

    @property
    def over(self) -> bool:
        """Whether to measure again would tell nothing new, or take too long."""
        return bool(self.failed) or (bool(self.drawn) and self.seconds > ENOUGH)

    def __str__(self) -> str:
        made = f"{statistics.median(self.made):>7.2f}" if any(self.made) else f"{'':>7}"
        drawn = (
            f"{self.failed:>16}"
            if self.failed
            else f"{statistics.median(self.drawn):>7.2f}  {self.seconds:>7.2f}"
        )
        assert self.traffic is not None
        total, alone = self.traffic.total, self.traffic.without(*self.scripts)
        return f"{made}  {drawn}  {total / 1e6:>8.2f}  {alone / 1e6:>8.2f}  {self.peak / 1e6:>8.0f}"


Chromium = Callable[[], Browser]
Way = Callable[[Case, Page], float]
"""Goes to a view and gives the seconds until it was drawn."""


def attention_of(model: Model, n: int) -> tuple[list[torch.Tensor], list[str]]:
    """A pass by transformers' own modules: each layer's attention, and the tokens' texts."""
    ids = torch.tensor([model.tokenizer(text_of(n))["input_ids"]])
    assert ids.shape[1] == n
    with torch.inference_mode():
        passed = model.parts.encoder(ids, output_attentions=True)
    tokens = model.tokenizer.convert_ids_to_tokens(ids[0].tolist())
    return list(passed.attentions), cast(list[str], tokens)


def bertviz(pages: Site, model: Model, view: View, n: int) -> Way:
    """A pass and a page made of it, then the page opened."""
    lines = n * n * model.heads * (model.layers if view == "model_view" else 1)

    def way(case: Case, page: Page) -> float:
        watch_open(page, {"lines": lines})
        begin = time.perf_counter()
        url = pages.write(view, *attention_of(model, n))
        case.made.append(time.perf_counter() - begin)
        page.goto(url, wait_until="commit", timeout=LIMIT * 1e3)
        return seen(page, LIMIT)

    return way


def by_address(url: str, model: Model, n: int) -> Way:
    """The address of the Attention tab with its text, opened by somebody who was never here."""
    address = f"{url}#{urlencode({'text': text_of(n), 'tab': 'attention'})}"

    def way(case: Case, page: Page) -> float:
        watch_open(page, {"heads": model.layers * model.heads})
        case.made.append(0)
        page.goto(address, wait_until="commit", timeout=LIMIT * 1e3)
        return seen(page, LIMIT)

    return way


def by_tab(url: str, model: Model, n: int) -> Way:
    """The tab pressed by somebody at the walk, where Plotly's script was fetched meanwhile."""

    def way(case: Case, page: Page) -> float:
        generate(page, url, text_of(n))
        page.wait_for_function("() => globalThis.Plotly", timeout=SLOW)
        watch_press(page, "click", {"heads": model.layers * model.heads}, more=2)
        assert case.traffic is not None
        case.traffic.again()
        case.made.append(0)
        page.get_by_role("tab", name="Attention").click()
        return seen(page, LIMIT)

    return way


def look(chromium: Chromium, case: Case, way: Way) -> None:
    """Goes one way to a view, in a browser of its own, and adds what was found to the case."""
    browser = chromium()
    tab = Tab(MEMORY_LIMIT)
    page = browser.new_page(viewport=VIEWPORT)
    case.traffic = Traffic(page)
    try:
        case.drawn.append(way(case, page))
    except TooSlow:
        case.failed = f"not in {LIMIT:.0f} s"
    except Error:
        case.failed = f"over {MEMORY_LIMIT / 1e9:.0f} GB" if tab.too_large else "the tab died"
    tab.close(kill=bool(case.failed))
    browser.close()
    case.peak = max(case.peak, tab.peak)


def main(lengths: Sequence[int] = LENGTHS) -> None:
    """Prints a row for each way and length, or what is missing for it."""
    try:
        _measure(lengths)
    except NotHere as missing:
        print(f"\nFirst view beside BertViz: not measured. {missing}")


def _measure(lengths: Sequence[int]) -> None:
    model = load_model("embedded", device="cpu")
    executable = find()
    with site() as pages, atlas() as server, sync_playwright() as playwright:

        def chromium() -> Browser:
            return playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)

        attention_of(model, lengths[0])  # the first pass is never like the others, theirs or ours
        look(chromium, Case(()), by_tab(server.url, model, lengths[0]))
        _head(model, chromium)
        for n in lengths:
            _rows(chromium, pages, server.url, model, n)


def _head(model: Model, chromium: Chromium) -> None:
    browser = chromium()
    print(
        f"\nFirst view beside BertViz {BERTVIZ}, embedded model ({model.layers} × {model.heads} "
        f"heads), Chromium {browser.version}. {machine()}"
    )
    browser.close()
    print("Seconds; MB that reach the page, all and without unchanging scripts; MB of the tab")
    print(
        f"{'tokens':>6}  {'view':<24}  {'made':>7}  {'drawn':>7}  {'both':>7}"
        f"  {'all':>8}  {'without':>8}  {'memory':>8}"
    )


def _rows(chromium: Chromium, pages: Site, url: str, model: Model, n: int) -> None:
    address = "ours, its address opened"
    ways = {f"BertViz {view}": bertviz(pages, model, view, n) for view in get_args(View)}
    cases = {name: Case(NAMES) for name in ways}
    ways |= {address: by_address(url, model, n), "ours, its tab pressed": by_tab(url, model, n)}
    cases |= {name: Case((PLOTLY,)) for name in ways if name not in cases}
    for _ in range(REPETITIONS):
        for name, way in ways.items():
            if not cases[name].over:
                look(chromium, cases[name], way)
    for name, case in cases.items():
        print(f"{n:>6}  {name:<24}  {case}", flush=True)
    if n == BOUND_AT and not cases[address].failed and (sent := cases[address].traffic):
        print(
            f"Ours at {n} tokens beyond Plotly's script: {sent.sent_without(PLOTLY) / 1e3:.0f} kB "
            f"sent, {sent.messages / 1e3:.0f} of it messages (counted unpacked); at most "
            f"{MOST_BYTES / 1e3:.0f}. As the page reads them: {sent.without(PLOTLY) / 1e3:.0f} kB."
        )


if __name__ == "__main__":
    main([int(length) for length in sys.argv[1:]] or LENGTHS)
