"""Predictions, masks, arithmetic, comparison and lens, as a person meets them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from transformers import BertModel

from attention_atlas.tracing.trace import Trace
from browser_page import SLOW, AtlasPage
from checkpoints import make_checkpoint

CAT, MAT, IT = 2, 6, 8


@pytest.fixture
def step(generated: AtlasPage) -> Locator:
    return generated.step("Predictions")


def sentence_of(step: Locator) -> Locator:
    return step.get_by_role("group", name="The sentence as the model reads it")


def words_of(step: Locator) -> Locator:
    return step.get_by_role("list", name="The likeliest words").get_by_role("listitem")


def share(p: float) -> str:
    """A share as the page writes it in the list, as a pattern."""
    return r"< 0\.1\s%" if p < 0.0005 else r"> 99\.9\s%" if p >= 0.9995 else rf"{100 * p:.1f}\s%"


def expect_words(step: Locator, read: Trace, position: int, top_k: int = 5) -> None:
    """The list begins with what this trace predicts there."""
    (predicted,) = read.predictions(top_k=top_k, positions=[position])
    for i, one in enumerate(predicted):
        row = words_of(step).nth(i)
        expect(row.get_by_role("button")).to_contain_text(one.text, timeout=SLOW)
        expect(row).to_contain_text(re.compile(share(one.probability)))


def number(text: str) -> float:
    """A number as the page writes it: a true minus, powers of ten as 1.2 × 10⁻³."""
    plain = text.translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789"))
    mantissa, _, power = plain.partition(" × 10")
    return float(mantissa) * 10.0 ** int(power or 0)


def test_words_hide_by_click_several_at_once_and_come_back(
    atlas: AtlasPage, step: Locator, trace: Trace
) -> None:
    sentence = sentence_of(step)
    expect_words(step, trace.hide([IT]), IT)
    sentence.get_by_role("button", name="mat").click()
    expect(sentence.get_by_role("button", name="[MASK] in place of mat")).to_be_visible()
    expect_words(step, trace.hide([IT, MAT]), IT)
    atlas.token("mat").click()  # both stay hidden when another word is looked at
    expect_words(step, trace.hide([IT, MAT]), MAT)
    step.get_by_role("button", name="Show all again").click()
    expect(sentence.get_by_role("button", pressed=True)).to_have_count(0)
    expect_words(step, trace, MAT)
    step.get_by_role("button", name="Hide only the focused word").click()
    expect_words(step, trace.hide([MAT]), MAT)
    sentence.get_by_role("button", name="cat").focus()  # and by keyboard
    atlas.page.keyboard.press("ArrowRight")
    atlas.page.keyboard.press("Space")
    expect(sentence.get_by_role("button", name="in place of sat")).to_be_focused()
    expect_words(step, trace.hide([MAT, 3]), MAT)
    atlas.generate("a dog sat")
    expect(sentence.get_by_role("button", pressed=True)).to_have_count(1, timeout=SLOW)


def test_how_many_is_chosen_and_the_true_word_is_told(step: Locator, trace: Trace) -> None:
    step.get_by_label("how many predictions").select_option("2")
    read = trace.hide([IT])
    expect_words(step, read, IT, top_k=2)
    expect(step).to_contain_text("top 2 shown")
    (everything,) = read.predictions(top_k=40_000, positions=[IT])
    rank = [one.text for one in everything].index("it") + 1
    expect(words_of(step)).to_have_count(2 if rank <= 2 else 3, timeout=SLOW)
    expect(step.get_by_text(re.compile(rf"rank {rank:,} of 30,522"))).to_be_visible()
    expect(step).to_contain_text("ln 30,522 = 10.326")
    lens = step.get_by_role("table", name="What each layer would predict")
    expect(lens.get_by_role("columnheader", name="2nd")).to_be_visible(timeout=SLOW)
    expect(lens.get_by_role("columnheader", name="3rd")).to_have_count(0)
    last = lens.get_by_role("row").last
    expect(last).to_contain_text(everything[0].text)
    expect(last).to_contain_text(f"{100 * everything[0].probability:.1f}")
    expect(last.get_by_role("rowheader")).to_have_text("layer 6")


def test_each_number_of_the_softmax_follows_from_those_above_it(
    step: Locator, trace: Trace
) -> None:
    expect_words(step, trace.hide([IT]), IT)
    for i in (0, 1, 4):
        row = words_of(step).nth(i)
        row.get_by_role("button").click()
        chain = step.get_by_role("definition")
        texts = chain.all_inner_texts()[-6:]
        z, largest, difference, e, total, p = (number(text) for text in texts)
        assert difference == pytest.approx(z - largest, abs=1.01e-4)
        assert e == pytest.approx(math.exp(difference), rel=1.1e-3)
        assert p == pytest.approx(e / total, rel=1.01e-2)
        (predicted,) = trace.predictions(top_k=5, masked=True, positions=[IT])
        assert p == pytest.approx(predicted[i].probability, rel=6e-3)


def test_two_candidates_add_up(step: Locator, trace: Trace) -> None:
    part = step.get_by_role("region", name="Two candidates compared")
    table = part.get_by_role("table", name="What decides between")
    expect(table).to_be_visible(timeout=SLOW)
    part.get_by_label("Second candidate").select_option(index=2)
    (predicted,) = trace.predictions(top_k=5, masked=True, positions=[IT])
    expect(part).to_contain_text(
        f"What decides between {predicted[0].text} and {predicted[2].text}"
    )
    rows = [row.inner_text().split("\t") for row in table.get_by_role("row").all()[1:]]
    products = [number(row[-1].strip() or row[-2].strip()) for row in rows]
    assert len(products) == 8 + 1 + 1 + 1
    assert sum(products[:-1]) == pytest.approx(products[-1], abs=1.01e-2)
    odds = math.exp(products[-1])
    assert odds == pytest.approx(predicted[0].probability / predicted[2].probability, rel=1e-2)


def test_without_a_head_each_part_says_why_it_is_not_there(
    start: Callable[..., Any], open_page: Callable[..., AtlasPage], tmp_path: Path
) -> None:
    folder = make_checkpoint(tmp_path, architecture=BertModel, max_tokens=64)
    atlas = open_page(start("--model", str(folder)))
    expect(atlas.page.get_by_text("2 layers × 3 heads")).to_be_visible(timeout=4 * SLOW)
    atlas.generate("the cat sat")
    step = atlas.step("Predictions")
    for why in (
        "so it cannot predict words; its final hidden state is shown instead.",
        "so no two candidates can be compared.",
        "so its layers cannot be read as words.",
    ):
        expect(step.get_by_text(why)).to_be_visible(timeout=SLOW)
