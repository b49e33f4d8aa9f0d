"""Attention flow: the most that can pass from an input token to a token of a layer's output."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from attention_atlas.analysis.rollout import with_residual
from attention_atlas.errors import TraceCancelled

WORK = 40_000_000
"""How many edges the flows may have together when nobody asked to wait: one to three seconds'
worth, at 30 to 80 nanoseconds an edge."""

_UNIT = 2**30
"""A capacity of 1 as SciPy counts it, in whole numbers of 32 bits."""


def max_flow(
    attention: Float[np.ndarray, "layers n n"],
    outputs: Sequence[int],
    inputs: Sequence[int],
    *,
    cancel: threading.Event | None = None,
) -> Float[np.ndarray, "outputs inputs"]:
    """The maximum flow between tokens of the last layer's output and input tokens.

    The graph has a node for each input token and for each token of each layer's output. An edge
    goes from each token of a layer to each token of the layer below, with the capacity that
    `with_residual` gives: how much is taken. Each pair has all edges to itself, so the flows into
    several inputs do not sum to 1. A flow is at most `flow_bound`.

    Capacities are rounded to 2⁻³⁰, and a flow is off by less than that for each edge of its
    minimum cut. Where a weight is not finite, nothing is known of any flow, and all are NaN.

    Source: S. Abnar and W. Zuidema, "Quantifying Attention Flow in Transformers", ACL 2020, §3.
    Their program then divides the flows of an output by their sum; that is not done here.

    Args:
        attention: of each layer the mean over its heads, rows summing to 1.
        outputs: tokens of the last layer's output.
        inputs: input tokens.
        cancel: an event that stops the work when it is set.

    Raises:
        TraceCancelled: `cancel` was set.
    """
    if not np.isfinite(attention).all():
        return np.full((len(outputs), len(inputs)), np.nan)
    mixed = with_residual(attention)
    if len(mixed) == 1:
        return mixed[0][np.ix_(outputs, inputs)].astype(np.float64)
    graph = _Graph(mixed)
    flows = np.empty((len(outputs), len(inputs)))
    for row, output in enumerate(outputs):
        for column, input in enumerate(inputs):
            if cancel is not None and cancel.is_set():
                raise TraceCancelled("The flow was no longer wanted.")
            flows[row, column] = graph.flow(output, input)
    return flows


def flow_bound(
    attention: Float[np.ndarray, "layers n n"], outputs: Sequence[int], inputs: Sequence[int]
) -> Float[np.ndarray, "outputs inputs"]:
    """What the two ends let pass: the least of what leaves the output and what enters the input.

    What leaves a token is 1, the sum of its row in the last layer. What enters an input token is
    the sum of its column in the first. With one layer there is a single edge, and it is the flow.
    """
    mixed = with_residual(attention[[0, -1]]).astype(np.float64)
    leaves, enters = mixed[1].sum(axis=1), mixed[0].sum(axis=0)
    return np.minimum.outer(leaves[list(outputs)], enters[list(inputs)])


def flows_at_once(layers: int, n: int) -> int:
    """How many of the n flows of one token are found in a few seconds at most, 0 to n."""
    return min(n, WORK // (layers * n * n)) if n else 0


class _Graph:
    """All layers between a source and a sink; only the edges at the two ends ever change.

    Source, then the tokens of each layer's output from the last but one down to the first, then
    the sink: the rows of a compressed sparse matrix whose order is known, so nothing is sorted.
    """

    def __init__(self, mixed: Float[np.ndarray, "layers n n"]) -> None:
        from scipy.sparse import csr_array

        layers, n = mixed.shape[:2]
        self._capacity = np.rint(mixed * _UNIT).astype(np.int32)
        inner = self._capacity[1:-1][::-1].ravel()
        nodes = 1 + (layers - 1) * n
        degree = np.concatenate([[n], np.full((layers - 2) * n, n), np.ones(n, int), [0]])
        below = np.arange(n) + np.arange(1, nodes, n)[:, None]  # of each layer, from the top
        to = np.concatenate([below[0], np.repeat(below[1:], n, axis=0).ravel(), np.full(n, nodes)])
        data = np.concatenate([np.zeros(n, np.int32), inner, np.zeros(n, np.int32)])
        starts = np.concatenate([[0], np.cumsum(degree)])
        indices = (to.astype(np.int32), starts.astype(np.int32))
        self._graph = csr_array((data, *indices), shape=(nodes + 1, nodes + 1))
        self._n, self._sink = n, nodes

    def flow(self, output: int, input: int) -> float:
        from scipy.sparse.csgraph import maximum_flow

        self._graph.data[: self._n] = self._capacity[-1, output]
        self._graph.data[-self._n :] = self._capacity[0, :, input]
        return maximum_flow(self._graph, 0, self._sink, method="dinic").flow_value / _UNIT
