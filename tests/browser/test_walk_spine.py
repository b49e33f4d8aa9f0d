"""What all steps of the walk share: the fold, the whole vector, the map, the terms, Guided."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

import attention_atlas as aa
from browser_page import SLOW, AtlasPage

SENTENCE = "the unaffable cat sat on the mat because it was tired"


@pytest.fixture
def walk(atlas: AtlasPage) -> AtlasPage:
    atlas.generate(SENTENCE)
    atlas.token("cat").click()
    return atlas


def test_words_stand_above_their_pieces_with_the_characters_they_are(walk: AtlasPage) -> None:
    table = walk.step("Tokens").get_by_role("table")
    expect(table.get_by_role("row", name=re.compile("^word"))).to_contain_text("unaffable")
    rows = dict.fromkeys(["piece", "characters"], "")
    for name in rows:
        rows[name] = table.get_by_role("row", name=re.compile(f"^{name}")).inner_text()
    pieces, slices = (rows[name].split()[1:] for name in rows)
    assert [SENTENCE[slice(*map(int, each.split(":")))] for each in slices] == [
        piece.removeprefix("##") for piece in pieces if piece[0] != "["
    ]
    expect(walk.step("Tokens")).to_contain_text("11 words in 13 pieces; 2 special tokens added.")


def test_the_fold_gives_the_python_of_what_is_chosen_and_copies_it(walk: AtlasPage) -> None:
    walk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    step = walk.step("Tokens")
    step.get_by_text("More", exact=True).click()
    line = step.get_by_text("trace.tokens[5]")
    expect(line).to_be_visible()
    walk.token("mat").click()
    expect(step.get_by_text("trace.tokens[9]")).to_be_visible()
    step.get_by_role("button", name="Copy").first.click()
    expect(step.get_by_role("button", name="Copied")).to_be_visible()
    assert walk.page.evaluate("navigator.clipboard.readText()") == "trace.tokens[9]"


def test_a_strip_opens_as_the_whole_vector_and_copies_as_csv(
    walk: AtlasPage, embedded: aa.Model
) -> None:
    page = walk.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    strip = walk.step("Embeddings").get_by_role("img", name=re.compile("^Word of cat"))
    expect(strip).to_be_visible(timeout=SLOW)
    strip.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Word of cat")
    expect(dialog).to_contain_text("384 values")
    vector = aa.trace(embedded, SENTENCE).embeddings.word[5]
    largest = int(np.abs(vector).argmax())
    expect(dialog.get_by_role("listitem").first).to_contain_text(f"[{largest}]")
    expect(dialog).to_contain_text(f"{np.linalg.norm(vector):.3f}")
    dialog.get_by_role("button", name="Copy as CSV").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    head, *lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert head == "dimension,value"
    copied = np.array([float(line.split(",")[1]) for line in lines], dtype=np.float32)
    np.testing.assert_array_equal(copied, vector)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(strip).to_be_focused()


def test_the_map_shows_where_one_is_and_goes_there(walk: AtlasPage) -> None:
    page = walk.page
    map = page.get_by_role("navigation", name="Where in the model")
    expect(map.get_by_role("button", name="Layer 4", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    map.get_by_role("button", name="Layer 5", exact=True).click()
    expect(page.get_by_role("heading", name="Layer 5 of 6")).to_be_in_viewport()
    expect(walk.layer(5)).to_be_checked()
    map.get_by_role("button", name="Predictions").click()
    expect(page.get_by_role("heading", name="Predictions", exact=True)).to_be_in_viewport()
    expect(map.get_by_role("button", name="Predictions")).to_have_attribute("aria-current", "step")


def test_guided_goes_step_by_step_with_the_keyboard(walk: AtlasPage) -> None:
    page = walk.page
    page.get_by_role("button", name="Guided").click()
    bar = page.get_by_role("group", name="Guided walk")
    expect(bar).to_contain_text(re.compile(r"^Previous1 of \d+: Tokens"))
    expect(page.get_by_label("Sentence", exact=True)).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(bar).to_contain_text("2 of")
    expect(bar).to_contain_text("Embeddings")
    expect(walk.step("Embeddings")).to_be_in_viewport()
    page.keyboard.press("PageUp")
    expect(bar).to_contain_text("1 of")
    expect(bar.get_by_role("button", name="Previous")).to_be_disabled()
    size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('#walk p')).fontSize)")
    assert size >= 18
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(page.get_by_label("Sentence", exact=True)).to_be_visible()


def test_terms_and_symbols_are_explained_by_focus(walk: AtlasPage) -> None:
    page = walk.page
    term = walk.walk.get_by_role("button", name="softmax")
    term.focus()
    expect(page.get_by_role("tooltip")).to_have_text(re.compile("^Turns scores into positive"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("tooltip")).to_be_hidden()
    meaning = walk.step("Scaled dot-product attention").get_by_text("the queries, one row for each")
    expect(meaning.first).to_be_hidden()
    walk.step("Scaled dot-product attention").get_by_role("group").filter(
        has=page.locator("math")
    ).first.focus()
    expect(meaning.first).to_be_visible()
    page.get_by_role("button", name="Glossary").click()
    glossary = page.get_by_role("dialog", name="Glossary")
    expect(glossary).to_contain_text("masked language model")
    page.keyboard.press("Escape")
    expect(glossary).to_be_hidden()
