from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import attention_atlas as aa
from attention_atlas.models.model import Model
from attention_atlas.tracing.layer_weights import (
    activation_at,
    before_activation,
    norm_weights,
    output_weights,
)
from attention_atlas.tracing.trace import trace
from checkpoints import make_checkpoint


def test_the_norms_are_those_of_the_checkpoint(tiny: Model):
    for part, name in (("attention", "attention.output"), ("ffn", "output")):
        norm = norm_weights(tiny, 1, part)
        state = tiny.network.state_dict()
        for array, tensor in ((norm.gamma, "weight"), (norm.beta, "bias")):
            key = f"bert.encoder.layer.1.{name}.LayerNorm.{tensor}"
            np.testing.assert_array_equal(array, state[key])
            assert not array.flags.writeable
        assert norm.epsilon == 1e-12


def test_the_output_weights_have_a_column_for_each_unit(tiny: Model):
    weights = output_weights(tiny, 1)
    assert weights.shape == (21, 11)
    layer = trace(tiny, "the cat sat").layers[1]
    bias: Any = tiny.parts.layers[1].ffn_projection.bias
    np.testing.assert_allclose(
        layer.intermediate @ weights.T + bias.numpy(), layer.ffn_output, atol=1e-5
    )


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        ("gelu", nn.GELU()),
        ("gelu_new", nn.GELU(approximate="tanh")),
        ("relu", nn.ReLU()),
        ("silu", nn.SiLU()),
        ("tanh", nn.Tanh()),
    ],
)
def test_the_activation_is_the_one_the_checkpoint_names(
    activation: str, expected: nn.Module, tmp_path: Path
):
    model = aa.load_model(make_checkpoint(tmp_path, activation=activation), device="cpu")
    x = np.linspace(-5, 5, 41, dtype=np.float32)
    np.testing.assert_allclose(
        activation_at(model, 1, x), expected(torch.tensor(x)), atol=1e-5, rtol=1e-5
    )
    traced = trace(model, "the cat sat")
    before = before_activation(traced, 1, 2)
    np.testing.assert_allclose(
        expected(torch.tensor(before)), traced.layers[1].intermediate[2], atol=1e-5
    )
