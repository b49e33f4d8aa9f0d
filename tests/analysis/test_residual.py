from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from attention_atlas.analysis.residual import add_norm, layer_changes


def vectors(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.3, 2, shape).astype(np.float32)


def test_one_addition_worked_by_hand():
    # 3 + 1, 1 + 1, 2 + 4: the sum is (4, 2, 6), its mean 4, its variance (0 + 4 + 4) / 3.
    of = add_norm(
        np.array([3.0, 1.0, 2.0]),
        np.array([1.0, 1.0, 4.0]),
        np.array([2.0, 3.0, 1.0]),
        np.array([0.5, 0.0, -1.0]),
        1 / 3,
    )
    assert (of.mean, of.variance) == (4, pytest.approx(8 / 3))
    root = math.sqrt(8 / 3 + 1 / 3)
    np.testing.assert_allclose(of.normal, [0, -2 / root, 2 / root])
    np.testing.assert_allclose(of.output, [0.5, -6 / root, 2 / root - 1])
    assert (of.carried_dot, of.found_dot) == (12 + 2 + 12, 4 + 2 + 24)
    assert of.carried_share == pytest.approx(26 / 56)
    assert of.found_share == pytest.approx(30 / 56)


def test_it_is_torchs_layer_norm():
    carried, found, gamma, beta = (vectors(13, seed=seed) for seed in range(4))
    of = add_norm(carried, found, gamma, beta, 1e-5)
    expected = torch.nn.functional.layer_norm(
        torch.tensor(carried + found), (13,), torch.tensor(gamma), torch.tensor(beta), 1e-5
    )
    np.testing.assert_allclose(of.output, expected, atol=1e-5)
    assert of.carried_share + of.found_share == pytest.approx(1)
    assert np.linalg.norm(of.normal) == pytest.approx(math.sqrt(13), rel=1e-4)


def test_a_part_against_the_sum_has_a_share_below_zero():
    ones = np.ones(4)
    of = add_norm(3 * ones, -1 * ones, ones, ones, 1e-12)
    assert (of.carried_share, of.found_share) == (1.5, -0.5)


def test_no_sum_has_no_shares():
    of = add_norm(np.ones(3), -np.ones(3), np.ones(3), np.ones(3), 1e-12)
    assert math.isnan(of.carried_share)
    assert math.isnan(of.found_share)


def layer_norm(x: np.ndarray, gamma: np.ndarray, epsilon: float) -> np.ndarray:
    return gamma * (x - x.mean()) / np.sqrt(x.var() + epsilon)


def test_the_parts_of_a_layer_are_what_its_output_is_made_of():
    """Old part + A + F is the output, where the biases are zero and μ and σ are held."""
    d, epsilon = 17, 1e-3
    x, a, f, gamma_1, gamma_2 = (vectors(d, seed=seed).astype(np.float64) for seed in range(5))
    middle = layer_norm(x + a, gamma_1, epsilon)
    output = layer_norm(middle + f, gamma_2, epsilon)
    of = layer_changes(
        np.stack([x, output]),
        a[None],
        middle[None],
        f[None],
        gamma_1[None],
        gamma_2[None],
        np.array([[epsilon, epsilon]]),
    )
    # As matrices: each LayerNorm at its own σ is diag(γ / σ) (I − 1/d).
    centre = np.eye(d) - 1 / d
    first = np.diag(gamma_1 / np.sqrt((x + a).var() + epsilon)) @ centre
    second = np.diag(gamma_2 / np.sqrt((middle + f).var() + epsilon)) @ centre
    old, attention, ffn = second @ first @ x, second @ first @ a, second @ f
    np.testing.assert_allclose(old + attention + ffn, output)
    assert of.attention == pytest.approx([np.linalg.norm(attention)])
    assert of.ffn == pytest.approx([np.linalg.norm(ffn)])
    assert of.attention_share == pytest.approx(of.attention / (of.attention + of.ffn))


def test_length_and_change_of_each_layer():
    states = np.array([[3.0, 4.0], [6.0, 8.0], [-8.0, 6.0], [8.0, -6.0]])
    nothing, one = np.zeros((3, 2)), np.ones((3, 2))
    of = layer_changes(states, nothing, one, nothing, one, one, np.full((3, 2), 1e-12))
    np.testing.assert_allclose(of.norm, [5, 10, 10, 10])
    np.testing.assert_allclose(of.change, [0, 1, 2], atol=1e-12)
    assert np.isnan(of.attention_share).all()
