"""The attention map of one head: a Plotly heatmap with the tokens on both axes."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.views.colour import Theme, diverging, sequential
from attention_atlas.views.weights import WEIGHTS, Measure, Shown, attention_picture

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from attention_atlas.tracing.trace import Trace

MOST_LABELS = 40
"""Labels an axis. They are what makes a redraw slow: 128 take 480 ms, 32 take 70 ms."""

NAMES: dict[Measure, str] = {
    "weights": "weight",
    "scores": "score",
    "norms": "norm",
    "difference": "difference",
}
"""What one number is called, beside its colours."""

_INK = {"dark": "#c0b6c2", "light": "#514655"}
_GROUND = {"dark": "#0e0a0f", "light": "#fdfbfd"}


def heatmap(
    trace: Trace, layer: int, head: int, shown: Shown = WEIGHTS, *, theme: Theme = "dark"
) -> Figure:
    """The attention map of one head.

    Rows look, columns are looked at: the cell in row i and column j is the weight A_ij with
    which token i looks at token j, linear from 0 to 1, and each row sums to 1. The axes are
    positions, so that a word that occurs twice has two rows and two columns.

    Args:
        trace: The pass that is looked at.
        layer: Counted from 0.
        head: Counted from 0.
        shown: Which numbers, if not the weights, and between which m units of text, if not the
            tokens: `attention_atlas.views.weights`.
        theme: Whose colours to use.

    Returns:
        A Plotly figure with z (m, m); it is shown as it is in a notebook.

    Raises:
        InvalidChoice: the model has no such layer or head.
    """
    picture = attention_picture("heatmap", trace, layer, [head], shown)
    texts = [unit["text"] for unit in picture.state["units"]]
    limits = picture.state.get("range")
    figure = frame(texts, theme=theme, measure=shown.measure, limits=limits)
    names = [escape(text) for text in texts]
    figure.update_traces(
        z=picture.arrays["attention"][0],
        hovertext=[[f"{row} → {column}" for column in names] for row in names],
        hovertemplate="%{hovertext} <b>%{z:.3f}</b><extra></extra>",
    )
    title = f"Layer {picture.state['layer'] + 1}, head {picture.state['sent'][0] + 1}"
    figure.update_layout(title_text=title)
    return figure


def frame(
    texts: list[str],
    *,
    theme: Theme = "dark",
    measure: Measure = "weights",
    limits: Sequence[float] | None = None,
) -> Figure:
    """The figure without its numbers: axes, labels and colours. The page fills in z.

    Weights go from 0 to 1 and norms from 0 to the upper of the two `limits`, in the sequential
    colours. Scores and differences may be below 0: theirs are diverging, as far below 0 as above.
    """
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
    signed = measure in ("scores", "difference")
    low, high = (0.0, 1.0) if limits is None else limits
    most = max(abs(low), abs(high)) or 1.0
    heatmap = go.Heatmap(
        zmin=-most if signed else 0,
        zmax=most,
        xgap=1 if size <= MOST_LABELS else 0,
        ygap=1 if size <= MOST_LABELS else 0,
        colorscale=colour_scale(theme, signed=signed),
        colorbar={"title": {"text": NAMES[measure]}, "thickness": 8, "outlinewidth": 0},
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


def colour_scale(theme: Theme, *, signed: bool = False) -> list[list[object]]:
    """The sequential map, or the diverging one, as a Plotly colour scale."""
    colours = diverging(theme) if signed else sequential(theme)
    steps = np.linspace(0, 255, 64).round().astype(int)
    return [[float(i) / 255, "rgb({}, {}, {})".format(*colours[i])] for i in steps]


def escape(text: str) -> str:
    """A token as Plotly must be given it: Plotly reads a little HTML, and a token may be <b>."""
    return html.escape(text, quote=False)
