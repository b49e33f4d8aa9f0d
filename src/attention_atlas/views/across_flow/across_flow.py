"""The last layer in three ways: attention rollout, maximum flow, and the raw attention."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.analysis.max_flow import flow_bound, flows_at_once, max_flow
from attention_atlas.views.across.layers import Direction, Layers, about, layers_of
from attention_atlas.views.picture import Picture
from attention_atlas.views.weights import WEIGHTS, Shown

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace

LISTED = 12
"""How many tokens are listed at first; in a long text only their flows are found."""


def across_flow(
    trace: Trace,
    token: int,
    shown: Shown = WEIGHTS,
    direction: Direction = "from",
    *,
    cancel: threading.Event | None = None,
) -> Picture:
    """What the focused token takes from each input token, or what each takes from it.

    Arrays: `order` (m,), the units, the largest rollout first; for each of the m units `rollout`
    and `raw`, the last layer's attention without the residual path, its mean over heads; and
    `flow`, the maximum flow, for the first units of `order`, since it takes long in a long text.
    State: what `layers.about` says; `layer`, the last, counted from 0; `listed`, how many are
    listed at first; `bounded`, how many of the flows are as large as what the first and the last
    layer let pass. Where the focused token is left out there are no arrays.

    Args:
        trace, token, shown, direction: as for `across`.
        cancel: an event that stops the work when it is set.

    Raises:
        InvalidChoice: there is no such token or direction.
        TraceCancelled: `cancel` was set.
    """
    state = about(trace, token, shown, direction)
    focus = state["focus"]
    if focus is None:
        return Picture("across_flow", state)
    layers = layers_of(trace, shown)
    forth = direction == "from"
    rolled = layers.rolled[-1][focus] if forth else layers.rolled[-1][:, focus]
    raw = layers.means[-1][focus] if forth else layers.means[-1][:, focus]
    order = np.argsort(-rolled, kind="stable")
    count = _flows(len(layers.means), len(order))
    key = (focus, direction)
    if key not in layers.flows:
        layers.flows[key] = _found(layers, focus, order[:count].tolist(), forth, cancel)
    flow, bounded = layers.flows[key]
    return Picture(
        "across_flow",
        {**state, "layer": len(layers.means) - 1, "listed": LISTED, "bounded": bounded},
        {"order": order.astype(np.float32), "rollout": rolled, "raw": raw, "flow": flow},
    )


def _flows(layers: int, n: int) -> int:
    at_once = flows_at_once(layers, n)
    return n if at_once == n else min(LISTED, at_once)


def _found(
    layers: Layers, focus: int, others: list[int], forth: bool, cancel: threading.Event | None
) -> tuple[np.ndarray, int]:
    outputs, inputs = ([focus], others) if forth else (others, [focus])
    flow = max_flow(layers.means, outputs, inputs, cancel=cancel).ravel()
    bound = flow_bound(layers.means, outputs, inputs).ravel()
    return flow, int(np.isclose(flow, bound, rtol=0, atol=1e-5).sum())
