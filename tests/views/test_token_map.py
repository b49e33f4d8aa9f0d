from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.token_map import token_map
from checkpoints import make_checkpoint


def test_it_holds_every_layer_and_every_token(tiny: Model):
    picture = token_map(trace(tiny, "the cat sat", "a dog"))
    state = picture.state
    assert picture.view == "token_map"
    assert picture.arrays["points"].shape == (3, 8, 2)
    assert picture.arrays["nearest"].shape == (3, 8)
    assert [(t["text"], t["segment"], t["special"]) for t in state["tokens"]] == [
        ("[CLS]", 0, True), ("the", 0, False), ("cat", 0, False), ("sat", 0, False),
        ("[SEP]", 0, True), ("a", 1, False), ("dog", 1, False), ("[SEP]", 1, True),
    ]  # fmt: skip
    assert (state["first"], state["dimensions"]) == (1, 21)
    assert len(state["share"]) == len(state["best"]) == 3


def test_each_layer_lies_around_its_mean_and_the_shares_are_those_of_the_points(embedded: Model):
    picture = token_map(trace(embedded, "the cat sat on the mat because it was tired"))
    points = picture.arrays["points"].astype(np.float64)
    np.testing.assert_allclose(points.mean(axis=1), 0, atol=1e-3)
    share = (points**2).sum(axis=2).mean(axis=1)
    np.testing.assert_allclose(share, picture.state["share"], atol=1e-3)
    assert (np.array(picture.state["share"]) <= np.array(picture.state["best"]) + 1e-6).all()


def test_the_nearest_is_that_of_the_hidden_states(embedded: Model):
    traced = trace(embedded, "the cat sat on the mat because it was tired")
    nearest = token_map(traced).arrays["nearest"]
    for layer, hidden in enumerate(traced.hidden_states):
        away = np.linalg.norm(hidden[2] - hidden, axis=1)
        away[2] = np.inf
        assert nearest[layer, 2] == away.argmin()


def test_a_model_of_one_layer_and_a_text_of_one_word(tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path, layers=1)), device="cpu")
    picture = token_map(trace(model, "cat"))
    assert picture.arrays["points"].shape == (2, 3, 2)
    assert picture.state["best"] == pytest.approx([1, 1])  # three points lie in a plane


def test_it_is_light_for_the_largest_models():
    random = np.random.default_rng(0)
    many: Any = SimpleNamespace(
        hidden_states=random.standard_normal((25, 512, 32)).astype(np.float32),
        tokens=[
            SimpleNamespace(index=i, text=f"token{i}", segment=0, special=False) for i in range(512)
        ],
        model=SimpleNamespace(hidden_size=32),
    )
    assert len(json.dumps(token_map(many).to_message())) < 150_000


def test_tokens_that_are_alone_have_no_shares():
    alone: Any = SimpleNamespace(
        hidden_states=np.ones((2, 1, 5), dtype=np.float32),
        tokens=[SimpleNamespace(index=0, text="cat", segment=0, special=False)],
        model=SimpleNamespace(hidden_size=5),
    )
    picture = token_map(alone)
    assert picture.state["share"] == [None, None]
    assert picture.arrays["nearest"].tolist() == [[-1], [-1]]
    assert "NaN" not in json.dumps(picture.state)
