from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertModel

from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.lens import lens
from attention_atlas.views.predictions import predictions
from checkpoints import make_checkpoint


@pytest.mark.parametrize("hidden", [[], [2], [2, 5]])
def test_a_row_for_the_embeddings_and_each_layer_the_last_is_the_prediction(
    tiny: Model, hidden: list[int]
):
    traced = trace(tiny, "the cat sat", "a dog")
    read = traced.hide(hidden)
    picture = lens(traced, 2, read=read, top_k=4)
    state, arrays = picture.state, picture.arrays
    with torch.no_grad():
        p = tiny.network.cls(torch.tensor(read.hidden_states[:, 2])).double().softmax(-1).numpy()
    assert arrays["probabilities"].shape == (tiny.layers + 1, 4)
    for row, (texts, plainly) in enumerate(zip(state["rows"], p, strict=True)):
        best = np.argsort(-plainly)[:4]
        assert texts == tiny.tokenizer.convert_ids_to_tokens(best.tolist())
        np.testing.assert_allclose(arrays["probabilities"][row], plainly[best], atol=1e-6)
        cat = traced.tokens[2].id
        assert arrays["true"][row, 0] == pytest.approx(plainly[cat], abs=1e-6)
        assert arrays["true"][row, 1] == (plainly > plainly[cat]).sum() + 1
        assert arrays["entropy"][row] == pytest.approx(-(plainly * np.log(plainly)).sum(), abs=1e-5)
    assert state["true"] == "cat"
    bars = predictions(traced, 2, read=read, top_k=4)
    assert state["rows"][-1] == [word["text"] for word in bars.state["words"][:4]]
    assert state["final"] == bars.state["top"]
    np.testing.assert_allclose(
        arrays["probabilities"][-1], bars.arrays["probabilities"][:4], atol=1e-6
    )


def test_behind_a_typed_mask_there_is_no_true_word(tiny: Model):
    assert lens(trace(tiny, "the [MASK] sat"), 2).state["true"] is None


def test_a_vocabulary_smaller_than_what_is_asked_for(tiny: Model):
    picture = lens(trace(tiny, "the cat"), 1, top_k=10_000)
    assert {len(row) for row in picture.state["rows"]} == {tiny.vocabulary_size}


def test_why_there_is_no_lens(tiny: Model, tmp_path: Path):
    off = lens(trace(tiny, "the cat"), 1, use_head=False)
    assert off.state["note"] == (
        "The head is switched off above, so its layers cannot be read as words."
    )
    model = load_model(str(make_checkpoint(tmp_path, architecture=BertModel)), device="cpu")
    none = lens(trace(model, "the cat"), 1)
    assert none.state == {
        "token": "the",
        "note": "This checkpoint has no masked-language-model head, so its layers cannot be read "
        "as words.",
    }


def test_512_tokens_of_the_step_stay_small(embedded: Model):
    traced = trace(embedded, "cat " * 600)
    message = [
        predictions(traced, 9, top_k=20).to_message(), lens(traced, 9, top_k=20).to_message()
    ]  # fmt: skip
    assert len(json.dumps(message)) < 100_000
