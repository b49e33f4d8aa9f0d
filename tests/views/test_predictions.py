from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from transformers import BertModel

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.predictions import predictions
from checkpoints import make_checkpoint


def test_a_word_is_hidden_and_its_likeliest_words_are_told(tiny: Model):
    traced = trace(tiny, "the cat sat")
    state = predictions(traced, 2).state
    (expected,) = traced.predictions(top_k=5, masked=True, positions=[2])
    assert state["shows"] == "words"
    assert state["masked"] is True
    assert state["note"] == ""
    assert [(w["text"], w["probability"]) for w in state["words"]] == [
        (p.text, p.probability) for p in expected
    ]
    assert state["sentence"] == [
        {"text": "[CLS]", "place": "special"},
        {"text": "the", "place": ""},
        {"text": "[MASK]", "place": "here"},
        {"text": "sat", "place": ""},
        {"text": "[SEP]", "place": "special"},
    ]


def test_the_sentence_as_it_stands(tiny: Model):
    traced = trace(tiny, "the cat sat")
    state = predictions(traced, 2, masked=False, top_k=3).state
    (expected,) = traced.predictions(top_k=3, masked=False, positions=[2])
    assert [w["text"] for w in state["words"]] == [p.text for p in expected]
    assert state["masked"] is False
    assert state["sentence"][2] == {"text": "cat", "place": "here"}
    assert state["note"] == "The model sees cat while it reads; nothing is hidden."


def test_the_true_word_is_marked_once_among_all(tiny: Model):
    traced = trace(tiny, "the cat sat")
    words = predictions(traced, 2, top_k=tiny.vocabulary_size).state["words"]
    assert [word["text"] for word in words if word["true"]] == ["cat"]
    assert sum(word["probability"] for word in words) == pytest.approx(1, abs=1e-5)


def test_a_special_token_cannot_be_hidden(tiny: Model):
    picture = predictions(trace(tiny, "the cat"), 0)
    assert picture.state == {
        "shows": "note",
        "token": "[CLS]",
        "note": "[CLS] is a special token and not a word, so there is nothing to hide; choose a "
        "word of the sentence.",
    }


def test_a_special_token_is_still_predicted_as_it_stands(tiny: Model):
    traced = trace(tiny, "the cat")
    state = predictions(traced, 0, masked=False).state
    (expected,) = traced.predictions(top_k=5, positions=[0])
    assert [word["text"] for word in state["words"]] == [p.text for p in expected]


@pytest.mark.parametrize("masked", [True, False])
def test_a_typed_mask_is_predicted_as_it_stands(tiny: Model, masked: bool):
    traced = trace(tiny, "the [MASK] sat")
    state = predictions(traced, 2, masked=masked).state
    (expected,) = traced.predictions(top_k=5, masked=False, positions=[2])
    assert [word["probability"] for word in state["words"]] == [p.probability for p in expected]
    assert state["masked"] is False
    assert state["sentence"][2] == {"text": "[MASK]", "place": "here"}
    assert state["note"] == "[MASK] stands in the sentence already, so nothing else is hidden."


def test_without_the_head_the_hidden_state_stands_alone(tiny: Model):
    traced = trace(tiny, "the cat")
    picture = predictions(traced, 2, use_head=False)
    vector = traced.hidden_states[-1, 2]
    assert picture.state["shows"] == "state"
    assert picture.state["note"] == (
        "The final hidden state of cat: 21 numbers, before the head turns them into words."
    )
    np.testing.assert_array_equal(picture.arrays["hidden_state"], vector)
    length = np.sqrt((vector.astype(np.float64) ** 2).sum())
    assert picture.state["row"]["length"] == pytest.approx(length, rel=1e-6)


@pytest.mark.parametrize("use_head", [True, False])
def test_a_checkpoint_without_a_head_says_so(tmp_path: Path, use_head: bool):
    model = load_model(str(make_checkpoint(tmp_path, architecture=BertModel)), device="cpu")
    traced = trace(model, "the cat")
    picture = predictions(traced, 1, use_head=use_head)
    assert picture.state["note"] == (
        "This checkpoint has no masked-language-model head, so it cannot predict words; its final "
        "hidden state is shown instead."
    )
    np.testing.assert_array_equal(picture.arrays["hidden_state"], traced.hidden_states[-1, 1])


def test_a_token_that_is_not_there_is_refused(tiny: Model):
    with pytest.raises(InvalidChoice) as refused:
        predictions(trace(tiny, "the cat"), 4)
    assert str(refused.value) == "There is no token 4: the text has 4. Choose 0 to 3."
