"""What is printed is recomputed from what is printed before it, and compared with the model."""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import LayerTrace, Trace, trace
from attention_atlas.views.dot_product import dot_product
from attention_atlas.views.dot_product.figures import figure
from attention_atlas.views.picture import Picture
from checkpoints import make_checkpoint

SENTENCE = "the cat sat on the mat because it was tired"
WORDS = SENTENCE.split()


class Printed:
    """A printed number, and how far it may be from what was rounded: half its last digit."""

    def __init__(self, text: str) -> None:
        plain = text.replace("−", "-")
        mantissa, _, exponent = plain.partition("e")
        places = len(mantissa.partition(".")[2])
        self.value = float(plain)
        self.off = 0.5 * 10.0 ** (int(exponent or 0) - places)

    def is_rounded_from(self, exact: Any, slack: float = 0) -> bool:
        return abs(self.value - float(exact)) <= self.off * (1 + 1e-6) + slack

    def follows_from(self, value: float, off: float) -> bool:
        """From printed numbers that give `value`, which their rounding moves by `off` at most."""
        return abs(self.value - value) <= (self.off + off) * (1 + 1e-6) + 1e-12


def check(picture: Picture, layer: LayerTrace) -> float:
    """Checks every printed number; gives how many units of its last digit one was off at most."""
    state = picture.state
    head, token, size = state["head"], state["index"], state["head_size"]
    query = layer.query[head, token].astype(np.float64)
    scores, weights = layer.scores[head, token], layer.attention[head, token]
    maximum, total = Printed(state["maximum"]), Printed(state["exp_sum"])
    assert maximum.is_rounded_from(scores.max())
    exact_sum = np.exp(scores.astype(np.float64) - scores.max()).sum()
    assert total.is_rounded_from(exact_sum)
    worst = 0.0

    def expect(printed: Printed, value: float, off: float) -> None:
        nonlocal worst
        assert printed.follows_from(value, off), (printed.value, value, off)
        worst = max(worst, abs(printed.value - value) / (2 * printed.off))

    # What the model's single precision took away is told, unless it is below the last digit.
    rounded = 0.00005
    if state["rounding"]:
        rounding = Printed(state["rounding"])
        rounded = rounding.value + rounding.off
    softmax = 4 * rounded if state["rounding"] else 1e-6
    exponentials, shares = [], []
    for key in state["keys"]:
        j = key["index"]
        vector = layer.key[head, j].astype(np.float64)
        products = []
        for term in key["terms"]:
            d = term["dimension"]
            q, k, product = (Printed(term[name]) for name in ("q", "k", "product"))
            assert q.is_rounded_from(query[d])
            assert k.is_rounded_from(vector[d])
            assert product.is_rounded_from(query[d] * vector[d])
            expect(
                product, q.value * k.value, abs(q.value) * k.off + (abs(k.value) + k.off) * q.off
            )
            products.append(product)
        listed = [term["dimension"] for term in key["terms"]]
        others = np.delete(query * vector, listed)
        assert len(listed) == min(size, 6)
        if len(others):
            assert np.abs(query * vector)[listed].min() >= np.abs(others).max()
            products.append(Printed(key["rest"]))
            assert products[-1].is_rounded_from(others.sum())
        else:
            assert key["rest"] is None
        raw, scaled, shifted = (Printed(key[name]) for name in ("raw", "scaled", "shifted"))
        exp, share = Printed(key["exp"]), Printed(key["share"])
        assert raw.is_rounded_from(query @ vector)
        assert scaled.is_rounded_from(scores[j])
        assert shifted.is_rounded_from(float(scores[j]) - float(scores.max()))
        assert share.is_rounded_from(weights[j])
        expect(raw, sum(p.value for p in products), sum(p.off for p in products))
        expect(scaled, raw.value / math.sqrt(size), raw.off / math.sqrt(size) + rounded)
        expect(shifted, scaled.value - maximum.value, scaled.off + maximum.off)
        expect(exp, math.exp(shifted.value), math.exp(shifted.value) * math.expm1(shifted.off))
        quotient = exp.value / total.value
        expect(share, quotient, (exp.off + quotient * total.off) / total.value * 1.001 + softmax)
        exponentials.append(exp)
        shares.append(share)
    if state["others"]:
        exponentials.append(Printed(state["others"]["exp"]))
        shares.append(Printed(state["others"]["share"]))
    expect(total, sum(e.value for e in exponentials), sum(e.off for e in exponentials))
    assert state["total"] == "1.00"
    one = sum(s.value for s in shares)
    assert one == pytest.approx(1, abs=sum(s.off for s in shares) + 1e-5)
    return worst


