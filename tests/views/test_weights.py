from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.choice import head_of, token_of
from attention_atlas.views.weights import state, weights, words


def kept(traced: Trace) -> list[str]:
    return [token.text for token, stays in zip(traced.tokens, words(traced), strict=True) if stays]


def test_the_frame_of_the_sentence_is_left_out_and_its_words_stay(tiny: Model):
    assert kept(trace(tiny, "the cat sat", "it was")) == ["the", "cat", "sat", "it", "was"]


def test_a_typed_mask_and_an_unknown_word_stand_for_words_and_stay(tiny: Model):
    traced = trace(tiny, "the [MASK] sat 雪")
    assert traced.tokens[2].special
    assert traced.tokens[4].unknown
    assert kept(traced) == ["the", "[MASK]", "sat", "[UNK]"]


def test_a_typed_separator_and_padding_are_left_out_like_added_ones(tiny: Model):
    assert kept(trace(tiny, "the [SEP] cat [PAD] [CLS]")) == ["the", "cat"]


def test_all_heads_are_the_layers_own_attention(tiny: Model):
    traced = trace(tiny, "the cat sat on the mat")
    attention, shown = weights(traced, 1)
    assert attention.shape == (3, 8, 8)
    np.testing.assert_array_equal(attention, traced.layers[1].attention)
    assert shown.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]


def test_one_head_is_that_head_alone(tiny: Model):
    traced = trace(tiny, "the cat sat on the mat")
    attention, _ = weights(traced, 1, 2)
    assert attention.shape == (1, 8, 8)
    np.testing.assert_array_equal(attention[0], traced.layers[1].attention[2])


def test_what_is_left_of_each_row_is_made_whole_again(tiny: Model):
    traced = trace(tiny, "the cat sat", "it was")
    assert [token.text for token in traced.tokens] == [
        "[CLS]", "the", "cat", "sat", "[SEP]", "it", "was", "[SEP]"
    ]  # fmt: skip
    attention, shown = weights(traced, 0, keep_special=False)
    assert shown.tolist() == [1, 2, 3, 5, 6]
    whole = traced.layers[0].attention.astype(np.float64)
    # A row sums to 1, so what the three special columns do not have is what is left.
    left = 1 - whole[:, :, [0, 4, 7]].sum(axis=2)
    for head, row, column in np.ndindex(3, 5, 5):
        i, j = shown[row], shown[column]
        assert attention[head, row, column] == pytest.approx(
            whole[head, i, j] / left[head, i], rel=1e-4
        )
    np.testing.assert_array_equal(weights(traced, 0, 2, keep_special=False)[0], attention[2:])


def test_a_row_that_gave_everything_to_special_tokens_stays_zero(tiny: Model):
    traced = trace(tiny, "the cat")
    attention = np.array(
        [[[0, 1, 0, 0], [0.75, 0, 0, 0.25], [0.5, 0.125, 0.375, 0], [0, 0, 0, 1]]], np.float32
    )
    seen = SimpleNamespace(
        model=traced.model, tokens=traced.tokens, layers=[SimpleNamespace(attention=attention)]
    )
    among_words, shown = weights(cast("Trace", seen), 0, keep_special=False)
    assert shown.tolist() == [1, 2]
    assert among_words.tolist() == [[[0, 0], [0.25, 0.75]]]


def test_a_text_without_a_word_leaves_nothing(tiny: Model):
    traced = trace(tiny, "[SEP]")
    attention, shown = weights(traced, 0, keep_special=False)
    assert (attention.shape, shown.tolist()) == ((3, 0, 0), [])
    assert weights(traced, 0, 1, keep_special=False)[0].shape == (1, 0, 0)


def test_the_state_has_every_token_and_says_which_take_part(tiny: Model):
    traced = trace(tiny, "cat", "[MASK]")
    found = state(traced, -1, 2, np.array([1, 3]), False)
    assert found == {
        "layer": 1,
        "head": 2,
        "heads": 3,
        "keep_special": False,
        "tokens": [
            {"text": "[CLS]", "special": True, "segment": 0},
            {"text": "cat", "special": False, "segment": 0},
            {"text": "[SEP]", "special": True, "segment": 0},
            {"text": "[MASK]", "special": True, "segment": 1},
            {"text": "[SEP]", "special": True, "segment": 1},
        ],
        "shown": [1, 3],
    }


def test_a_layer_or_a_head_that_is_not_there_is_refused(tiny: Model):
    traced = trace(tiny, "the cat")
    with pytest.raises(InvalidChoice) as refused:
        weights(traced, 2)
    assert str(refused.value) == (
        f"There is no layer 2: {tiny.name} has 2 layers. "
        "Choose 0 to 1, or count from the end with -1."
    )
    with pytest.raises(InvalidChoice) as refused:
        weights(traced, 0, 3)
    assert str(refused.value) == (
        f"There is no head 3: each layer of {tiny.name} has 3. Choose 0 to 2."
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
