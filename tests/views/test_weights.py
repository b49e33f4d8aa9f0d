from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch

from attention_atlas.analysis.metrics import metrics
from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.choice import head_of, token_of
from attention_atlas.views.weights import (
    MEASURES,
    Measure,
    Shown,
    attention_picture,
    numbers,
    state,
    stays,
    summary_of,
    units,
)

BARE = Shown(keep_special=False)
# [CLS] the un ##aff ##able cat [SEP] it play ##ed [SEP]
PAIR = ("the unaffable cat", "it played")
WORDS = [[0], [1], [2, 3, 4], [5], [6], [7], [8, 9], [10]]


def kept(traced: Trace) -> list[str]:
    return [token.text for token, stay in zip(traced.tokens, stays(traced), strict=True) if stay]


def texts(traced: Trace, shown: Shown) -> list[str]:
    return [unit.text for unit in units(traced, shown)]


def between(columns: np.ndarray, words: list[list[int]]) -> np.ndarray:
    """The columns of words summed and their rows averaged, entry by entry."""
    return np.array(
        [[[head[np.ix_(i, j)].sum() / len(i) for j in words] for i in words] for head in columns]
    )


def test_the_frame_of_the_sentence_is_left_out_and_its_words_stay(tiny: Model):
    assert kept(trace(tiny, "the cat sat", "it was")) == ["the", "cat", "sat", "it", "was"]


def test_a_typed_mask_and_an_unknown_word_stand_for_words_and_stay(tiny: Model):
    traced = trace(tiny, "the [MASK] sat 雪")
    assert traced.tokens[2].special
    assert traced.tokens[4].unknown
    assert kept(traced) == ["the", "[MASK]", "sat", "[UNK]"]


def test_a_typed_separator_and_padding_are_left_out_like_added_ones(tiny: Model):
    assert kept(trace(tiny, "the [SEP] cat [PAD] [CLS]")) == ["the", "cat"]


def test_the_units_are_tokens_or_words_with_or_without_the_frame(tiny: Model):
    traced = trace(tiny, *PAIR)
    assert texts(traced, Shown()) == [token.text for token in traced.tokens]
    assert texts(traced, Shown(words=True)) == [
        "[CLS]", "the", "unaffable", "cat", "[SEP]", "it", "played", "[SEP]"
    ]  # fmt: skip
    bare = units(traced, Shown(keep_special=False, words=True))
    assert [unit.text for unit in bare] == ["the", "unaffable", "cat", "it", "played"]
    assert [unit.tokens for unit in bare] == [(1,), (2, 3, 4), (5,), (7,), (8, 9)]


def test_all_heads_are_the_layers_own_attention(tiny: Model):
    traced = trace(tiny, "the cat sat on the mat")
    attention = numbers(traced, 1)
    assert attention.shape == (3, 8, 8)
    np.testing.assert_array_equal(attention, traced.layers[1].attention)


def test_some_heads_are_those_heads_in_the_order_they_were_asked_for(tiny: Model):
    traced = trace(tiny, "the cat sat on the mat")
    attention = traced.layers[1].attention
    np.testing.assert_array_equal(numbers(traced, 1, [2]), attention[2:])
    np.testing.assert_array_equal(numbers(traced, 1, [2, 0]), attention[[2, 0]])


def test_what_is_left_of_each_row_is_made_whole_again(tiny: Model):
    traced = trace(tiny, "the cat sat", "it was")
    assert [token.text for token in traced.tokens] == [
        "[CLS]", "the", "cat", "sat", "[SEP]", "it", "was", "[SEP]"
    ]  # fmt: skip
    attention = numbers(traced, 0, None, BARE)
    whole = traced.layers[0].attention.astype(np.float64)
    # A row sums to 1, so what the three special columns do not have is what is left.
    left = 1 - whole[:, :, [0, 4, 7]].sum(axis=2)
    stay = [1, 2, 3, 5, 6]
    for head, row, column in np.ndindex(3, 5, 5):
        i, j = stay[row], stay[column]
        assert attention[head, row, column] == pytest.approx(
            whole[head, i, j] / left[head, i], rel=1e-4
        )
    np.testing.assert_array_equal(numbers(traced, 0, [2], BARE), attention[2:])


def test_a_row_that_gave_everything_to_special_tokens_stays_zero(tiny: Model):
    traced = trace(tiny, "the cat")
    attention = np.array(
        [[[0, 1, 0, 0], [0.75, 0, 0, 0.25], [0.5, 0.125, 0.375, 0], [0, 0, 0, 1]]], np.float32
    )
    seen = SimpleNamespace(
        model=traced.model, tokens=traced.tokens, layers=[SimpleNamespace(attention=attention)]
    )
    among_words = numbers(cast("Trace", seen), 0, None, BARE)
    assert among_words.tolist() == [[[0, 0], [0.25, 0.75]]]


