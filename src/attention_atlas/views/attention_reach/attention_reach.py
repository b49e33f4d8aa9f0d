"""Where one token looks: its row of a head's attention, strongest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attention_atlas.views.picture import Picture
from attention_atlas.views.weights import state, weights

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace


def attention_reach(
    trace: Trace, layer: int, head: int | None = None, *, keep_special: bool = True
) -> Picture:
    """The rows of all heads of a layer, or of one; the focused token chooses which is listed.

    Takes and holds what `attention_explorer` does; raises what it raises.
    """
    attention, shown = weights(trace, layer, head, keep_special=keep_special)
    return Picture(
        view="attention_reach",
        state=state(trace, layer, head, shown, keep_special),
        arrays={"attention": attention},
    )
