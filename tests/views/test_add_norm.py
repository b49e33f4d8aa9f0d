from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.add_norm import add_norm

TENSORS = {
    "attention": ("input", "attention_output", "attention_norm"),
    "ffn": ("attention_norm", "ffn_output", "output"),
}


@pytest.mark.parametrize("part", ["attention", "ffn"])
def test_each_part_adds_what_came_in_and_what_was_found(
    tiny: Model, part: Literal["attention", "ffn"]
):
    traced = trace(tiny, "the cat sat")
    of = add_norm(traced, 1, 2, part).arrays
    carried, found, output = (getattr(traced.layers[1], name)[2] for name in TENSORS[part])
    np.testing.assert_array_equal(of["carried"], carried)
    np.testing.assert_array_equal(of["found"], found)
    np.testing.assert_array_equal(of["sum"], carried + found)
    np.testing.assert_array_equal(of["output"], output)


@pytest.mark.parametrize("part", ["attention", "ffn"])
def test_the_output_is_the_layer_norm_of_the_sum(tiny: Model, part: Literal["attention", "ffn"]):
    of = add_norm(trace(tiny, "the cat sat"), 0, 3, part).arrays
    parts = tiny.parts.layers[0]
    norm: Any = parts.attention_norm if part == "attention" else parts.ffn_norm
    centred = of["sum"] - of["sum"].mean()
    normal = centred / np.sqrt((centred**2).mean() + norm.eps)
    expected = normal * norm.weight.detach().numpy() + norm.bias.detach().numpy()
    np.testing.assert_allclose(of["output"], expected, atol=1e-5)


@pytest.mark.parametrize("part", ["attention", "ffn"])
def test_the_numbers_of_the_norm_give_the_models_output(
    tiny: Model, part: Literal["attention", "ffn"]
):
    of = add_norm(trace(tiny, "the cat sat"), 1, 1, part).arrays
    mean, variance, epsilon = of["moments"]
    normal = (of["sum"] - mean) / np.sqrt(variance + epsilon)
    np.testing.assert_allclose(of["normal"], normal, atol=1e-5)
    np.testing.assert_allclose(of["gamma"] * normal + of["beta"], of["output"], atol=1e-5)
    assert (mean, variance) == pytest.approx((of["sum"].mean(), of["sum"].var()), rel=1e-5)


def test_the_two_dots_are_the_shares_of_the_sum(tiny: Model):
    of = add_norm(trace(tiny, "the cat sat"), 1, 1, "attention").arrays
    total = of["sum"].astype(np.float64)
    assert of["dots"] == pytest.approx([of["carried"] @ total, of["found"] @ total], rel=1e-4)
    assert of["dots"].sum() == pytest.approx(total @ total, rel=1e-5)


def test_the_lines_are_named_for_the_layer_counted_from_1(tiny: Model):
    traced = trace(tiny, "the cat sat")

    def lines(part: Literal["attention", "ffn"], which: str) -> list[tuple[str, str]]:
        rows = add_norm(traced, 1, 2, part).state[which]
        return [(row["sign"], row["name"]) for row in rows]

    assert lines("attention", "added") == [("", "Layer 2 input"), ("+", "Attention"), ("=", "Sum")]
    assert lines("ffn", "added") == [("", "After attention"), ("+", "Feed-forward"), ("=", "Sum")]
    assert lines("ffn", "normed") == [
        ("", "Normalised"), ("×", "γ"), ("+", "β"), ("=", "LayerNorm")
    ]  # fmt: skip


def test_the_lengths_are_those_of_the_strips(tiny: Model):
    picture = add_norm(trace(tiny, "the cat sat"), 1, 2, "ffn")
    for row in [*picture.state["added"], *picture.state["normed"]]:
        length = np.sqrt((picture.arrays[row["array"]].astype(np.float64) ** 2).sum())
        assert row["length"] == pytest.approx(length, rel=1e-6)


def test_a_part_that_is_not_there_is_refused(tiny: Model):
    unknown: Any = "norm"
    with pytest.raises(InvalidChoice) as refused:
        add_norm(trace(tiny, "the cat"), 0, 1, unknown)
    assert str(refused.value) == (
        "There is no part 'norm' of a layer. Choose 'attention' or 'ffn'."
    )
