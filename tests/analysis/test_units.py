"""Word pieces put together to words, against numbers worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import attention_atlas as aa
from attention_atlas.analysis.units import Unit, merge, units
from attention_atlas.errors import InvalidChoice

# [CLS] the un ##aff ##able cat [SEP] play ##ed ! [SEP]
FIRST, SECOND = "the unaffable cat", "played!"


def of_sizes(sizes: list[int]) -> list[Unit]:
    starts = np.cumsum([0, *sizes])
    return [
        Unit("word", tuple(range(start, start + size)), special=False, segment=0)
        for start, size in zip(starts.tolist(), sizes, strict=False)
    ]


def test_each_token_is_a_unit(tiny: aa.Model):
    tokens = aa.trace(tiny, FIRST, SECOND).tokens
    found = units(tokens)
    assert [unit.text for unit in found] == [token.text for token in tokens]
    assert [unit.tokens for unit in found] == [(i,) for i in range(11)]
    assert [unit.special for unit in found] == [token.special for token in tokens]
    assert [unit.segment for unit in found] == [0] * 7 + [1] * 4


def test_the_pieces_of_a_word_are_one(tiny: aa.Model):
    found = units(aa.trace(tiny, FIRST, SECOND).tokens, words=True)
    assert found == (
        Unit("[CLS]", (0,), special=True, segment=0),
        Unit("the", (1,), special=False, segment=0),
        Unit("unaffable", (2, 3, 4), special=False, segment=0),
        Unit("cat", (5,), special=False, segment=0),
        Unit("[SEP]", (6,), special=True, segment=0),
        Unit("played", (7, 8), special=False, segment=1),
        Unit("!", (9,), special=False, segment=1),
        Unit("[SEP]", (10,), special=True, segment=1),
    )


def test_the_same_word_number_in_the_second_sentence_is_another_word(tiny: aa.Model):
    # Both are word 0 of their sentence, and without [SEP] they stand side by side.
    tokens = aa.trace(tiny, "played", "played").tokens
    keep = np.array([not token.special for token in tokens])
    assert [unit.tokens for unit in units(tokens, keep, words=True)] == [(1, 2), (4, 5)]


def test_a_hidden_piece_stands_alone_and_parts_its_word(tiny: aa.Model):
    hidden = aa.trace(tiny, FIRST).hide([3])
    found = units(hidden.tokens, words=True)
    assert [unit.text for unit in found] == [
        "[CLS]", "the", "un", "[MASK]", "##able", "cat", "[SEP]"
    ]  # fmt: skip


def test_masks_and_unknown_words_are_units_of_their_own(tiny: aa.Model):
    tokens = aa.trace(tiny, "[MASK] [MASK] 雪 雪 played").tokens
    keep = np.array([token.sentence is not None for token in tokens])
    found = units(tokens, keep, words=True)
    assert [unit.text for unit in found] == ["[MASK]", "[MASK]", "[UNK]", "[UNK]", "played"]
    assert [unit.special for unit in found] == [True, True, False, False, False]


def test_nothing_kept_is_no_unit(tiny: aa.Model):
    assert units(aa.trace(tiny, "cat").tokens, np.zeros(3, dtype=bool), words=True) == ()


def test_columns_are_summed_and_rows_averaged_by_hand():
    # a, and b of two pieces
    weights = np.array([[0.5, 0.3, 0.2], [0.25, 0.25, 0.5], [0.75, 0.125, 0.125]], np.float32)
    found = merge(weights, of_sizes([1, 2]))
    # b looks at a: (0.25 + 0.75) / 2, and at itself: (0.25 + 0.5 + 0.125 + 0.125) / 2
    np.testing.assert_allclose(found, [[0.5, 0.5], [0.5, 0.5]])
    assert found.dtype == np.float32


def test_or_both_averaged():
    scores = np.array([[[4.0, 1.0, 3.0], [-2.0, 5.0, 7.0], [6.0, 0.0, 8.0]]])
    # (1 + 3) / 2; (-2 + 6) / 2; (5 + 7 + 0 + 8) / 4
    assert merge(scores, of_sizes([1, 2]), columns="mean").tolist() == [[[4.0, 2.0], [2.0, 5.0]]]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=7), st.data())
def test_rows_of_weights_still_sum_to_1_and_nothing_is_lost(sizes: list[int], data: st.DataObject):
    n = sum(sizes)
    drawn = data.draw(hnp.arrays(np.float64, (2, n, n), elements=st.floats(0.01, 1)))
    weights = drawn / drawn.sum(axis=-1, keepdims=True)
    found = merge(weights, of_sizes(sizes))
    assert found.shape == (2, len(sizes), len(sizes))
    np.testing.assert_allclose(found.sum(axis=-1), 1)
    # The same with matrices: which token is in which word, and its share of it.
    member = np.repeat(np.eye(len(sizes)), sizes, axis=0)
    np.testing.assert_allclose(found, (member / sizes).T @ weights @ member)
    whole = merge(weights, of_sizes(sizes), columns="mean")
    np.testing.assert_allclose(whole, (member / sizes).T @ weights @ (member / sizes))


def test_units_of_pieces_change_nothing():
    weights = np.random.default_rng(0).random((3, 5, 5), dtype=np.float32)
    np.testing.assert_array_equal(merge(weights, of_sizes([1] * 5)), weights)


def test_no_unit_has_no_numbers():
    assert merge(np.zeros((3, 0, 0), np.float32), ()).shape == (3, 0, 0)


def test_units_of_other_tokens_are_refused():
    with pytest.raises(InvalidChoice) as refused:
        merge(np.ones((5, 5)), of_sizes([1, 2]))
    assert str(refused.value) == (
        "The units have 3 tokens, but the numbers are between 5. "
        "Give the numbers between the tokens of the units."
    )