def test_a_row_of_whole_words_still_sums_to_1(tiny: Model):
    traced = trace(tiny, *PAIR)
    found = numbers(traced, 1, None, Shown(words=True))
    np.testing.assert_allclose(found, between(traced.layers[1].attention, WORDS), rtol=1e-5)
    np.testing.assert_allclose(found.sum(axis=-1), 1, rtol=1e-5)
    bare = Shown(keep_special=False, words=True)
    np.testing.assert_allclose(numbers(traced, 1, None, bare).sum(axis=-1), 1, rtol=1e-5)


def test_scores_are_what_the_softmax_is_given(tiny: Model):
    traced = trace(tiny, *PAIR)
    found = numbers(traced, 1, [0, 2], Shown("scores"))
    softmax = torch.softmax(torch.tensor(found), dim=-1).numpy()
    np.testing.assert_allclose(softmax, traced.layers[1].attention[[0, 2]], atol=1e-5)
    words = numbers(traced, 1, None, Shown("scores", words=True))
    scores = traced.layers[1].scores
    assert words[1, 2, 6] == pytest.approx(scores[1, 2:5, 8:10].mean(), rel=1e-4, abs=1e-6)
    bare = numbers(traced, 1, None, Shown("scores", keep_special=False))
    np.testing.assert_array_equal(bare, np.delete(np.delete(scores, [0, 6, 10], 1), [0, 6, 10], 2))


def test_norms_are_those_of_the_heads_own_part_of_the_projection(tiny: Model):
    traced = trace(tiny, *PAIR)
    network: Any = tiny.network
    projection = network.bert.encoder.layer[1].attention.output.dense.weight.detach().numpy()
    seen = traced.layers[1]
    handed = np.stack([seen.value[h] @ projection[:, 7 * h : 7 * h + 7].T for h in range(3)])
    vectors = seen.attention[..., None] * handed[:, None]  # (H, n, n, d)
    expected = np.linalg.norm(vectors, axis=-1)
    found = numbers(traced, 1, None, Shown("norms"))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        numbers(traced, -1, [2, 1], Shown("norms")), found[[2, 1]], rtol=1e-6
    )
    # Without special tokens nothing is renormalised.
    bare = numbers(traced, 1, None, Shown("norms", keep_special=False))
    np.testing.assert_array_equal(bare, np.delete(np.delete(found, [0, 6, 10], 1), [0, 6, 10], 2))
    # From one token to a word, the norms of the pieces summed are an upper bound.
    words = numbers(traced, 1, None, Shown("norms", words=True))
    np.testing.assert_allclose(words, between(found, WORDS), rtol=1e-5)
    together = np.linalg.norm(vectors[:, 1, 2:5].sum(axis=1), axis=-1)
    assert (words[:, 1, 2] >= together).all()


@pytest.mark.parametrize("keep_special", [True, False])
@pytest.mark.parametrize("words", [True, False])
def test_a_difference_is_from_the_mean_of_all_heads_as_they_are_shown(
    tiny: Model, keep_special: bool, words: bool
):
    traced = trace(tiny, *PAIR)
    shown = numbers(traced, 0, None, Shown("weights", keep_special, words))
    found = numbers(traced, 0, None, Shown("difference", keep_special, words))
    mean = (shown[0] + shown[1] + shown[2]) / 3
    np.testing.assert_allclose(found, [head - mean for head in shown], atol=1e-6)
    # Of one head it is still the difference from all of them.
    np.testing.assert_allclose(
        numbers(traced, 0, [1], Shown("difference", keep_special, words)), found[1:2], atol=1e-7
    )


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("words", [True, False])
def test_a_text_without_a_word_leaves_nothing(tiny: Model, measure: Measure, words: bool):
    traced = trace(tiny, "[SEP]")
    shown = Shown(measure, keep_special=False, words=words)
    assert numbers(traced, 0, None, shown).shape == (3, 0, 0)
    assert numbers(traced, 0, [1], shown).shape == (1, 0, 0)
    assert units(traced, shown) == ()
    picture = attention_picture("flow", traced, 0, None, shown)
    assert picture.state.get("range") == (None if measure == "weights" else [0, 0])
    json.dumps(picture.to_message(), allow_nan=False)


def test_the_state_has_every_unit_and_says_what_is_left_out(tiny: Model):
    traced = trace(tiny, "played", "[MASK]")
    assert state(traced, -1, [2, 0], Shown("scores", keep_special=False, words=True)) == {
        "layer": 1,
        "heads": 3,
        "sent": [2, 0],
        "measure": "scores",
        "keep_special": False,
        "words": True,
        "units": [
            {"text": "played", "tokens": [1, 2], "special": False, "segment": 0},
            {"text": "[MASK]", "tokens": [4], "special": True, "segment": 1},
        ],
        "left_out": ["[CLS]", "[SEP]"],
        "pair": True,
    }
    assert state(trace(tiny, "cat"), 0) == {
        "layer": 0,
        "heads": 3,
        "sent": None,
        "measure": "weights",
        "keep_special": True,
        "words": False,
        "units": [
            {"text": "[CLS]", "tokens": [0], "special": True, "segment": 0},
            {"text": "cat", "tokens": [1], "special": False, "segment": 0},
            {"text": "[SEP]", "tokens": [2], "special": True, "segment": 0},
        ],
        "left_out": [],
        "pair": False,
    }


