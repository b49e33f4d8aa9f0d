"""Q, K, V, scaled dot-product attention and the heads joined, read as a person reads them."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from attention_atlas.tracing.trace import Trace
from browser_page import SLOW, AtlasPage

IT = 8
LAYER, HEAD = 2, 5  # counted from 0
DOT = "Scaled dot-product attention"


@pytest.fixture
def generated(generated: AtlasPage) -> AtlasPage:
    generated.layer(LAYER + 1).check()
    generated.head(HEAD + 1).check()
    return generated


def numbers(text: str) -> list[float]:
    return [float(x) for x in re.findall(r"-?\d+\.\d+(?:e-?\d+)?", text.replace("−", "-"))]


def dot_product(atlas: AtlasPage) -> Locator:
    step = atlas.step(DOT)
    table = step.get_by_role("table", name="Attention of it in layer 3, head 6")
    expect(table).to_be_visible(timeout=SLOW)
    return step


def test_the_softmax_can_be_recomputed_from_what_is_printed(
    generated: AtlasPage, trace: Trace
) -> None:
    table = dot_product(generated).get_by_role("table", name=re.compile("^Attention of it"))
    rows = [numbers(row.inner_text()) for row in table.get_by_role("row").all()][1:]
    *keys, (maximum, total, one) = rows
    layer = trace.layers[LAYER]
    assert len(keys) == len(trace.tokens)
    assert one == 1
    assert sum(key[3] for key in keys) == pytest.approx(total, abs=2e-3)
    for j, (raw, scaled, shifted, exponential, share) in enumerate(keys):
        assert raw == pytest.approx(layer.query[HEAD, IT] @ layer.key[HEAD, j], abs=6e-4)
        assert scaled == pytest.approx(raw / math.sqrt(32), abs=2e-4)
        assert shifted == pytest.approx(scaled - maximum, abs=2e-4)
        assert exponential == pytest.approx(math.exp(shifted), abs=2e-4)
        assert share == pytest.approx(exponential / total, abs=1e-3)
        assert share == pytest.approx(layer.attention[HEAD, IT, j], abs=6e-4)


def test_a_key_is_compared_by_the_dimensions_that_matter(
    generated: AtlasPage, trace: Trace
) -> None:
    step = dot_product(generated)
    layer = trace.layers[LAYER]
    strongest = trace.tokens[int(layer.attention[HEAD, IT].argmax())].text
    expect(step.get_by_role("heading", name=f"Compare: it with {strongest}")).to_be_visible()
    scores = step.get_by_role("table", name=re.compile("^Attention of it"))
    scores.get_by_role("button", name="mat", exact=True).click()
    expect(step.get_by_role("heading", name="Compare: it with mat")).to_be_visible()
    generated.page.keyboard.press("ArrowDown")
    expect(step.get_by_role("heading", name="Compare: it with because")).to_be_visible()
    expect(scores.get_by_role("button", name="because")).to_be_focused()
    terms = step.get_by_role("table", name=re.compile("dimensions that make most of"))
    *products, rest, total = [numbers(row.inner_text()) for row in terms.get_by_role("row").all()][
        1:
    ]
    assert total[0] == pytest.approx(layer.query[HEAD, IT] @ layer.key[HEAD, 7], abs=6e-4)
    assert sum(p for _, _, p in products) + rest[0] == pytest.approx(total[0], abs=1e-3)
    for q, k, product in products:
        assert q * k == pytest.approx(product, abs=2e-4)
    generated.head(5).check()  # the pair stays while heads are compared
    expect(scores).to_have_accessible_name("Attention of it in layer 3, head 5", timeout=SLOW)
    expect(step.get_by_role("heading", name="Compare: it with because")).to_be_visible()


def test_the_values_add_up_to_the_context(generated: AtlasPage, trace: Trace) -> None:
    step = dot_product(generated)
    context = trace.layers[LAYER].context[HEAD, IT]
    for strip in ("Added up to [SEP]", "Context of it"):
        step.get_by_role("img", name=re.compile(f"^{re.escape(strip)}")).click()
        dialog = generated.page.get_by_role("dialog")
        expect(dialog).to_contain_text("32 values")
        length = np.linalg.norm(context.astype(np.float64))
        expect(dialog).to_contain_text(f"{length:.3f}")
        generated.page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(generated.token("it")).to_be_checked()


def test_one_token_in_all_heads(generated: AtlasPage, trace: Trace) -> None:
    step = generated.step("Query, key, value")
    expect(step.get_by_role("img", name="Q of head 6: 12 tokens by 32")).to_be_visible(timeout=SLOW)
    norms = np.linalg.norm(trace.layers[LAYER].query[HEAD], axis=-1)
    expect(step.get_by_text(f"{norms[IT]:.2f}", exact=True).first).to_be_attached()
    step.get_by_role("button", name="All heads, this token").click()
    matrix = step.get_by_role("img", name="V of it: 12 heads by 32")
    expect(matrix).to_be_visible(timeout=SLOW)
    matrix.focus()
    generated.page.keyboard.press("ArrowDown")
    generated.page.keyboard.press("Enter")
    dialog = generated.page.get_by_role("dialog", name="v of it in layer 3, head 2")
    length = np.linalg.norm(trace.layers[LAYER].value[1, IT].astype(np.float64))
    expect(dialog).to_contain_text(f"{length:.3f}")


def test_the_head_that_adds_most_is_found_and_chosen(generated: AtlasPage, trace: Trace) -> None:
    step = generated.step("Heads joined")
    table = step.get_by_role("table", name="What each head adds to the attention output of it")
    rows = table.get_by_role("row")
    expect(rows).to_have_count(15, timeout=SLOW)  # a heading, 12 heads, the bias, the output
    projection: Any = trace.model.parts.layers[LAYER].attention_projection
    weight = projection.weight.detach().numpy()
    parts = [
        w @ c
        for w, c in zip(
            np.split(weight, 12, axis=1), trace.layers[LAYER].context[:, IT], strict=True
        )
    ]
    norms = np.linalg.norm(parts, axis=-1)
    best = int(norms.argmax())
    step.get_by_role("button", name="Largest first").click()
    expect(rows.nth(1)).to_contain_text(f"{norms[best]:.3f}")
    rows.nth(1).get_by_role("button", name=f"head {best + 1}", exact=True).press("Enter")
    expect(generated.head(best + 1)).to_be_checked()


@pytest.mark.parametrize("title", ["Query, key, value", DOT, "Heads joined"])
def test_the_lines_of_python_give_these_arrays(
    generated: AtlasPage, trace: Trace, title: str
) -> None:
    step = generated.step(title)
    step.get_by_text("More", exact=True).click()
    known: dict[str, Any] = {"trace": trace, "np": np}
    found: list[Any] = []
    for line in step.get_by_role("code").all_inner_texts():
        if re.match(r"\w+ = ", line):
            exec(line, known)
        else:
            found.append(eval(line, known))
    layer = trace.layers[LAYER]
    here = (HEAD, IT)
    expected = {
        "Query, key, value": [
            layer.query[HEAD],
            layer.key[here],
            layer.value[:, IT],
            np.sqrt((layer.query[HEAD] ** 2).sum(axis=-1)),
        ],
        DOT: [
            layer.scores[here] * math.sqrt(32),
            layer.scores[here],
            layer.attention[here],
            layer.context[here],
            layer.context[here],
        ],
        "Heads joined": [layer.context[:, IT], layer.attention_output[IT], found[-1]],
    }[title]
    assert len(found) == len(expected)
    for array, like in zip(found, expected, strict=True):
        np.testing.assert_allclose(array, like, atol=1e-4)
    if title == "Heads joined":
        bias = trace.model.parts.layers[LAYER].attention_projection.bias.detach().numpy()  # pyright: ignore
        np.testing.assert_allclose(
            sum(known["parts"]) + bias, layer.attention_output[IT], atol=1e-4
        )
        assert found[-1].shape == (12,)
