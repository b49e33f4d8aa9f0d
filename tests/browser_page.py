"""The page as a person uses it: by what it says, never by private ids."""

from __future__ import annotations

import re
from collections import Counter
from itertools import cycle, islice
from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

if TYPE_CHECKING:
    from attention_atlas import Trace

SLOW = 60_000
"""Milliseconds: a busy machine may need this long for a pass; a test never waits without reason."""
SENTENCE = "the cat sat on the mat because it was tired"
"""What the fixtures `trace` and `generated` are of."""

# What a frame of its own scrolls may be wide; what <main> clips at its edge may not.
PAST_THE_EDGE = """() => {
  const framed = (node) => node.matches("main") ? false
    : getComputedStyle(node).overflowX !== "visible" || framed(node.parentElement);
  return [...document.querySelectorAll("main *")].filter((node) => {
    const { left, right, width, height } = node.getBoundingClientRect();
    const outside = left < -1 || right > document.documentElement.clientWidth + 1;
    return width > 1 && height > 1 && outside && !framed(node);
  }).map((node) => `${node.localName}.${node.getAttribute("class")}: ${node.textContent}`);
}"""


def text_of(tokens: int) -> str:
    """A text of so many tokens, [CLS] and [SEP] among them."""
    return " ".join(islice(cycle(SENTENCE.split()), tokens - 2))


def names_of(trace: Trace) -> list[str]:
    """The tokens, one that comes again with its number: the (2nd)."""
    seen: Counter[str] = Counter()
    names = []
    for token in trace.tokens:
        seen[token.text] += 1
        k = seen[token.text]
        last = "th" if k % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(k % 10, "th")
        names.append(token.text if k == 1 else f"{token.text} ({k}{last})")
    return names


class AtlasPage:
    """The controls of the page and its sections."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sentence = page.get_by_label("Sentence", exact=True)
        self.pair = page.get_by_label("Second sentence", exact=True)
        self.model = page.get_by_label("Model", exact=True)
        self.tokens = page.get_by_role("radiogroup", name="Focused token").get_by_role("radio")
        self.walk = page.get_by_role("tabpanel", name="Walk")
        self.attention = page.get_by_role("tabpanel", name="Attention")

    def generate(self, sentence: str, pair: str | None = None) -> None:
        """Types a sentence, presses Generate All, and waits for its tokens."""
        self.sentence.fill(sentence)
        if pair is not None:
            if not self.pair.is_visible():
                self.page.get_by_text("Second sentence").click()
            self.pair.fill(pair)
        self.page.get_by_role("button", name="Generate All").click()
        expect(self.page.get_by_text(re.compile(r"^\d+ of \d+ tokens$"))).to_be_visible(
            timeout=SLOW
        )

    def token(self, text: str, nth: int = 0) -> Locator:
        """A token of the ribbon."""
        return self.tokens.filter(has_text=re.compile(rf"^{re.escape(text)}$")).nth(nth)

    def layer(self, number: int) -> Locator:
        """A layer in the sidebar, counted from 1."""
        group = self.page.get_by_role("radiogroup", name="Layer")
        return group.get_by_role("radio", name=f"Layer {number}", exact=True)

    def head(self, number: int) -> Locator:
        """A head in the sidebar, counted from 1."""
        group = self.page.get_by_role("radiogroup", name="Head")
        return group.get_by_role("radio", name=f"Head {number}", exact=True)

    def step(self, title: str, nth: int = 0) -> Locator:
        """A step of the walk, scrolled to."""
        step = self.walk.get_by_role("region", name=title, exact=True).nth(nth)
        step.scroll_into_view_if_needed()
        return step

    def open_tab(self, name: str) -> None:
        """Opens Walk or Attention."""
        self.page.get_by_role("tab", name=name).click()

    def expect_tokens(self, *texts: str) -> None:
        """The ribbon holds exactly these."""
        expect(self.tokens).to_have_text(list(texts), timeout=SLOW)

    def expect_head(self, layer: int, head: int) -> None:
        """The Attention tab shows this head."""
        heading = self.page.get_by_role("heading", name=f"Layer {layer}, head {head}", exact=True)
        expect(heading).to_be_visible(timeout=SLOW)


# A colour halfway through its transition has a contrast that nobody is left with.
AT_REST = """async () => {
  await new Promise(painted => requestAnimationFrame(() => requestAnimationFrame(painted)));
  const ending = document.getAnimations().filter(
    animation => Number.isFinite(animation.effect.getComputedTiming().endTime));
  await Promise.allSettled(ending.map(animation => animation.finished));
}"""


def expect_nothing_found(atlas: AtlasPage) -> None:
    """axe-core finds no violation on the page as it is now."""
    atlas.page.evaluate(AT_REST)
    # Its preloading asks for imported style sheets at addresses of its own making.
    found = Axe().run(atlas.page, options={"preload": False}).response["violations"]
    told = "\n".join(f"{v['id']}: {[node['target'] for node in v['nodes']][:4]}" for v in found)
    assert not found, told