def check_mixing(picture: Picture, layer: LayerTrace) -> None:
    """The shares of the values, added up, are the model's context."""
    state, of = picture.state, picture.arrays
    head, token = state["head"], state["index"]
    parts = of["weights"][:, None].astype(np.float64) * of["value"]
    total = parts.sum(axis=0) + of["others"]
    context = layer.context[head, token]
    np.testing.assert_array_equal(of["context"], context)
    np.testing.assert_allclose(total, context, atol=1e-5 * max(1, float(np.abs(context).max())))


def pictures(traced: Trace, tokens: list[int]) -> Iterator[tuple[Picture, LayerTrace]]:
    for layer in range(traced.model.layers):
        for head in range(traced.model.heads):
            for token in tokens:
                yield dot_product(traced, layer, head, token), traced.layers[layer]


def test_each_printed_number_follows_from_the_printed_ones(embedded: Model):
    for picture, layer in pictures(trace(embedded, SENTENCE), [0, 2, 8]):
        assert picture.state["rounding"] is None
        assert check(picture, layer) < 1.5
        check_mixing(picture, layer)


def test_each_printed_number_follows_with_a_head_size_of_seven(tiny: Model):
    for picture, layer in pictures(trace(tiny, SENTENCE, "the dog sat"), [0, 2, 8, 12]):
        assert check(picture, layer) < 2
        check_mixing(picture, layer)


@pytest.mark.parametrize("tokens", [24, 25, 60, 512])
def test_long_texts(embedded: Model, tokens: int):
    traced = trace(embedded, " ".join((WORDS * 60)[: tokens - 2]))
    assert len(traced.tokens) == tokens
    for head in (0, 5):
        picture = dot_product(traced, 3, head, 8)
        layer = traced.layers[3]
        assert check(picture, layer) < 1.7
        check_mixing(picture, layer)
        state = picture.state
        assert len(json.dumps(picture.to_message())) < 60_000
        if tokens == 24:
            assert len(state["keys"]) == 24
            assert state["others"] is None
            assert not picture.arrays["others"].any()
            continue
        shown = [key["index"] for key in state["keys"]]
        assert len(shown) == 20
        assert shown == sorted(shown)
        weights = layer.attention[head, 8]
        hidden = np.setdiff1d(np.arange(tokens), shown)
        assert weights[shown].min() >= weights[hidden].max()
        assert state["others"]["count"] == tokens - 20
        assert Printed(state["others"]["share"]).is_rounded_from(weights[hidden].sum(), 1e-6)


@pytest.fixture
def own(tmp_path: Path) -> Model:
    """A model that a test may change."""
    return load_model(str(make_checkpoint(tmp_path, head_size=32)), device="cpu")


def scaled_up(model: Model, factor: float) -> None:
    with torch.no_grad():
        for layer in model.parts.layers:
            for module in (layer.query, layer.key):
                for parameter in module.parameters():
                    parameter.mul_(factor)


@pytest.mark.parametrize("factor", [5, 30, 300, 3000])
def test_extreme_scores(own: Model, factor: float):
    scaled_up(own, factor)
    for picture, layer in pictures(trace(own, SENTENCE), [2, 8]):
        assert np.abs(layer.scores).max() > factor
        check(picture, layer)
        assert "1.0000" in [key["exp"] for key in picture.state["keys"]]


def poke(model: Model, value: float) -> None:
    with torch.no_grad():
        bias: Any = model.parts.layers[0].key.bias
        bias[0] = value


