from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import attention_atlas as aa
from attention_atlas.models.model import Model
from attention_atlas.tracing.token_path import token_path
from attention_atlas.tracing.trace import trace
from checkpoints import make_checkpoint


@pytest.mark.parametrize("token", [0, 3, 7])
def test_each_layer_gives_the_token_what_its_trace_holds(tiny: Model, token: int):
    traced = trace(tiny, "the cat sat on it", "was it tired")
    path = token_path(traced, token)
    for layer in traced.layers:
        for name in ("attention_output", "attention_norm", "ffn_output"):
            found = getattr(path, name)
            assert found.shape == (2, 21)
            np.testing.assert_allclose(
                found[layer.index], getattr(layer, name)[token], atol=1e-4, rtol=1e-5
            )


def test_the_layers_that_are_kept_stay_kept(tiny: Model):
    traced = trace(tiny, "the cat sat")
    kept = traced.layers[1]
    token_path(traced, 2)
    assert kept in traced.layers


def test_one_layer_without_a_head(tmp_path: Path):
    from transformers import BertModel

    model = aa.load_model(
        make_checkpoint(tmp_path, architecture=BertModel, layers=1, activation="relu"),
        device="cpu",
    )
    traced = trace(model, "the cat")
    path = token_path(traced, 1)
    np.testing.assert_allclose(path.ffn_output[0], traced.layers[0].ffn_output[1], atol=1e-4)
