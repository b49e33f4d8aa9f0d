"""The attention flow of a head: two columns of tokens, and lines as wide as the weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attention_atlas.views.weights import WEIGHTS, Shown, attention_picture

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.picture import Picture


def flow(
    trace: Trace, layer: int, heads: Sequence[int] | None = None, shown: Shown = WEIGHTS
) -> Picture:
    """From which token to which the attention goes, for all heads of a layer or for some.

    Takes and holds what `attention_explorer` does, but for the figure; raises what it raises.
    """
    return attention_picture("flow", trace, layer, heads, shown)
