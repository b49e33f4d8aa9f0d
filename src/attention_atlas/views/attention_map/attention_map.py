"""The attention map of one head: a Plotly heatmap with the tokens on both axes."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.views.colour import Theme, sequential
from attention_atlas.views.weights import weights

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from attention_atlas.tracing.trace import Trace

MOST_LABELS = 40
"""Labels an axis. They are what makes a redraw slow: 128 take 480 ms, 32 take 70 ms."""

_INK = {"dark": "#c0b6c2", "light": "#514655"}
_GROUND = {"dark": "#0e0a0f", "light": "#fdfbfd"}


def attention_map(trace: Trace, layer: int, head: int, *, theme: Theme = "dark") -> Figure:
    """The attention map of one head.

    Rows look, columns are looked at: the cell in row i and column j is the weight A_ij with
    which token i looks at token j, linear from 0 to 1, and each row sums to 1. The axes are
    positions, so that a word that occurs twice has two rows and two columns.

    Args:
        trace: The pass that is looked at; n tokens.
        layer: Counted from 0.
        head: Counted from 0.
        theme: Whose colours to use.

    Returns:
        A Plotly figure with z (n, n); it is shown as it is in a notebook.

    Raises:
        InvalidChoice: the model has no such layer or head.
    """
    (attention,), _ = weights(trace, layer, head)
    texts = [token.text for token in trace.tokens]
    figure = frame(texts, theme=theme)
    names = [escape(text) for text in texts]
    figure.update_traces(
        z=attention,
        hovertext=[[f"{row} → {column}" for column in names] for row in names],
        hovertemplate="%{hovertext} <b>%{z:.3f}</b><extra></extra>",
    )
    figure.update_layout(title_text=f"Layer {trace.layers[layer].index + 1}, head {head + 1}")
    return figure


def frame(texts: list[str], *, theme: Theme = "dark") -> Figure:
    """The figure without its weights: axes, labels and colours. The page fills in z."""
    import plotly.graph_objects as go

    size = len(texts)
    step = max(1, -(-size // MOST_LABELS))
    positions = list(range(0, size, step))
    axis = {
        "tickmode": "array",
        "tickvals": positions,
        "ticktext": [escape(texts[i]) for i in positions],
        "ticks": "",
        "showgrid": False,
        "zeroline": False,
        "constrain": "domain",
    }
    heatmap = go.Heatmap(
        zmin=0,
        zmax=1,
        xgap=1 if size <= MOST_LABELS else 0,
        ygap=1 if size <= MOST_LABELS else 0,
        colorscale=colour_scale(theme),
        colorbar={"title": {"text": "weight"}, "thickness": 8, "outlinewidth": 0},
    )
    layout = go.Layout(
        template="none",
        xaxis=axis | {"title": {"text": "to"}, "side": "top", "tickangle": -45},
        yaxis=axis | {"title": {"text": "from"}, "autorange": "reversed", "scaleanchor": "x"},
        font={"color": _INK[theme]},
        paper_bgcolor=_GROUND[theme],
        plot_bgcolor=_GROUND[theme],
    )
    return go.Figure(heatmap, layout)


def colour_scale(theme: Theme) -> list[list[object]]:
    """The sequential map as a Plotly colour scale."""
    colours = sequential(theme)
    steps = np.linspace(0, 255, 64).round().astype(int)
    return [[float(i) / 255, "rgb({}, {}, {})".format(*colours[i])] for i in steps]


def escape(text: str) -> str:
    """A token as Plotly must be given it: Plotly reads a little HTML, and a token may be <b>."""
    return html.escape(text, quote=False)