@pytest.mark.parametrize(("value", "raw"), [(math.nan, {"NaN"}), (math.inf, {"∞", "−∞"})])
def test_what_is_no_number_is_printed_as_what_it_is(own: Model, value: float, raw: set[str]):
    poke(own, value)
    state = dot_product(trace(own, SENTENCE), 0, 0, 2).state
    assert {key["raw"] for key in state["keys"]} <= raw
    assert state["keys"][0]["terms"][0]["dimension"] == 0
    assert state["keys"][0]["terms"][0]["k"] == ("NaN" if math.isnan(value) else "∞")
    assert {key["share"] for key in state["keys"]} == {"NaN"}
    assert state["exp_sum"] == state["total"] == "NaN"
    assert state["keys"][0]["terms"][1]["product"] not in {"NaN", "∞", "−∞"}


def test_a_huge_head_shows_fewer_keys(tiny: Model, monkeypatch: pytest.MonkeyPatch):
    view = importlib.import_module("attention_atlas.views.dot_product.dot_product")
    monkeypatch.setattr(view, "NUMBERS", 74)  # ten keys of seven numbers
    picture = dot_product(trace(tiny, SENTENCE), 0, 0, 2)
    assert picture.arrays["key"].shape == (10, 7)
    assert picture.state["others"]["count"] == 2
    monkeypatch.setattr(view, "NUMBERS", 3)
    assert len(dot_product(trace(tiny, SENTENCE), 0, 0, 2).state["keys"]) == 1


def test_the_state_says_whose_numbers_these_are(tiny: Model):
    traced = trace(tiny, SENTENCE)
    picture = dot_product(traced, 1, 2, 8)
    state = picture.state
    assert (state["token"], state["index"], state["layer"], state["head"]) == ("it", 8, 1, 2)
    assert (state["n"], state["head_size"], state["others"]) == (12, 7, None)
    assert [key["index"] for key in state["keys"]] == list(range(12))
    assert [key["piece"] for key in state["keys"]] == [token.text for token in traced.tokens]
    layer = traced.layers[1]
    np.testing.assert_array_equal(picture.arrays["query"], layer.query[2, 8])
    np.testing.assert_array_equal(picture.arrays["key"], layer.key[2])
    np.testing.assert_array_equal(picture.arrays["value"], layer.value[2])
    np.testing.assert_array_equal(picture.arrays["weights"], layer.attention[2, 8])
    np.testing.assert_allclose(
        picture.arrays["raw"], layer.key[2] @ layer.query[2, 8], rtol=1e-5, atol=1e-5
    )


def test_a_head_or_a_token_that_is_not_there_is_refused(tiny: Model):
    traced = trace(tiny, SENTENCE)
    with pytest.raises(InvalidChoice) as refused:
        dot_product(traced, 0, 3, 0)
    assert str(refused.value) == (
        f"There is no head 3: each layer of {tiny.name} has 3. Choose 0 to 2."
    )
    with pytest.raises(InvalidChoice) as refused:
        dot_product(traced, 0, 0, 12)
    assert str(refused.value) == "There is no token 12: the text has 12. Choose 0 to 11."


@pytest.mark.parametrize(
    ("x", "digits", "below", "text"),
    [
        (1.23456, 3, 0, "1.235"),
        (-1.23456, 4, 0, "−1.2346"),
        (-0.00001, 3, 0, "0.000"),
        (0.00767, 4, 0.01, "0.0077"),
        (0.01, 4, 0.01, "0.0100"),
        (0.000312, 3, 0.0005, "0.00031"),
        (-0.0000312, 3, 0.0005, "−3.1e−5"),
        (0.0000999, 3, 0.0005, "0.00010"),
        (0.0, 3, 0.0005, "0.000"),
        (0.0005, 3, 0.0005, "0.001"),
        (1e-60, 3, 0.0005, "0.000"),
        (1234567.0, 3, 0, "1234567.000"),
        (1234567890.0, 3, 0, "1.2346e9"),
        (-2e13, 3, 0, "−2.0000e13"),
        (math.nan, 3, 0, "NaN"),
        (math.inf, 3, 0.01, "∞"),
        (-math.inf, 3, 0, "−∞"),
    ],
)
def test_a_figure_as_it_is_written(x: float, digits: int, below: float, text: str):
    assert figure(x, digits, below=below) == text
