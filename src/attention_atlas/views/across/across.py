"""Attention rollout from the focused token or to it, after each layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.views.across.layers import Direction, about, layers_of
from attention_atlas.views.picture import Picture
from attention_atlas.views.weights import WEIGHTS, Shown

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace


def across(
    trace: Trace, token: int, shown: Shown = WEIGHTS, direction: Direction = "from"
) -> Picture:
    """How the rollout of one token grows from layer to layer; analysis/rollout.py defines it.

    Array `rollout` (L, m): of the output of each layer, "from": what the focused token takes from
    each of the m input tokens, so that rows sum to 1; "to": what each token takes from the focused
    input token. State: what `layers.about` says. Where the focused token is left out there are no
    arrays.

    Raises:
        InvalidChoice: there is no such token or direction.
    """
    state = about(trace, token, shown, direction)
    focus = state["focus"]
    if focus is None:
        return Picture("across", state)
    rolled = layers_of(trace, shown).rolled
    own = rolled[:, focus] if direction == "from" else rolled[:, :, focus]
    return Picture("across", state, {"rollout": np.ascontiguousarray(own)})
