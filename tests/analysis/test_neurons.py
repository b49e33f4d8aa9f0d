from __future__ import annotations

import numpy as np
import pytest

from attention_atlas.analysis.neurons import neurons


def test_the_units_of_a_small_network_worked_by_hand():
    values = np.array([2.0, -0.1, 0.0, 1.0])
    weights = np.array([[1.0, 5.0, 7.0, 0.0], [0.0, 5.0, 7.0, 3.0]])  # a column for each unit
    bias = np.array([0.5, 0.5])
    output = weights @ values + bias
    np.testing.assert_allclose(output, [2, 3])
    of = neurons(values, weights, output, count=2)
    assert (of.above_zero, of.strong) == (2, 2)
    assert of.strongest.tolist() == [0, 3]
    # 2·(1, 0)·(2, 3) = 4 and 1·(0, 3)·(2, 3) = 9, of (2, 3)·(2, 3) = 13
    assert of.shares == pytest.approx([4 / 13, 9 / 13])
    assert of.rest_share == pytest.approx(-0.1 * 25 / 13)
    assert of.bias_share == pytest.approx(2.5 / 13)


def test_all_shares_add_up_to_one():
    random = np.random.default_rng(1)
    values, weights = random.normal(size=23), random.normal(size=(7, 23))
    output = weights @ values + random.normal(size=7)
    of = neurons(values, weights, output)
    assert len(of.strongest) == 8
    assert of.shares.sum() + of.rest_share + of.bias_share == pytest.approx(1)


def test_a_strong_unit_may_be_negative():
    of = neurons(np.array([0.2, -0.9, 0.5]), np.eye(3), np.ones(3))
    assert of.strongest.tolist() == [1, 2, 0]
    assert (of.above_zero, of.strong) == (2, 3)


def test_a_network_that_is_silent_or_broken_still_has_its_units():
    silent = neurons(np.zeros(3), np.eye(3), np.ones(3))
    assert (silent.above_zero, silent.strong, silent.bias_share) == (0, 0, 1)
    broken = neurons(np.array([1.0, np.nan, 2.0]), np.eye(3), np.zeros(3))
    assert broken.strongest.tolist() == [2, 0, 1]
    assert np.isnan(broken.shares).all()
