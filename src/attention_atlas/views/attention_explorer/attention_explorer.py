"""The attention of one layer, to be explored: map, flow, list and reading over the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attention_atlas.views.attention_map.attention_map import frame
from attention_atlas.views.picture import Picture
from attention_atlas.views.weights import state, weights

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace


def attention_explorer(
    trace: Trace, layer: int, head: int | None = None, *, keep_special: bool = True
) -> Picture:
    """Everything that the explorer shows of a layer.

    Args:
        trace: The pass that is looked at; H heads a layer, n tokens.
        layer: Counted from 0.
        head: Counted from 0; None sends all heads of the layer, and changing head then needs
            nothing more from Python.
        keep_special: Whether [CLS], [SEP] and padding take part. If not, their rows and columns
            are left out and the others renormalised; m is what remains of n.

    Returns:
        A Picture whose array "attention" is (H, m, m), or (1, m, m) for one head.

    Raises:
        InvalidChoice: the model has no such layer or head.
    """
    attention, shown = weights(trace, layer, head, keep_special=keep_special)
    figure = frame([trace.tokens[i].text for i in shown]).to_plotly_json()
    return Picture(
        view="attention_explorer",
        state=state(trace, layer, head, shown, keep_special) | {"figure": plain(figure)},
        arrays={"attention": attention},
    )


def plain(figure: object) -> object:
    """A Plotly figure's dictionary as JSON knows it: tuples become lists."""
    if isinstance(figure, dict):
        return {str(key): plain(value) for key, value in figure.items()}
    if isinstance(figure, (list, tuple)):
        return [plain(value) for value in figure]
    return figure
