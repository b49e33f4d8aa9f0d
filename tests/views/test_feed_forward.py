from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertModel

import attention_atlas as aa
from attention_atlas.models.model import Model
from attention_atlas.tracing.neuron_words import neuron_words
from attention_atlas.tracing.trace import trace
from attention_atlas.views.feed_forward import feed_forward
from attention_atlas.views.feed_forward.feed_forward import _columns
from checkpoints import make_checkpoint


def test_the_three_vectors_are_the_layers_own(tiny: Model):
    traced = trace(tiny, "the cat sat")
    picture = feed_forward(traced, 1, 2)
    layer = traced.layers[1]
    np.testing.assert_array_equal(picture.arrays["input"], layer.attention_norm[2])
    np.testing.assert_array_equal(picture.arrays["intermediate"], layer.intermediate[2])
    np.testing.assert_array_equal(picture.arrays["output"], layer.ffn_output[2])
    assert {name: array.shape for name, array in picture.arrays.items()} == {
        "input": (21,), "before": (11,), "intermediate": (11,), "output": (21,),
        "curve": (2, 193), "shares": (10,), "up": (8, 4), "down": (8, 4),
    }  # fmt: skip
    assert (picture.state["token"], picture.state["layer"]) == ("cat", 1)


def test_active_is_the_number_of_units_above_zero(tiny: Model):
    traced = trace(tiny, "the cat sat")
    for token in range(5):
        units = traced.layers[0].intermediate[token]
        above = sum(1 for unit in units if unit > 0)
        strong = sum(1 for unit in units if abs(unit) > 0.1 * max(map(abs, units)))
        state = feed_forward(traced, 0, token).state
        assert (state["above_zero"], state["strong"]) == (above, strong)


def test_the_curve_is_the_activation_and_holds_all_values(tiny: Model):
    traced = trace(tiny, "the cat sat")
    of = feed_forward(traced, 1, 2).arrays
    x, y = of["curve"]
    np.testing.assert_allclose(y, torch.nn.functional.gelu(torch.tensor(x)), atol=1e-6)
    assert x[0] <= min(-3, of["before"].min())
    assert x[-1] >= max(3, of["before"].max())
    np.testing.assert_allclose(
        of["intermediate"], torch.nn.functional.gelu(torch.tensor(of["before"])), atol=1e-5
    )


def test_the_strongest_units_and_the_words_they_move(tiny: Model):
    traced = trace(tiny, "the cat sat")
    picture = feed_forward(traced, 1, 2)
    units = [row["unit"] for row in picture.state["strongest"]]
    values = np.abs(traced.layers[1].intermediate[2])
    assert units == sorted(range(11), key=lambda unit: -values[unit])[:8]
    words = neuron_words(traced, 1, 2, units, top_k=4)
    for i, (row, word) in enumerate(zip(picture.state["strongest"], words, strict=True)):
        assert row["up"] == [pushed.text for pushed in word.up]
        assert row["down"] == [pushed.text for pushed in word.down]
        np.testing.assert_allclose(picture.arrays["up"][i], [w.factor for w in word.up], rtol=1e-6)
    assert picture.arrays["shares"].sum() == pytest.approx(1, abs=1e-5)
    assert picture.state["note"] == ""
    json.dumps(picture.to_message(), allow_nan=False)


def test_one_relu_layer_without_a_head_says_why_there_are_no_words(tmp_path: Path):
    model = aa.load_model(
        make_checkpoint(tmp_path, architecture=BertModel, layers=1, activation="relu"),
        device="cpu",
    )
    picture = feed_forward(trace(model, "the cat"), 0, 1)
    assert picture.state["note"] == (
        "This checkpoint has no masked-language-model head, so it cannot be said which words a "
        "unit makes likelier."
    )
    assert all(row["up"] == row["down"] == [] for row in picture.state["strongest"])
    assert (picture.state["activation"], picture.state["checkpoint_activation"]) == ("ReLU", "relu")
    x, y = picture.arrays["curve"]
    np.testing.assert_array_equal(y, np.maximum(x, 0))
    json.dumps(picture.to_message(), allow_nan=False)


@pytest.mark.parametrize(
    ("units", "columns"),
    [(11, 11), (64, 64), (1536, 64), (3072, 64), (512, 64), (4096, 64), (1000, 50), (1009, 64)],
)
def test_the_grid_is_full_where_it_can_be(units: int, columns: int):
    assert _columns(units) == columns
