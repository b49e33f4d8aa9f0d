from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertModel

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.predictions import predictions
from attention_atlas.views.steps import lens as lens_section
from attention_atlas.views.steps import predictions as predictions_section
from attention_atlas.views.steps import two_candidates as two_candidates_section
from checkpoints import make_checkpoint


def test_a_hidden_word_and_its_likeliest_words_are_told(tiny: Model):
    traced = trace(tiny, "the cat sat")
    picture = predictions(traced, 2, read=traced.hide([2]), follows=True, of=3)
    state = picture.state
    (expected,) = traced.predictions(top_k=5, masked=True, positions=[2])
    assert state["shows"] == "words"
    assert (state["hidden"], state["follows"], state["of"]) == ([2], True, 3)
    assert (state["note"], state["mask"], state["index"]) == ("", "[MASK]", 2)
    assert [word["text"] for word in state["words"][:5]] == [p.text for p in expected]
    np.testing.assert_allclose(
        picture.arrays["probabilities"][:5], [p.probability for p in expected], atol=1e-6
    )
    assert state["sentence"] == [
        {"text": "[CLS]", "special": True, "here": False},
        {"text": "the", "special": False, "here": False},
        {"text": "cat", "special": False, "here": True},
        {"text": "sat", "special": False, "here": False},
        {"text": "[SEP]", "special": True, "here": False},
    ]


def test_several_hidden_at_once(tiny: Model):
    traced = trace(tiny, "the cat sat", "a dog")
    picture = predictions(traced, 2, read=traced.hide([2, 5, 3]), top_k=2)
    typed = trace(tiny, "the [MASK] [MASK]", "[MASK] dog")
    (expected,) = typed.predictions(top_k=2, positions=[2])
    assert picture.state["hidden"] == [2, 3, 5]
    assert [word["id"] for word in picture.state["words"][:2]] == [p.id for p in expected]
    np.testing.assert_allclose(
        picture.arrays["probabilities"][:2], [p.probability for p in expected], atol=1e-6
    )


def test_the_sentence_as_it_stands(tiny: Model):
    traced = trace(tiny, "the cat sat")
    state = predictions(traced, 2, top_k=3).state
    (expected,) = traced.predictions(top_k=3, positions=[2])
    assert [word["text"] for word in state["words"][:3]] == [p.text for p in expected]
    assert state["hidden"] == []
    assert state["note"] == "The model sees cat while it reads; nothing is hidden."
    state = predictions(traced, 2, read=traced.hide([1])).state
    assert state["note"] == "The model sees cat while it reads; other words are hidden."


@pytest.mark.parametrize("top_k", [1, 5, 20])
def test_the_true_word_is_there_wherever_it_stands(tiny: Model, top_k: int):
    traced = trace(tiny, "the cat sat")
    read = traced.hide([2])
    picture = predictions(traced, 2, read=read, top_k=top_k)
    words = picture.state["words"]
    at = picture.state["true"]
    z = tiny.network.cls(torch.tensor(read.hidden_states[-1, 2])).double().numpy()
    rank = int((z > z[traced.tokens[2].id]).sum()) + 1
    assert [word["true"] for word in words].count(True) == 1
    assert (words[at]["text"], words[at]["rank"]) == ("cat", rank)
    assert (at == rank - 1) if rank <= top_k else (at == top_k == len(words) - 1)
    assert picture.state["best"] == top_k
    share = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    assert picture.arrays["probabilities"][at] == pytest.approx(share[words[at]["id"]], rel=1e-5)


