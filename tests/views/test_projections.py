from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.projections import projections
from checkpoints import make_checkpoint


def test_the_three_matrices_are_those_of_the_head(tiny: Model):
    traced = trace(tiny, "the cat sat")
    picture = projections(traced, 1, head=2, token=None)
    layer = traced.layers[1]
    assert picture.state == {
        "of": "head",
        "layer": 1,
        "head": 2,
        "token": None,
        "names": ["[CLS]", "the", "cat", "sat", "[SEP]"],
        "rows": [0, 1, 2, 3, 4],
        "exact": True,
    }
    assert picture.arrays["qkv"].shape == (3, 5, 7)
    np.testing.assert_array_equal(picture.arrays["qkv"][0], layer.query[2])
    np.testing.assert_array_equal(picture.arrays["qkv"][1], layer.key[2])
    np.testing.assert_array_equal(picture.arrays["qkv"][2], layer.value[2])


def test_one_token_in_all_heads(tiny: Model):
    traced = trace(tiny, "the cat sat")
    picture = projections(traced, 1, head=None, token=3)
    layer = traced.layers[1]
    assert picture.state == {
        "of": "token",
        "layer": 1,
        "head": None,
        "token": "sat",
        "names": ["head 1", "head 2", "head 3"],
        "rows": [0, 1, 2],
        "exact": True,
    }
    assert picture.arrays["qkv"].shape == (3, 3, 7)
    for head in range(3):
        np.testing.assert_array_equal(picture.arrays["qkv"][0, head], layer.query[head, 3])
        np.testing.assert_array_equal(picture.arrays["qkv"][1, head], layer.key[head, 3])
        np.testing.assert_array_equal(picture.arrays["qkv"][2, head], layer.value[head, 3])


def test_the_norms_are_the_lengths_of_the_rows(tiny: Model):
    traced = trace(tiny, "the cat sat")
    layer = traced.layers[0]
    norms = projections(traced, 0, head=1, token=None).arrays["norms"]
    for row, matrix in zip(norms, (layer.query, layer.key, layer.value), strict=True):
        for token in range(5):
            assert row[token] == pytest.approx(
                sum(float(x) ** 2 for x in matrix[1, token]) ** 0.5, rel=1e-6
            )
    norms = projections(traced, 0, head=None, token=3).arrays["norms"]
    assert norms.shape == (3, 3)
    assert norms[2, 1] == pytest.approx(np.linalg.norm(layer.value[1, 3]), rel=1e-6)


@pytest.mark.parametrize(
    ("heads", "head_size", "tokens", "every", "exact"),
    [
        (3, 64, 512, 1, False),  # BERT-base's heads
        (2, 64, 300, 1, False),
        (3, 64, 200, 1, True),
        (1, 201, 512, 4, False),  # one head as wide as the model
    ],
)
def test_a_long_text_fits_in_300_kilobytes(
    tmp_path: Path, heads: int, head_size: int, tokens: int, every: int, exact: bool
):
    folder = make_checkpoint(
        tmp_path, layers=1, heads=heads, head_size=head_size, max_tokens=tokens
    )
    traced = trace(load_model(str(folder), device="cpu"), "because " * tokens)
    assert len(traced.tokens) == tokens
    picture = projections(traced, 0, head=0, token=None)
    assert picture.state["exact"] is exact
    assert picture.state["rows"] == list(range(0, tokens, every))
    value = traced.layers[0].value[0][::every]
    np.testing.assert_allclose(
        picture.arrays["qkv"][2], value, rtol=0 if exact else 1e-3, atol=1e-6
    )
    assert picture.arrays["norms"].shape == (3, tokens)
    message = picture.to_message()
    assert message["arrays"]["qkv"]["dtype"] == ("f4" if exact else "f2")
    assert len(json.dumps(message)) < 300_000


@pytest.mark.parametrize("head", [-1, 3])
def test_a_head_that_is_not_there_is_refused(tiny: Model, head: int):
    with pytest.raises(InvalidChoice) as refused:
        projections(trace(tiny, "the cat"), 0, head=head, token=None)
    assert str(refused.value) == (
        f"There is no head {head}: each layer of {tiny.name} has 3. Choose 0 to 2."
    )


def test_a_token_that_is_not_there_is_refused(tiny: Model):
    with pytest.raises(InvalidChoice) as refused:
        projections(trace(tiny, "the cat"), 0, head=None, token=4)
    assert str(refused.value) == "There is no token 4: the text has 4. Choose 0 to 3."
