"""Where one token looks: its row of a head's attention, strongest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attention_atlas.views.weights import WEIGHTS, Shown, attention_picture

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.picture import Picture


def attention_reach(
    trace: Trace, layer: int, heads: Sequence[int] | None = None, shown: Shown = WEIGHTS
) -> Picture:
    """The rows of all heads of a layer, or of some; the focused token chooses which is listed.

    Takes and holds what `attention_explorer` does, but for the figure; raises what it raises.
    """
    return attention_picture("attention_reach", trace, layer, heads, shown)
