from __future__ import annotations

import math

import numpy as np
import pytest

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.dot_product import dot_product
from attention_atlas.views.picture import Picture

SENTENCE = "the cat sat on the mat because it was tired"
LONG = "the cat sat on the mat because it was tired . the dog sat on a mat and he was playing ."


@pytest.fixture(params=["tiny", "embedded"])
def traced(request: pytest.FixtureRequest) -> Trace:
    return trace(request.getfixturevalue(request.param), SENTENCE)


def test_every_number_is_the_layers_own(traced: Trace):
    picture = dot_product(traced, 1, 2, 8)
    layer, of = traced.layers[1], picture.arrays
    np.testing.assert_array_equal(of["query"], layer.query[2, 8])
    np.testing.assert_allclose(of["raw"], layer.key[2] @ layer.query[2, 8], rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(of["scaled"], layer.scores[2, 8])
    np.testing.assert_array_equal(of["weights"], layer.attention[2, 8])
    np.testing.assert_array_equal(of["context"], layer.context[2, 8])
    np.testing.assert_array_equal(of["weighted"], layer.attention[2, 8][:, None] * layer.value[2])


def test_each_step_follows_from_the_one_before(traced: Trace):
    picture = dot_product(traced, 1, 2, 8)
    state, of = picture.state, picture.arrays
    np.testing.assert_allclose(of["scaled"], of["raw"] / math.sqrt(state["head_size"]), atol=1e-5)
    exponentials = np.exp(of["scaled"].astype(np.float64) - state["maximum"])
    assert state["maximum"] == of["scaled"].max()
    assert state["exp_sum"] == pytest.approx(exponentials.sum(), rel=1e-9)
    np.testing.assert_allclose(of["weights"], exponentials / state["exp_sum"], atol=1e-6)
    np.testing.assert_allclose(of["weighted"].sum(axis=0), of["context"], atol=1e-5)
    assert state["total"] == pytest.approx(1, abs=1e-5)


def test_the_state_says_whose_numbers_these_are(traced: Trace):
    state = dot_product(traced, 1, 2, 8).state
    assert (state["token"], state["index"], state["layer"], state["head"]) == ("it", 8, 1, 2)
    assert state["n"] == 12
    assert [key["index"] for key in state["keys"]] == list(range(12))
    assert [key["piece"] for key in state["keys"]] == [token.text for token in traced.tokens]
    assert state["others"] is None


def shown(picture: Picture) -> dict[str, list[float]]:
    """The numbers as dot_product.js prints them: three digits."""
    return {
        name: [round(float(x), 3) for x in picture.arrays[name]]
        for name in ("raw", "scaled", "weights")
    }


def test_the_printed_numbers_give_each_other_to_one_unit_in_the_last_digit(embedded: Model):
    traced = trace(embedded, SENTENCE)
    for layer in range(embedded.layers):
        for head in range(embedded.heads):
            for token in range(len(traced.tokens)):
                picture = dot_product(traced, layer, head, token)
                printed, state = shown(picture), picture.state
                exp_sum = float(f"{state['exp_sum']:.4g}")
                maximum = round(state["maximum"], 3)
                for raw, scaled, weight in zip(*printed.values(), strict=True):
                    assert raw / math.sqrt(state["head_size"]) == pytest.approx(scaled, abs=1e-3)
                    assert math.exp(scaled - maximum) / exp_sum == pytest.approx(weight, abs=1e-3)
                assert f"{sum(printed['weights']):.2f}" == f"{state['total']:.2f}" == "1.00"


@pytest.fixture
def long(tiny: Model) -> Trace:
    traced = trace(tiny, LONG)
    assert len(traced.tokens) > 24
    return traced


def test_a_long_text_shows_the_strongest_keys_in_the_order_of_the_text(long: Trace):
    picture = dot_product(long, 0, 1, 3)
    weights = long.layers[0].attention[1, 3]
    indices = [key["index"] for key in picture.state["keys"]]
    assert len(indices) == 20
    assert indices == sorted(indices)
    hidden = sorted(set(range(len(weights))) - set(indices))
    assert weights[indices].min() >= weights[hidden].max()
    np.testing.assert_array_equal(picture.arrays["weights"], weights[indices])
    np.testing.assert_array_equal(picture.arrays["scaled"], long.layers[0].scores[1, 3][indices])


def test_the_keys_that_are_not_shown_are_in_the_sums(long: Trace):
    picture = dot_product(long, 0, 1, 3)
    layer, state, of = long.layers[0], picture.state, picture.arrays
    n = len(long.tokens)
    assert state["n"] == n
    assert state["others"]["count"] == n - 20
    hidden = [j for j in range(n) if j not in {key["index"] for key in state["keys"]}]
    assert state["others"]["weight"] == pytest.approx(layer.attention[1, 3][hidden].sum(), rel=1e-5)
    assert of["weights"].sum() + state["others"]["weight"] == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(
        of["weighted"].sum(axis=0) + of["others"], layer.context[1, 3], atol=1e-5
    )
    scores = layer.scores[1, 3].astype(np.float64)
    assert state["exp_sum"] == pytest.approx(np.exp(scores - scores.max()).sum(), rel=1e-9)


def test_nothing_is_left_over_where_every_key_is_shown(traced: Trace):
    assert not dot_product(traced, 1, 2, 8).arrays["others"].any()


def test_a_head_or_a_token_that_is_not_there_is_refused(long: Trace):
    with pytest.raises(InvalidChoice) as refused:
        dot_product(long, 0, 3, 0)
    assert str(refused.value) == (
        f"There is no head 3: each layer of {long.model.name} has 3. Choose 0 to 2."
    )
    n = len(long.tokens)
    with pytest.raises(InvalidChoice) as refused:
        dot_product(long, 0, 0, n)
    assert str(refused.value) == f"There is no token {n}: the text has {n}. Choose 0 to {n - 1}."
