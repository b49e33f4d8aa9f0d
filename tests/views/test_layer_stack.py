from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from transformers import BertModel

import attention_atlas as aa
from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.layer_stack import layer_stack
from checkpoints import make_checkpoint


def test_length_and_change_are_those_of_the_hidden_states(tiny: Model):
    traced = trace(tiny, "the cat sat", "was it tired")
    picture = layer_stack(traced, 3)
    states = traced.hidden_states[:, 3].astype(np.float64)
    assert picture.state == {"token": traced.tokens[3].text}
    assert picture.arrays["norm"] == pytest.approx(np.sqrt((states**2).sum(axis=1)))
    for layer in range(2):
        a, b = states[layer], states[layer + 1]
        cosine = a @ b / np.sqrt((a @ a) * (b @ b))
        assert picture.arrays["change"][layer] == pytest.approx(1 - cosine, abs=1e-6)


def test_the_two_parts_are_what_is_missing_when_they_are_taken_out(tiny: Model):
    """Without a sublayer's part, at the μ and σ it had, the output is off by just that length."""
    traced = trace(tiny, "the cat sat")
    token = 2
    found = layer_stack(traced, token).arrays
    for layer, parts in zip(traced.layers, tiny.parts.layers, strict=True):

        def held(norm: object, given: np.ndarray, instead: np.ndarray) -> np.ndarray:
            """The LayerNorm of `instead` with the deviation of `given`."""
            gamma, beta = (getattr(norm, name).numpy() for name in ("weight", "bias"))
            scale = np.sqrt(given.var() + getattr(norm, "eps"))  # noqa: B009
            return gamma * (instead - instead.mean()) / scale + beta

        x, a = layer.input[token], layer.attention_output[token]
        m, f = layer.attention_norm[token], layer.ffn_output[token]
        output = layer.output[token]
        no_ffn = held(parts.ffn_norm, m + f, m)
        no_attention = held(parts.ffn_norm, m + f, held(parts.attention_norm, x + a, x) + f)
        length = np.linalg.norm(output - no_ffn)
        assert found["ffn"][layer.index] == pytest.approx(length, rel=1e-4)
        length = np.linalg.norm(output - no_attention)
        assert found["attention"][layer.index] == pytest.approx(length, rel=1e-4)


def test_one_layer_without_a_head(tmp_path: Path):
    folder = make_checkpoint(tmp_path, architecture=BertModel, layers=1, activation="relu")
    picture = layer_stack(trace(aa.load_model(folder, device="cpu"), "the cat"), 0)
    assert {name: array.shape for name, array in picture.arrays.items()} == {
        "norm": (2,), "change": (1,), "attention": (1,), "ffn": (1,)
    }  # fmt: skip
    json.dumps(picture.to_message(), allow_nan=False)


def test_a_token_that_is_not_there_is_refused(tiny: Model):
    with pytest.raises(InvalidChoice) as refused:
        layer_stack(trace(tiny, "the cat"), 4)
    assert str(refused.value) == "There is no token 4: the text has 4. Choose 0 to 3."