def test_what_is_no_weight_has_its_range(tiny: Model):
    traced = trace(tiny, *PAIR)
    sent = attention_picture("flow", traced, 0, [1], Shown("difference"))
    array = sent.arrays["attention"]
    assert sent.state["range"] == [array.min(), array.max()]
    assert array.min() < 0 < array.max()
    assert "range" not in attention_picture("flow", traced, 0, [1], Shown()).state


def test_a_range_leaves_out_what_is_no_number_and_json_never_has_it(tiny: Model):
    traced = trace(tiny, "cat")
    scores = np.array([[[0, 2, -1], [np.nan, np.inf, 3], [1, -np.inf, 1]]] * 3, np.float32)
    seen = SimpleNamespace(index=0, scores=scores)
    broken = SimpleNamespace(model=traced.model, tokens=traced.tokens, layers=[seen])
    picture = attention_picture("flow", cast("Trace", broken), 0, None, Shown("scores"))
    assert picture.state["range"] == [-1, 3]
    json.dumps(picture.to_message(), allow_nan=False)


def test_a_summary_is_of_the_weights_between_the_units(tiny: Model):
    traced = trace(tiny, *PAIR)
    shown = Shown("norms", keep_special=False, words=True)
    summary = summary_of(traced, shown)
    weights = [numbers(traced, layer, None, Shown("weights", False, True)) for layer in (0, 1)]
    expected = metrics(np.stack(weights))
    np.testing.assert_allclose(summary.metrics.entropy, expected.entropy, rtol=1e-5)
    assert summary.thumbnails.shape == (2, 3, 5, 5)
    for nothing in ("first", "separator", "same word"):
        assert summary.roles[nothing].queries == 0
        assert np.isnan(summary.roles[nothing].share).all()
    itself = np.stack([[np.trace(head) / 5 for head in layer] for layer in weights])
    np.testing.assert_allclose(summary.roles["itself"].share, itself, rtol=1e-5)
    assert summary.uniform_distance == pytest.approx((5**2 - 1) / (3 * 5))


def test_a_text_without_a_word_has_no_summary(tiny: Model):
    with pytest.raises(InvalidChoice) as refused:
        summary_of(trace(tiny, "[SEP]"), BARE)
    assert str(refused.value) == (
        "Without [CLS], [SEP] and padding nothing is left of this text, so its heads have no "
        "metrics. Keep the special tokens, or write a word."
    )


def test_a_measure_that_is_not_there_is_refused():
    with pytest.raises(InvalidChoice) as refused:
        Shown(cast("Measure", "gradient"))
    assert str(refused.value) == (
        "A head has no 'gradient' to show. Choose one of weights, scores, norms, difference."
    )


def test_a_layer_or_a_head_that_is_not_there_is_refused(tiny: Model):
    traced = trace(tiny, "the cat")
    with pytest.raises(InvalidChoice) as refused:
        numbers(traced, 2)
    assert str(refused.value) == (
        f"There is no layer 2: {tiny.name} has 2 layers. "
        "Choose 0 to 1, or count from the end with -1."
    )
    with pytest.raises(InvalidChoice) as refused:
        numbers(traced, 0, [1, 3])
    assert str(refused.value) == (
        f"There is no head 3: each layer of {tiny.name} has 3. Choose 0 to 2."
    )
    with pytest.raises(InvalidChoice) as refused:
        numbers(traced, 0, [])
    assert str(refused.value) == (
        "No head was chosen: the list of heads is empty. Give at least one, or None for all."
    )


@pytest.mark.parametrize(("given", "said"), [(-1, "-1"), (3, "3"), (1.5, "1.5")])
def test_only_whole_numbers_of_heads_and_tokens_that_are_there_are_taken(
    tiny: Model, given: int, said: str
):
    traced = trace(tiny, "cat")
    with pytest.raises(InvalidChoice) as refused:
        head_of(traced, given)
    assert str(refused.value) == (
        f"There is no head {said}: each layer of {tiny.name} has 3. Choose 0 to 2."
    )
    with pytest.raises(InvalidChoice) as refused:
        token_of(traced, given)
    assert str(refused.value) == f"There is no token {said}: the text has 3. Choose 0 to 2."


def test_numpys_numbers_are_taken_as_plain_ones(tiny: Model):
    traced = trace(tiny, "cat")
    assert type(head_of(traced, cast("int", np.int64(2)))) is int
    assert token_of(traced, cast("int", np.int64(1))) is traced.tokens[1]
