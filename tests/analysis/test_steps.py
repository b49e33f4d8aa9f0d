"""Special tokens left out, position encodings, and attention walked through for one token."""

from __future__ import annotations

import math

import numpy as np
import pytest

from attention_atlas.analysis.attention_steps import attention_steps, largest_terms
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


QUERY = np.array([1.0, 0, 2, 0])
KEY = np.array([[2 * math.log(3), 5, 0, 0], [0.0, 0, 0, 5]])
VALUE = np.array([[4.0, 0, 0, 8], [0.0, 4, 0, -8]])


def test_the_steps_by_hand():
    scores, weights = np.array([math.log(3), 0]), np.array([0.75, 0.25])
    steps = attention_steps(QUERY, KEY, VALUE, scores, weights)
    assert steps.raw == pytest.approx([2 * math.log(3), 0])
    assert steps.maximum == math.log(3)
    assert steps.shifted == pytest.approx([0, -math.log(3)])
    assert steps.exponentials == pytest.approx([1, 1 / 3])
    assert steps.exponential_sum == pytest.approx(4 / 3)
    assert steps.weighted_values == pytest.approx(np.array([[3.0, 0, 0, 6], [0, 1, 0, -2]]))
    assert steps.rounding == pytest.approx(0, abs=1e-12)


def test_rounding_is_how_far_the_scores_are_from_the_dot_products():
    scores, weights = np.array([math.log(3) + 0.01, -0.02]), np.array([0.75, 0.25])
    assert attention_steps(QUERY, KEY, VALUE, scores, weights).rounding == pytest.approx(0.02)


def test_the_steps_lead_from_tensor_to_tensor_of_the_network(tiny: Model):
    for layer in trace(tiny, "the cat sat on the mat", "it was tired").layers:
        for head, token in np.ndindex(tiny.heads, len(layer.input)):
            scores, weights = layer.scores[head, token], layer.attention[head, token]
            steps = attention_steps(
                layer.query[head, token], layer.key[head], layer.value[head], scores, weights
            )
            np.testing.assert_allclose(steps.raw / math.sqrt(7), scores, atol=1e-5)
            shares = steps.exponentials / steps.exponential_sum
            np.testing.assert_allclose(shares, weights, atol=1e-6)
            context = steps.weighted_values.sum(axis=0)
            np.testing.assert_allclose(context, layer.context[head, token], atol=1e-5)
            assert steps.rounding < 1e-5


def test_scores_that_are_far_or_no_numbers():
    far = np.array([2e4, 0.0])
    steps = attention_steps(QUERY, KEY, VALUE, far, np.array([1.0, 0.0]))
    assert steps.exponentials.tolist() == [1, 0]
    assert steps.exponential_sum == 1
    odd = np.array([math.inf, math.nan])
    steps = attention_steps(QUERY, KEY, VALUE, odd, np.array([math.nan, math.nan]))
    assert math.isnan(steps.maximum)
    assert np.isnan(steps.exponentials).all()
    assert steps.rounding == 0


def test_the_terms_of_a_dot_product_by_hand():
    query, key = np.array([1.0, -2, 3, 0.5, 4]), np.array([1.0, 4, 2, 2, -0.25])
    terms = largest_terms(query, key, 2)
    assert terms.dimensions == (1, 2)
    assert terms.products.tolist() == [-8, 6]
    assert terms.rest == 1.0 + 1 - 1
    everything = largest_terms(query, key, 9)
    assert everything.dimensions == (1, 2, 0, 3, 4)
    assert everything.rest == 0


def test_a_term_that_is_no_number_is_listed_first():
    terms = largest_terms(np.array([3.0, math.nan, 1]), np.ones(3), 1)
    assert terms.dimensions == (1,)
    assert math.isnan(terms.products[0])
    assert terms.rest == 4


def test_no_term_at_all():
    with pytest.raises(InvalidChoice) as caught:
        largest_terms(np.ones(3), np.ones(3), 0)
    assert str(caught.value) == "At least 1 term is listed, but 0 was asked for."
