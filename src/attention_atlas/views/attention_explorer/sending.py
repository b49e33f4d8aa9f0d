"""Which heads of a layer travel to a browser: all of a short text, of a long one those drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attention_atlas.views.weights import Shown, units

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.look import Look

WHOLE_LAYER_UP_TO = 128
"""Texts of at most this many units send all heads of a layer, so that a head change is instant."""
OVERLAID_AT_FIRST = 4
"""Heads of the flow before any is chosen."""


def heads_sent(trace: Trace, shown: Shown, look: Look, head: int) -> tuple[int, ...] | None:
    """The heads to send, counted from 0, where `head` is chosen; None for all of the layer."""
    heads = trace.model.heads
    if len(units(trace, shown)) <= WHOLE_LAYER_UP_TO:
        return None
    wanted = {head} if shown.measure == "scores" else drawn(look, head, heads)
    return None if len(wanted) == heads else tuple(sorted(wanted))


def drawn(look: Look, head: int, heads: int) -> set[int]:
    """The heads of a layer that map and flow draw, as flow/controls.js chooses them.

    Args:
        look: what was chosen.
        head: the chosen head.
        heads: how many the layer has.
    """
    if look.flow == "mean":
        return set(range(heads))
    if look.flow == "one":
        return {head}
    return {head} | ({one for one in look.heads if one < heads} or at_first(head, heads))


def at_first(head: int, heads: int) -> set[int]:
    """The heads that the flow overlays before any is chosen: `head` and those after it."""
    return {(head + k) % heads for k in range(OVERLAID_AT_FIRST)}
