from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from browser_page import SLOW, AtlasPage
from checkpoints import make_checkpoint

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


def test_a_piece_that_is_markup_is_plain_text_in_the_map(
    open_page: Callable[..., AtlasPage], start: Callable[..., Any], tmp_path: Path
) -> None:
    """Rows, columns and the line that reads a number; the vocabulary is as its author wanted it."""
    pieces = ["<b>", "&amp;", "<img/src=x>"]
    atlas = open_page(start("--model", str(make_checkpoint(tmp_path, pieces=pieces))))
    atlas.generate("the <b> cat &amp; <img/src=x> sat")
    atlas.token("<b>").click()
    atlas.open_tab("Attention")
    surface = atlas.attention.get_by_role("img", name=re.compile("^Attention map of layer"))
    expect(surface).to_be_visible(timeout=SLOW)
    frame = surface.locator("..")
    for piece in pieces:
        expect(frame.get_by_text(piece, exact=True).filter(visible=True)).to_have_count(2)
    surface.press("End")
    surface.press("ArrowLeft")
    surface.press("ArrowLeft")
    expect(atlas.attention.get_by_text("<b> → <img/src=x> 0.")).to_be_visible()
    assert frame.locator("b, img").count() == 0
