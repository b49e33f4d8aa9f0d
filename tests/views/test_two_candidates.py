from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertModel

from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.predictions import predictions
from attention_atlas.views.two_candidates import two_candidates
from checkpoints import make_checkpoint


@pytest.mark.parametrize("kind", ["tied", "untied", "without bias"])
def test_the_dimensions_and_the_bias_add_up_to_the_difference(kind: str, tmp_path: Path):
    config = {"tie_word_embeddings": False} if kind == "untied" else {}
    model = load_model(str(make_checkpoint(tmp_path, **config)), device="cpu")
    if kind == "without bias":
        model.network.cls.predictions.decoder.register_parameter("bias", None)
    traced = trace(model, "the cat sat", "a dog")
    read = traced.hide([2, 6])
    picture = two_candidates(traced, 2, read=read, top_k=4)
    z = model.network.cls(torch.tensor(read.hidden_states[-1, 2])).numpy()
    words = picture.state["words"]
    arrays = picture.arrays
    assert picture.state["bias"] is (kind != "without bias")
    assert [word["id"] for word in words[:4]] == np.argsort(-z)[:4].tolist()
    assert words[-1]["text"] == "cat"
    for a in range(len(words)):
        for b in range(len(words)):
            products = arrays["transformed"] * (arrays["weights"][a] - arrays["weights"][b])
            total = products.astype(np.float64).sum() + arrays["bias"][a] - arrays["bias"][b]
            assert total == pytest.approx(z[words[a]["id"]] - z[words[b]["id"]], abs=2e-5)


def test_what_is_printed_adds_up_to_what_is_printed(embedded: Model):
    """As the page prints it: t to 4 decimals, the rows to 5, products to 3, their sum to 2."""
    traced = trace(embedded, "the cat sat on the mat because it was tired")
    picture = two_candidates(traced, 8, read=traced.hide([8]))
    t, w, bias = (
        picture.arrays[name].astype(np.float64) for name in ("transformed", "weights", "bias")
    )
    z = picture.arrays["logits"]
    products = t * (w[0] - w[1])
    order = np.argsort(-np.abs(products))
    top, rest = order[:8], products[order[8:]].sum()
    again = np.round(t[top], 4) * np.round(w[0] - w[1], 5)[top]
    np.testing.assert_allclose(again, np.round(products[top], 3), atol=1.01e-3)
    printed = [*np.round(products[top], 3), round(rest, 3), round(bias[0] - bias[1], 3)]
    assert sum(printed) == pytest.approx(round(z[0] - z[1], 2), abs=1.01e-2)
    assert round(z[0], 3) - round(z[1], 3) == pytest.approx(round(z[0] - z[1], 2), abs=1.01e-2)


def test_there_are_two_also_where_one_word_is_shown(tiny: Model):
    traced = trace(tiny, "the [MASK] sat")
    picture = two_candidates(traced, 2, top_k=1)
    assert [word["rank"] for word in picture.state["words"]] == [1, 2]
    first = predictions(traced, 2, top_k=2)
    assert picture.state["words"] == first.state["words"]
    np.testing.assert_array_equal(picture.arrays["logits"], first.arrays["logits"])


def test_why_there_is_no_comparison(tiny: Model, tmp_path: Path):
    off = two_candidates(trace(tiny, "the cat"), 1, use_head=False)
    assert off.state["note"] == (
        "The head is switched off above, so no two candidates can be compared."
    )
    model = load_model(str(make_checkpoint(tmp_path, architecture=BertModel)), device="cpu")
    none = two_candidates(trace(model, "the cat"), 1)
    assert none.state == {
        "token": "the",
        "note": "This checkpoint has no masked-language-model head, so no two candidates can be "
        "compared.",
    }
    assert none.arrays == {}


def test_a_comparison_of_twenty_stays_small(embedded: Model):
    traced = trace(embedded, "the cat sat on the mat")
    message = two_candidates(traced, 2, read=traced.hide([2]), top_k=20).to_message()
    sent = sum(len(array["data"]) for array in message["arrays"].values())
    # 384 dimensions here; bert-base has twice as many.
    assert 2 * sent < 100_000
