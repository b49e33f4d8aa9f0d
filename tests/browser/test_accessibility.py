from __future__ import annotations

import pytest
from playwright.sync_api import expect

from browser_page import SLOW, AtlasPage, expect_nothing_found


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_axe_finds_nothing(atlas: AtlasPage, theme: str) -> None:
    page = atlas.page
    page.get_by_role("button", name=theme, exact=True).click()
    expect(page.get_by_text("Shown: the embedded model")).to_be_visible(timeout=SLOW)
    expect_nothing_found(atlas)
    atlas.generate("the cat sat on the unbelievable mat", pair="it was tired")
    for title in ("Embeddings", "Query, key, value", "Heads joined", "Feed-forward"):
        expect(atlas.step(title).get_by_role("img").first).to_be_visible(timeout=SLOW)
    guesses = atlas.step("Predictions").get_by_role("group", name="Guesses for each hidden piece")
    expect(guesses).to_be_visible(timeout=SLOW)
    expect_nothing_found(atlas)
    atlas.open_tab("Attention")
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=SLOW)
    expect_nothing_found(atlas)


@pytest.mark.parametrize("width", [390, 768, 1100, 1920])
def test_nothing_scrolls_sideways(atlas: AtlasPage, width: int) -> None:
    page = atlas.page
    atlas.generate("the cat sat on the mat because it was tired", pair="what is your age?")
    page.set_viewport_size({"width": width, "height": 844})
    for tab in ("Walk", "Attention"):
        atlas.open_tab(tab)
        expect(atlas.walk if tab == "Walk" else atlas.attention).to_be_visible()
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, (tab, over)
