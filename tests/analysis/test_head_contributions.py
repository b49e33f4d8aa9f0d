from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from attention_atlas.analysis.head_contributions import HeadContributions, head_contributions
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from checkpoints import make_checkpoint

SENTENCE = "the cat sat on the mat because it was tired"


def test_two_heads_by_hand():
    context = np.array([[1.0, 2.0], [3.0, 0.0]])
    weight = np.array([[1.0, 0, 0, 5], [0, 2, 1, 0], [0, 0, 0, 0]])  # 3 out, 2 heads of 2 in
    bias = np.array([-1.0, 0, 2])
    found = head_contributions(context, weight, bias)
    assert found.parts.tolist() == [[1, 4, 0], [0, 3, 0]]
    assert found.norms.tolist() == [math.sqrt(17), 3]
    assert found.bias_norm == math.sqrt(5)
    # The output is (0, 7, 2), of squared length 53.
    assert found.along == pytest.approx([28 / 53, 21 / 53])
    assert found.bias_along == pytest.approx(4 / 53)


def contributions(traced: Trace, layer: int, token: int) -> HeadContributions:
    projection: Any = traced.model.parts.layers[layer].attention_projection
    weight, bias = (p.detach().numpy() for p in (projection.weight, projection.bias))
    return head_contributions(traced.layers[layer].context[:, token], weight, bias)


@pytest.mark.parametrize("name", ["tiny", "embedded"])
def test_the_parts_and_the_bias_are_the_attention_output(name: str, request: pytest.FixtureRequest):
    model: Model = request.getfixturevalue(name)
    traced = trace(model, SENTENCE)
    for layer in range(model.layers):
        bias = model.parts.layers[layer].attention_projection.bias.detach().numpy()  # pyright: ignore
        for token in (0, 3, 8):
            found = contributions(traced, layer, token)
            output = traced.layers[layer].attention_output[token]
            np.testing.assert_allclose(found.parts.sum(axis=0) + bias, output, atol=2e-5)
            assert found.along.sum() + found.bias_along == pytest.approx(1)


def test_each_part_is_what_the_networks_own_projection_makes_of_that_head_alone(tiny: Model):
    traced = trace(tiny, SENTENCE)
    projection = tiny.parts.layers[1].attention_projection
    found = contributions(traced, 1, 4)
    joined = torch.from_numpy(traced.layers[1].context[:, 4].copy())
    with torch.inference_mode():
        nothing = projection(torch.zeros(21))
        for head in range(3):
            alone = torch.zeros(3, 7)
            alone[head] = joined[head]
            part = (projection(alone.flatten()) - nothing).numpy()
            np.testing.assert_allclose(found.parts[head], part, atol=1e-5)
            assert found.norms[head] == pytest.approx(np.linalg.norm(part), rel=1e-5)


@pytest.mark.parametrize(("layers", "heads", "head_size"), [(1, 1, 5), (24, 16, 3)])
def test_any_number_of_heads(tmp_path: Path, layers: int, heads: int, head_size: int):
    folder = make_checkpoint(tmp_path, layers=layers, heads=heads, head_size=head_size)
    traced = trace(load_model(str(folder), device="cpu"), "the cat")
    found = contributions(traced, layers - 1, 1)
    assert found.parts.shape == (heads, heads * head_size)
    assert found.norms.shape == (heads,)


def test_numbers_that_are_none_stay_in_their_head():
    context = np.array([[math.nan, 0], [1, 1]])
    found = head_contributions(context, np.ones((2, 4)), np.zeros(2))
    assert np.isnan(found.norms).tolist() == [True, False]
    assert np.isnan(found.along).all()


def test_an_output_of_zero_has_no_direction():
    found = head_contributions(np.zeros((2, 2)), np.ones((3, 4)), np.zeros(3))
    assert found.norms.tolist() == [0, 0]
    assert np.isnan(found.along).all()
    assert math.isnan(found.bias_along)
