from __future__ import annotations

import pytest
from playwright.sync_api import expect

from browser_page import SLOW, AtlasPage

HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(2)>"


@pytest.mark.parametrize("place", ["sentence", "pair"])
def test_markup_is_shown_as_text_everywhere_and_nothing_runs(atlas: AtlasPage, place: str) -> None:
    """An alert, a request for the image, or a node made of the text fails the test (conftest)."""
    if place == "sentence":
        atlas.generate(HOSTILE)
    else:
        atlas.generate("a dog", pair=HOSTILE)
    expect(atlas.token("script")).to_be_visible()
    expect(atlas.token("<")).to_be_visible()
    atlas.token("<").click()
    for title in ("Tokens", "Query, key, value", "Scaled dot-product attention", "Predictions"):
        expect(atlas.step(title)).to_contain_text("script", timeout=SLOW)
    atlas.open_tab("Attention")
    expect(atlas.attention.get_by_text("Here < looks most at")).to_be_visible(timeout=SLOW)
    assert atlas.page.evaluate("document.querySelectorAll('main img, main script').length") == 0


def test_a_token_that_looks_like_plotlys_markup_is_plain_text(atlas: AtlasPage) -> None:
    atlas.generate("<b> bold </b> &lt; $x^2$")
    atlas.open_tab("Attention")
    plot = atlas.page.locator(".js-plotly-plot").first
    expect(plot).to_be_visible(timeout=SLOW)
    labels = plot.locator(".xtick text").all_text_contents()
    assert "<" in labels
    assert "&" in labels
