"""Special tokens left out, position encodings, and attention walked through for one token."""

from __future__ import annotations

import math

import numpy as np
import pytest

from attention_atlas.analysis.attention_steps import attention_steps
from attention_atlas.analysis.positions import sinusoidal_encoding
from attention_atlas.analysis.special_tokens import without
from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace


def test_special_tokens_left_out_by_hand():
    attention = np.array(
        [
            [0.7, 0.1, 0.1, 0.1],
            [0.5, 0.125, 0.125, 0.25],
            [0.5, 0.0, 0.125, 0.375],
            [0.0, 1.0, 0.0, 0.0],
        ]
    )
    left = without(attention, np.array([False, True, True, False]))
    assert left.tolist() == [[0.5, 0.5], [0.0, 1.0]]


def test_a_row_of_which_nothing_is_left_is_zero():
    attention = np.array([[[1.0, 0.0, 0.0], [0.5, 0.25, 0.25], [1.0, 0.0, 0.0]]], np.float32)
    left = without(attention, np.array([False, True, True]))
    assert left.tolist() == [[[0.5, 0.5], [0.0, 0.0]]]
    assert left.dtype == np.float32


def test_all_heads_lose_the_same_tokens():
    attention = np.random.default_rng(0).dirichlet(np.ones(5), size=(2, 3, 5))
    keep = np.array([True, False, True, True, False])
    left = without(attention, keep)
    assert left.shape == (2, 3, 3, 3)
    assert np.allclose(left.sum(axis=-1), 1)
    for index in np.ndindex(2, 3):
        rows = attention[index][keep][:, keep]
        assert np.allclose(left[index], rows / rows.sum(axis=1, keepdims=True))
    assert np.allclose(without(attention, np.ones(5, dtype=bool)), attention)


def test_keep_says_yes_or_no_for_each_token():
    with pytest.raises(InvalidChoice) as caught:
        without(np.eye(3), np.array([0, 1]))
    assert str(caught.value) == (
        "keep says for each of the 3 tokens whether it stays, but an array of int64 of shape (2,) "
        "was given. Give 3 booleans."
    )
    with pytest.raises(InvalidChoice) as caught:
        without(np.eye(3), np.zeros(3, dtype=bool))
    assert str(caught.value) == (
        "keep leaves none of the 3 tokens, so there is no attention to show. Keep at least one."
    )


@pytest.mark.parametrize("d", [5, 6, 1])
def test_sinusoids_are_those_of_the_paper(d: int):
    encoding = sinusoidal_encoding(7, d)
    assert encoding.shape == (7, d)
    assert encoding.dtype == np.float32
    for position in range(7):
        for i in range(d):
            angle = position / 10000 ** (2 * (i // 2) / d)
            expected = math.cos(angle) if i % 2 else math.sin(angle)
            assert encoding[position, i] == pytest.approx(expected, abs=1e-6)


def test_sinusoids_of_nothing():
    with pytest.raises(InvalidChoice) as caught:
        sinusoidal_encoding(0, 4)
    assert str(caught.value) == (
        "A position encoding has at least 1 position and 1 dimension, but 0 × 4 was asked for. "
        "Choose both from 1."
    )


def test_the_steps_by_hand():
    query = np.array([[0.0, 0, 0, 0], [1.0, 0, 2, 0]])
    key = np.array([[2 * math.log(3), 5, 0, 0], [0.0, 0, 0, 5]])
    value = np.array([[4.0, 0, 0, 8], [0.0, 4, 0, -8]])
    steps = attention_steps(query, key, value, 1)
    assert steps.query_token == 1
    assert steps.raw == pytest.approx([2 * math.log(3), 0])
    assert steps.scaled == pytest.approx([math.log(3), 0])
    assert steps.weights == pytest.approx([0.75, 0.25])
    assert steps.weighted_values == pytest.approx(np.array([[3.0, 0, 0, 6], [0, 1, 0, -2]]))
    assert steps.context == pytest.approx([3, 1, 0, 4])


def test_the_steps_are_those_of_the_network(tiny: Model):
    for layer in trace(tiny, "the cat sat on the mat", "it was tired").layers:
        for head in range(tiny.heads):
            for token in range(len(layer.input)):
                steps = attention_steps(
                    layer.query[head], layer.key[head], layer.value[head], token
                )
                np.testing.assert_allclose(steps.scaled, layer.scores[head, token], atol=1e-5)
                np.testing.assert_allclose(steps.weights, layer.attention[head, token], atol=1e-5)
                np.testing.assert_allclose(steps.context, layer.context[head, token], atol=1e-5)


def test_large_scores_do_not_overflow():
    steps = attention_steps(
        np.array([[1000.0]]), np.array([[1000.0], [0.0]])[:1], np.array([[2.0]]), 0
    )
    assert steps.weights.tolist() == [1.0]


def test_a_token_that_is_not_there():
    with pytest.raises(InvalidChoice) as caught:
        attention_steps(np.eye(3), np.eye(3), np.eye(3), 3)
    assert str(caught.value) == "There is no token 3: the text has 3. Choose 0 to 2."
