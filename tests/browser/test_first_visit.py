from __future__ import annotations

import re

from playwright.sync_api import expect

from browser_page import SLOW, AtlasPage


def test_a_first_visitor_is_told_what_this_is_and_where_to_begin(atlas: AtlasPage) -> None:
    page = atlas.page
    expect(page.get_by_role("heading", name="Attention Atlas", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="Give the model a sentence")).to_be_visible()
    expect(page.get_by_text("Shown: the embedded model")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("6 layers × 12 heads, 384 dimensions")).to_be_visible()
    for label in ("Sentence", "Model"):
        expect(page.get_by_label(label, exact=True)).to_be_visible()
    arcs = page.get_by_role("figure", name=re.compile("layer 4, head 2"))
    expect(arcs).to_be_visible(timeout=SLOW)


def test_an_example_is_run_and_its_token_is_focused(atlas: AtlasPage) -> None:
    atlas.page.get_by_role("button", name="the cat sat on the mat because it was tired").click()
    atlas.expect_tokens(
        "[CLS]",
        *["the", "cat", "sat", "on", "the", "mat", "because", "it", "was", "tired"],
        "[SEP]",
    )
    expect(atlas.token("it")).to_be_checked()
    expect(atlas.page.get_by_role("heading", name="How the model reads it")).to_be_visible()


def test_the_theme_is_switched_and_stays(atlas: AtlasPage) -> None:
    page = atlas.page
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Light", exact=True).click()
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark == "rgb(14, 10, 15)"
    assert light == "rgb(253, 251, 253)"
    page.reload()
    expect(page.get_by_role("button", name="Light", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light


def test_no_request_leaves_the_machine(atlas: AtlasPage) -> None:
    asked: list[str] = []
    atlas.page.on("request", lambda request: asked.append(request.url))
    atlas.generate("the cat sat on the mat")
    atlas.open_tab("Attention")
    expect(atlas.page.locator(".js-plotly-plot").first).to_be_visible(timeout=SLOW)
    origin = atlas.page.evaluate("location.origin")
    assert asked
    assert [url for url in asked if not url.startswith((origin, "data:", "blob:"))] == []
    scripts = [url for url in asked if url.endswith("plotly.min.js")]
    assert len(scripts) == 1
