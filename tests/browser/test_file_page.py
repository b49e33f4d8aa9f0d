"""The one HTML file: opened from the disk with the network off, whatever a person wrote."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

import attention_atlas as aa
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace
from browser_page import PAST_THE_EDGE, SENTENCE

HOSTILE = "</script><script>document.title='taken'</script> <b onclick=alert(1)> <!-- $x$ ☃"
Open = Callable[..., Page]


@pytest.fixture
def open_file(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Saves a page and opens it without a network; nothing may be asked for, nothing go wrong."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def open_file(page: Any, *, width: int = 1440, height: int = 900) -> Page:
        path = tmp_path / "page.html"
        page.save(path)
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda m: complaints.append(m.text) if m.type != "log" else None)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("dialog", lambda dialog: complaints.append(f"a dialog opened: {dialog.message}"))
        tab.on(
            "request",
            lambda r: (
                None if r.url.startswith(("file:", "blob:", "data:")) else complaints.append(r.url)
            ),
        )
        tab.goto(path.as_uri())
        return tab

    yield open_file
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def traced(embedded: Model) -> Trace:
    return aa.trace(embedded, SENTENCE)


def expect_map(page: Page, layer: int, head: int) -> None:
    name = re.compile(rf"^Attention map of layer {layer}, head {head},")
    expect(page.get_by_role("img", name=name)).to_be_visible()


def weights_read(page: Page) -> list[str]:
    """What the list of the focused token's row says."""
    return (
        page.get_by_role("region", name="Where the focused token looks")
        .get_by_role("listitem")
        .all_inner_texts()
    )


def test_it_opens_on_what_was_chosen_with_the_models_numbers(open_file: Open, traced: Trace):
    page = open_file(aa.views.export(traced, 3, 5, 8))
    expect(page.get_by_role("heading", name="Layer 4, head 6")).to_be_visible()
    expect_map(page, 4, 6)
    row = traced.layers[3].attention[5, 8]
    first = page.get_by_role("region", name="Where the focused token looks").get_by_role("listitem")
    expect(first.first).to_contain_text(f"{row.max():.3f}")
    expect(page.get_by_role("radio", name="it", exact=True)).to_be_checked()


def test_every_head_that_went_along_can_be_chosen(open_file: Open, traced: Trace):
    page = open_file(aa.views.export(traced, 3, 5, 8, heads="all", walk=False))
    page.get_by_role("button", name=re.compile("^Layer 2, head 3,")).click()
    expect_map(page, 2, 3)
    page.get_by_role("combobox", name="Layer", exact=True).select_option("6")
    page.get_by_role("combobox", name="Head", exact=True).select_option("12")
    expect_map(page, 6, 12)
    page.get_by_role("radio", name="cat").click()
    row = traced.layers[5].attention[11, 2]
    listed = page.get_by_role("region", name="Where the focused token looks")
    expect(listed.get_by_role("listitem").first).to_contain_text(f"{row.max():.3f}")


def test_what_did_not_go_along_is_said_and_leads_back(open_file: Open, traced: Trace):
    page = open_file(aa.views.export(traced, 3, 5, 8, heads="head"))
    expect_map(page, 4, 6)
    page.get_by_role("combobox", name="Layer", exact=True).select_option("2")
    said = page.get_by_text("This file has this part for layer 4, head 6")
    expect(said).to_be_visible()
    page.get_by_role("button", name="Show it again").click()
    expect_map(page, 4, 6)
    expect(said).to_be_hidden()


def test_the_walk_goes_along_with_its_switches(open_file: Open, traced: Trace):
    page = open_file(aa.views.export(traced, 3, 5, 8))
    page.get_by_role("tab", name="Walk").click()
    expect(page.get_by_role("heading", name="How the model reads it")).to_be_visible()
    projections = page.get_by_role("region", name="Query, key, value")
    projections.get_by_role("button", name="All heads, this token").click()
    expect(projections.get_by_role("img").first).to_be_visible()
    predictions = page.get_by_role("region", name="Predictions", exact=True)
    predictions.scroll_into_view_if_needed()
    likeliest = traced.hide([8]).predictions(top_k=1, positions=[8])[0][0]
    expect(predictions.get_by_role("button", name=likeliest.text).first).to_be_visible()
    page.get_by_role("radio", name="cat").click()
    expect(page.get_by_text(re.compile("This file has this part for “it”")).first).to_be_attached()


def test_what_was_typed_is_text(open_file: Open, embedded: Model):
    trace = aa.trace(embedded, HOSTILE, pair="<img src=x onerror=alert(2)>")
    page = open_file(aa.views.export(trace, 3, 5, 2, heads="all", across=True))
    expect_map(page, 4, 6)
    assert "</script>" in page.title()
    expect(page.get_by_role("heading", level=1)).to_contain_text("</script>")
    assert page.locator("img[src=x], [onclick]").count() == 0
    ribbon = page.get_by_role("radiogroup", name="Focused token").get_by_role("radio")
    expect(ribbon).to_have_text([token.text for token in trace.tokens])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_read_by_everyone(open_file: Open, traced: Trace, theme: Any):
    page = open_file(aa.views.export(traced, 3, 5, 8, across=True, theme=theme))
    expect_map(page, 4, 6)
    for name in ("Attention", "Walk"):
        page.get_by_role("tab", name=name).click()
        found = Axe().run(page, options={"preload": False}).response["violations"]
        assert not found, [
            f"{v['id']}: {[node['target'] for node in v['nodes']][:4]}" for v in found
        ]
    page.get_by_role("button", name="Dark" if theme == "light" else "Light").click()
    pressed = page.get_by_role("button", name="Dark" if theme == "light" else "Light", pressed=True)
    expect(pressed).to_be_visible()


def test_on_a_phone_nothing_is_cut_off(open_file: Open, traced: Trace):
    page = open_file(aa.views.export(traced, 3, 5, 8, across=True), width=390, height=844)
    expect_map(page, 4, 6)
    for name in ("Attention", "Walk"):
        page.get_by_role("tab", name=name).click()
        assert page.evaluate(PAST_THE_EDGE) == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_tabs_answer_to_the_arrow_keys(open_file: Open, traced: Trace):
    page = open_file(aa.views.export(traced, 3, 5, 8))
    page.get_by_role("tab", name="Attention").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Walk", selected=True)).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Walk")).to_be_visible()


def test_a_text_of_512_tokens_opens(open_file: Open, embedded: Model):
    trace = aa.trace(embedded, "the cat sat on the mat " * 90)
    page = open_file(aa.views.export(trace, 3, 5, 8, heads="head", walk=False))
    expect_map(page, 4, 6)
    flow = page.get_by_role("img", name=re.compile("^Attention flow of layer 4, head 6"))
    expect(flow).to_be_visible()
