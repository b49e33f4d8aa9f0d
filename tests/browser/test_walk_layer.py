"""Add & Norm, feed-forward and the stack, as a person reads them and checks the arithmetic."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect
from transformers import BertModel

from attention_atlas.tracing.trace import Trace
from browser_page import SLOW, AtlasPage
from checkpoints import make_checkpoint

CAT = 2
LAYER = 2
AFTER = "Add & Norm after"


@pytest.fixture
def generated(generated: AtlasPage) -> AtlasPage:
    generated.token("cat").click()
    generated.layer(LAYER + 1).check()
    return generated


def plain(text: str) -> str:
    """A number as Python writes it: 1 × 10⁻¹² is 1e-12."""
    text = re.sub(r" × 10(?=[⁻⁰¹²³⁴⁵⁶⁷⁸⁹])", "e", text)
    return text.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−·", "-0123456789-*", ",\u202f%"))


def number(text: str) -> float:
    return float(plain(text))


def worked_out(step: Locator) -> tuple[int, float, float]:
    """The dimension that is worked out, what its shown numbers give, and the result shown."""
    group = step.get_by_role("group", name="One dimension worked out")
    expect(group.locator("math")).to_have_count(3, timeout=SLOW)
    numbers, result = group.locator("math").nth(1), group.locator("math").nth(2)
    words = [plain(word) for word in numbers.locator("mn, mo").all_text_contents()]
    ends = [i + 1 for i, word in enumerate(words) if re.search(r"\d", word)]
    top, under, rest = words[: ends[1]], words[ends[1] : ends[3]], words[ends[3] :]
    expression = f"({''.join(top)}) / sqrt({''.join(under)}) {''.join(rest)}"
    given = eval(expression, {"sqrt": math.sqrt})
    said = re.search(r"Dimension ([\d,]+)", group.inner_text())
    assert said
    return int(number(said[1])), given, number(result.locator("mn").text_content() or "")


@pytest.mark.parametrize("part", ["attention", "feed-forward"])
def test_a_dimension_is_worked_out_with_the_numbers_shown(
    generated: AtlasPage, trace: Trace, part: str
) -> None:
    step = generated.step(f"{AFTER} {part}")
    seen = trace.layers[LAYER]
    output = (seen.attention_norm if part == "attention" else seen.output)[CAT]
    dimension = int(np.abs(output).argmax())
    expect(step.get_by_text(f"Dimension {dimension}, the largest of the result")).to_be_visible(
        timeout=SLOW
    )
    expect(step.get_by_role("img", name=re.compile("^Sum of cat"))).to_be_visible()
    dimension, given, shown = worked_out(step)
    assert dimension == np.abs(output).argmax()
    assert (given, shown) == (
        pytest.approx(output[dimension], abs=1e-3), pytest.approx(output[dimension], abs=5.1e-4)
    )  # fmt: skip
    strip = step.get_by_role("img", name=re.compile("^Sum of cat"))
    strip.focus()
    for _ in range(3):
        generated.page.keyboard.press("ArrowRight")
    expect(step.get_by_text("Dimension 3", exact=True)).to_be_visible()
    dimension, given, shown = worked_out(step)
    assert dimension == 3
    assert given == pytest.approx(shown, abs=1e-3)
    assert shown == pytest.approx(output[3], abs=5.1e-4)


def test_the_shares_of_old_and_new_follow_from_the_numbers_shown(
    generated: AtlasPage, trace: Trace
) -> None:
    step = generated.step(f"{AFTER} attention")
    seen = trace.layers[LAYER]
    old, new = seen.input[CAT], seen.attention_output[CAT]
    share = float(new @ (old + new) / ((old + new) @ (old + new)))
    expect(step.get_by_text(f"{100 * share:.1f}\u202f%", exact=True)).to_be_visible(timeout=SLOW)
    note = step.get_by_text("The share of a part is").inner_text()
    of_old, of_new, whole = (number(found) for found in re.findall(r"= (−?[\d.]+)", note))
    assert of_old + of_new == pytest.approx(whole, rel=1e-4)
    assert of_new / whole == pytest.approx(share, abs=5e-4)


def test_a_strip_opens_as_its_vector_by_keyboard(generated: AtlasPage, trace: Trace) -> None:
    step = generated.step(f"{AFTER} attention")
    strip = step.get_by_role("img", name=re.compile("^Sum of cat"))
    expect(strip).to_be_visible(timeout=SLOW)
    strip.focus()
    generated.page.keyboard.press("Enter")
    dialog = generated.page.get_by_role("dialog", name="Sum of cat")
    expect(dialog).to_be_visible()
    generated.page.keyboard.press("Escape")
    expect(dialog).not_to_be_attached()


def test_the_strongest_units_of_the_token_and_the_words_they_move(
    generated: AtlasPage, trace: Trace
) -> None:
    step = generated.step("Feed-forward")
    values = trace.layers[LAYER].intermediate[CAT]
    strongest = int(np.abs(values).argmax())
    table = step.get_by_role("table", name="The 8 strongest units of cat")
    row = table.get_by_role("row").nth(1)
    expect(row.get_by_role("rowheader")).to_have_text(str(strongest), timeout=SLOW)
    cells = row.get_by_role("cell").all_inner_texts()
    assert number(cells[1]) == pytest.approx(values[strongest], abs=5.1e-4)
    gelu = 0.5 * number(cells[0]) * (1 + math.erf(number(cells[0]) / math.sqrt(2)))
    assert gelu == pytest.approx(number(cells[1]), abs=1e-3)
    assert all(float(x) > 1 for x in re.findall(r"×([\d.]+)", cells[3]))
    assert all(float(x) < 1 for x in re.findall(r"×([\d.]+)", cells[4]))
    above = int((values > 0).sum())
    expect(step.get_by_text(f"{above} of 1,536 units are active")).to_be_visible()
    curve = step.get_by_role("img", name=re.compile("^GELU from"))
    curve.focus()
    generated.page.keyboard.press("End")
    expect(generated.page.get_by_text(re.compile(r"^GELU\([\d.]+\) ="))).to_be_visible()


def test_the_stack_tells_how_each_layer_moves_the_token_and_opens_one(
    generated: AtlasPage, trace: Trace
) -> None:
    table = generated.step("The stack").get_by_role("table", name="All layers for cat")
    states = trace.hidden_states[:, CAT].astype(np.float64)
    for layer in range(6):
        a, b = states[layer], states[layer + 1]
        change = 1 - a @ b / np.sqrt((a @ a) * (b @ b))
        row = table.get_by_role("row").nth(layer + 2)
        expect(row).to_contain_text(f"{np.sqrt(b @ b):.2f}", timeout=SLOW)
        expect(row).to_contain_text(f"{change:.3f}")
        attention, ffn = (number(x) for x in re.findall(r"(\d+)\s*%", row.inner_text()))
        assert attention + ffn == pytest.approx(100, abs=1)
    chosen = table.get_by_role("button", name="Open layer 3", exact=True)
    expect(chosen).to_have_attribute("aria-current", "true")
    chosen.focus()
    generated.page.keyboard.press("ArrowDown")
    generated.page.keyboard.press("Enter")
    expect(generated.layer(4)).to_be_checked()
    other = table.get_by_role("button", name="Open layer 4", exact=True)
    expect(other).to_have_attribute("aria-current", "true")
    expect(other).to_be_focused()


def test_one_relu_layer_without_a_head(
    open_page: Callable[..., AtlasPage],
    start: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = make_checkpoint(
        tmp_path_factory.mktemp("relu"), architecture=BertModel, layers=1, activation="relu"
    )
    atlas = open_page(start("--model", str(folder)))
    atlas.generate("the cat sat")
    step = atlas.step("Feed-forward")
    expect(step.get_by_text("This checkpoint has no masked-language-model head")).to_be_visible(
        timeout=SLOW
    )
    expect(step.get_by_role("img", name=re.compile("^ReLU from"))).to_be_visible()
    expect(step.get_by_role("columnheader", name="makes likelier")).to_be_hidden()
    _, given, shown = worked_out(atlas.step(f"{AFTER} feed-forward"))
    assert given == pytest.approx(shown, abs=1e-3)
    stack = atlas.step("The stack").get_by_role("table", name="All layers for the")
    expect(stack.get_by_role("button")).to_have_count(1, timeout=SLOW)