def test_the_arithmetic_of_each_word_follows_from_what_is_sent(tiny: Model):
    """As the page prints it: four decimals, four, five and three significant digits."""
    traced = trace(tiny, "the cat sat")
    read = traced.hide([2])
    picture = predictions(traced, 2, read=read, top_k=20)
    plainly = tiny.network.cls(torch.tensor(read.hidden_states[-1, 2])).softmax(-1)
    largest, exp_sum, _entropy = picture.arrays["figures"]
    assert picture.arrays["logits"].max() == largest
    for word, z in zip(picture.state["words"], picture.arrays["logits"], strict=True):
        difference = round(round(z, 4) - round(largest, 4), 4)
        assert difference == pytest.approx(round(z - largest, 4), abs=1.01e-4)
        e = math.exp(round(z - largest, 4))
        assert e == pytest.approx(math.exp(z - largest), rel=5.1e-5)
        p = float(f"{e:.4g}") / float(f"{exp_sum:.5g}")
        unit = 10.0 ** (math.floor(math.log10(p)) - 2)
        assert p == pytest.approx(float(plainly[word["id"]]), abs=unit)


def test_the_entropy_is_of_the_whole_vocabulary(tiny: Model):
    traced = trace(tiny, "the cat sat")
    whole = predictions(traced, 2, top_k=tiny.vocabulary_size)
    p = whole.arrays["probabilities"]
    assert p.sum() == pytest.approx(1)
    assert predictions(traced, 2, top_k=1).arrays["figures"][2] == pytest.approx(
        -(p * np.log(p)).sum()
    )
    assert whole.state["vocabulary"] == tiny.vocabulary_size == len(p)


def test_a_special_token_is_predicted_as_it_stands(tiny: Model):
    traced = trace(tiny, "the cat")
    state = predictions(traced, 0).state
    (expected,) = traced.predictions(top_k=5, positions=[0])
    assert [word["text"] for word in state["words"][:5]] == [p.text for p in expected]
    assert state["note"] == "[CLS] is a special token and not a word, so it cannot be hidden."


def test_behind_a_typed_mask_there_is_no_true_word(tiny: Model):
    traced = trace(tiny, "the [MASK] sat")
    state = predictions(traced, 2).state
    (expected,) = traced.predictions(top_k=5, positions=[2])
    assert [word["text"] for word in state["words"]] == [p.text for p in expected]
    assert state["true"] is None
    assert not any(word["true"] for word in state["words"])
    assert state["hidden"] == []
    assert state["sentence"][2] == {"text": "[MASK]", "special": True, "here": True}
    assert state["note"] == (
        "[MASK] stands in the sentence as you wrote it, so there is no true word here."
    )


def test_without_a_mask_token_nothing_can_be_hidden(tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path)), device="cpu")
    model.tokenizer.mask_token = None
    state = predictions(trace(model, "the cat"), 1).state
    assert state["mask"] is None
    assert state["note"] == (
        f"The tokenizer of {model.name} has no mask token, so no word can be hidden; "
        "the model sees the whole sentence."
    )


def test_numbers_that_are_none_cross_to_the_page(tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path)), device="cpu")
    model.network.cls.predictions.decoder.bias[3] = float("nan")
    picture = predictions(trace(model, "the cat"), 1)
    assert np.isnan(picture.arrays["probabilities"]).all()
    assert all(not isinstance(value, float) for value in picture.state.values())


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


@pytest.mark.parametrize(
    "section", [predictions_section, two_candidates_section, lens_section], ids=lambda s: s.__name__
)
def test_the_python_of_the_folds_gives_what_is_shown(tiny: Model, section: object):
    traced = trace(tiny, "the cat sat")
    names: dict[str, object] = {"trace": traced}
    lines = [line.format(token=2) for line in section.PYTHON]
    for line in lines[:-1]:
        exec(line, names)
    given = eval(lines[-1], names)
    read = traced.hide([2])
    shown = predictions(traced, 2, read=read)
    if section is predictions_section:
        assert given == pytest.approx(shown.arrays["figures"][2])
        assert [p.id for p in names["best"]] == [word["id"] for word in shown.state["words"][:5]]
    elif section is lens_section:
        assert [one.id for one in given[-1]] == [word["id"] for word in shown.state["words"][:5]]
    else:
        apart, z = names["apart"], shown.arrays["logits"]
        total = given.sum() + apart.bias[0] - apart.bias[1]
        assert total == pytest.approx(z[0] - z[1], abs=1e-5)
