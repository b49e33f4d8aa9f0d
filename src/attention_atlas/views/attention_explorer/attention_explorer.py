"""The attention of one layer, to be explored: map, flow, list and reading over the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attention_atlas.views.heatmap.heatmap import frame
from attention_atlas.views.weights import WEIGHTS, Shown, attention_picture, units

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.picture import Picture


def attention_explorer(
    trace: Trace, layer: int, heads: Sequence[int] | None = None, shown: Shown = WEIGHTS
) -> Picture:
    """Everything that the explorer shows of a layer.

    Args:
        trace: The pass that is looked at; H heads a layer.
        layer: Counted from 0.
        heads: Which are sent, counted from 0; None sends all H of the layer, and changing head
            then needs nothing more from Python.
        shown: Which numbers, and between which m units of text: `attention_atlas.views.weights`.

    Returns:
        A Picture whose array "attention" is (h, m, m), with the `figure` that the map fills in.

    Raises:
        InvalidChoice: the model has no such layer or head, or `heads` is empty.
    """
    picture = attention_picture("attention_explorer", trace, layer, heads, shown)
    texts = [unit.text for unit in units(trace, shown)]
    limits = picture.state.get("range")
    figure = plain(frame(texts, measure=shown.measure, limits=limits).to_plotly_json())
    return replace(picture, state={**picture.state, "figure": figure})


def plain(figure: object) -> object:
    """A Plotly figure's dictionary as JSON knows it: tuples become lists."""
    if isinstance(figure, dict):
        return {str(key): plain(value) for key, value in figure.items()}
    if isinstance(figure, (list, tuple)):
        return [plain(value) for value in figure]
    return figure
