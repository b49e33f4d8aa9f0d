from __future__ import annotations

import threading

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_atlas.analysis.max_flow import flow_bound, flows_at_once, max_flow
from attention_atlas.errors import TraceCancelled


def stochastic(layers: int, n: int, seed: int, spread: float = 0.3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(n, spread), size=(layers, n)).astype(np.float32)


def by_networkx(attention: np.ndarray) -> np.ndarray:
    """The flows between all pairs, on the graph that the paper describes."""
    layers, n = attention.shape[:2]
    graph = nx.DiGraph()
    for layer in range(layers):
        for i in range(n):
            for j in range(n):
                capacity = 0.5 * float(attention[layer, i, j]) + 0.5 * (i == j)
                graph.add_edge((layer + 1, i), (layer, j), capacity=capacity)
    return np.array(
        [[nx.maximum_flow_value(graph, (layers, i), (0, j)) for j in range(n)] for i in range(n)]
    )


@settings(deadline=None, max_examples=60)
@given(layers=st.integers(1, 4), n=st.integers(1, 6), seed=st.integers(0, 10_000))
def test_every_flow_is_what_networkx_finds_and_keeps_to_its_bound(layers: int, n: int, seed: int):
    attention = stochastic(layers, n, seed)
    every = range(n)
    found = max_flow(attention, every, every)
    np.testing.assert_allclose(found, by_networkx(attention), atol=1e-6)
    mixed = 0.5 * attention.astype(np.float64) + 0.5 * np.eye(n)
    bound = flow_bound(attention, every, every)
    np.testing.assert_allclose(
        bound, np.minimum.outer(mixed[-1].sum(axis=1), mixed[0].sum(axis=0)), atol=1e-6
    )
    assert (found <= bound + 1e-6).all()


def test_the_layers_between_can_hold_back_what_the_ends_let_pass():
    # Worked by hand: what leaves token 0 can end in token 1 only by one step aside, once.
    aside = np.array([[[0.8, 0.2], [0, 1]]], dtype=np.float32)  # A = [[.9, .1], [0, 1]]
    attention = np.concatenate([aside, aside])
    # Through (0 → 0 → 1): min(.9, .1); through (0 → 1 → 1): min(.1, 1).
    assert max_flow(attention, [0], [1])[0, 0] == pytest.approx(0.2)
    assert flow_bound(attention, [0], [1])[0, 0] == pytest.approx(1)
    assert max_flow(attention, [1], [0])[0, 0] == 0


def test_outputs_are_rows_and_inputs_columns():
    attention = stochastic(3, 5, 1)
    every = max_flow(attention, range(5), range(5))
    np.testing.assert_array_equal(max_flow(attention, [3, 1], [4]), every[[3, 1]][:, [4]])
    assert not np.allclose(every, every.T)


def test_a_row_of_nothing_keeps_its_residual_path():
    attention = stochastic(3, 4, 2)
    attention[:, 2] = 0
    found = max_flow(attention, [2], range(4))[0]
    np.testing.assert_allclose(found, [0, 0, 1, 0], atol=1e-8)


def test_where_a_weight_is_not_finite_no_flow_is_known():
    attention = stochastic(2, 3, 0)
    attention[1, 2, 0] = np.nan
    assert np.isnan(max_flow(attention, [0], [0, 1])).all()


def test_it_stops_when_it_is_no_longer_wanted():
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(TraceCancelled, match=r"^The flow was no longer wanted\.$"):
        max_flow(stochastic(2, 3, 0), [0], [1], cancel=stopped)


@pytest.mark.parametrize(
    ("layers", "n", "count"), [(12, 12, 12), (12, 128, 128), (12, 512, 12), (6, 2000, 1)]
)
def test_how_many_flows_are_found_unasked(layers: int, n: int, count: int):
    assert flows_at_once(layers, n) == count


def test_of_no_token_or_of_far_too_many_none_is():
    assert flows_at_once(12, 0) == 0
    assert flows_at_once(12, 5000) == 0
