"""The attention flow of a head: two columns of tokens, and lines as wide as the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attention_atlas.views.picture import Picture
from attention_atlas.views.weights import state, weights

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace


def attention_flow(
    trace: Trace, layer: int, head: int | None = None, *, keep_special: bool = True
) -> Picture:
    """From which token to which the attention goes, for all heads of a layer or for one.

    Takes and holds what `attention_explorer` does; raises what it raises.
    """
    attention, shown = weights(trace, layer, head, keep_special=keep_special)
    return Picture(
        view="attention_flow",
        state=state(trace, layer, head, shown, keep_special),
        arrays={"attention": attention},
    )
