from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_atlas.analysis.rollout import rollout, with_residual


def stochastic(layers: int, n: int, seed: int, spread: float = 0.3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(n, spread), size=(layers, n)).astype(np.float32)


def test_two_layers_of_three_tokens_worked_by_hand():
    first = [[1, 0, 0], [0.5, 0, 0.5], [0, 1, 0]]
    second = [[0, 1, 0], [0, 0, 1], [0.5, 0.5, 0]]
    # A_0 = [[1, 0, 0], [.25, .5, .25], [0, .5, .5]]
    # A_1 = [[.5, .5, 0], [0, .5, .5], [.25, .25, .5]]
    expected = [
        [0.625, 0.25, 0.125],  # .5·(1, 0, 0) + .5·(.25, .5, .25)
        [0.125, 0.5, 0.375],  # .5·(.25, .5, .25) + .5·(0, .5, .5)
        [0.3125, 0.375, 0.3125],  # .25·(1, 0, 0) + .25·(.25, .5, .25) + .5·(0, .5, .5)
    ]
    found = rollout(np.array([first, second], dtype=np.float32))
    np.testing.assert_allclose(found[0], [[1, 0, 0], [0.25, 0.5, 0.25], [0, 0.5, 0.5]])
    np.testing.assert_allclose(found[1], expected)


@settings(deadline=None)
@given(layers=st.integers(1, 5), n=st.integers(1, 7), seed=st.integers(0, 10_000))
def test_it_is_the_sum_over_all_paths_and_its_rows_sum_to_one(layers: int, n: int, seed: int):
    attention = stochastic(layers, n, seed)
    found = rollout(attention)
    assert found.dtype == np.float32
    before = [[float(i == j) for j in range(n)] for i in range(n)]
    for layer in range(layers):
        now = [[0.0] * n for _ in range(n)]
        for i in range(n):
            for k in range(n):
                share = 0.5 * float(attention[layer, i, k]) + 0.5 * (i == k)
                for j in range(n):
                    now[i][j] += share * before[k][j]
        np.testing.assert_allclose(found[layer], now, atol=1e-6)
        before = now
    np.testing.assert_allclose(found.sum(axis=-1), 1, atol=1e-5)


def test_a_row_of_nothing_keeps_its_residual_path():
    attention = np.array([[[0, 0], [0.5, 0.5]]], dtype=np.float32)
    np.testing.assert_allclose(with_residual(attention), [[[1, 0], [0.25, 0.75]]])


def test_what_is_not_finite_is_carried_up_and_not_down():
    attention = stochastic(3, 2, 0)
    attention[1, 0, 1] = np.nan
    found = rollout(attention)
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1, 0]).all()
    assert np.isfinite(found[1, 1]).all()
    assert np.isnan(found[2]).all()
