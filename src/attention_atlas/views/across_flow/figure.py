"""The last layer in three ways, on paper: rollout, maximum flow, and raw attention."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.views.across.figure import direction_said, focus_in, with_token
from attention_atlas.views.across_flow.across_flow import LISTED, across_flow
from attention_atlas.views.figures import fonts, frame
from attention_atlas.views.figures.bars import ROW, Bar, bars
from attention_atlas.views.figures.captions import caption
from attention_atlas.views.figures.labels import distinct
from attention_atlas.views.figures.numerals import number
from attention_atlas.views.figures.paper import SMALL, TEXT, Paper
from attention_atlas.views.figures.view_figure import Chosen, Numbers, ViewFigure

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from attention_atlas.tracing.trace import Trace

_HEAD = 0.16
_NUMBER = 0.33
_GAP = 0.12


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """Rollout, maximum flow and raw attention of the focused token; numbers of the same names.

    Each is (token) in the order of the text; a flow that was not found, since it takes long in a
    long text, is NaN.

    Raises:
        InvalidChoice: the focused token is left out.
    """
    chosen = with_token(trace, chosen)
    picture = across_flow(trace, chosen.token or 0, chosen.shown, chosen.look.direction)
    state = picture.state
    focus = focus_in(state)
    texts = [unit["text"] for unit in state["units"]]
    names = distinct(texts)
    order = picture.arrays["order"].astype(int)
    rollout, raw = picture.arrays["rollout"], picture.arrays["raw"]
    found = len(picture.arrays["flow"])
    flow = np.full(len(texts), np.nan, dtype=np.float32)
    flow[order[:found]] = picture.arrays["flow"]
    listed = order[:LISTED].tolist()
    shares = max(_most(rollout), _most(raw)) or 1.0
    layer = state["layer"] + 1

    def height(paper: Paper) -> float:
        return _HEAD + len(listed) * ROW + 0.03

    def paint(sheet: Figure | SubFigure, paper: Paper) -> None:
        most = 0.75 if paper.columns == 1 else 1.3
        left = min(most, fonts.widest((names[k] for k in listed), TEXT, mono=True)) + 0.1
        wide = (paper.width - left - 2 * _GAP) / 3
        ink = paper.colours.ink_3
        last = f"raw attention, layer {layer}"
        if fonts.width_of(last, SMALL) > wide:
            last = f"raw, layer {layer}"
        columns = (("rollout", rollout, shares), ("maximum flow", flow, 1.0), (last, raw, shares))
        for row, k in enumerate(listed):
            name = fonts.cut(names[k], left - 0.06, TEXT, mono=True)
            frame.write(
                sheet, paper, 0, _HEAD + (row + 0.5) * ROW + 0.032, name, mono=True,
                colour=paper.colours.accent if k == focus else paper.colours.ink_2,
            )  # fmt: skip
        for c, (title, values, end) in enumerate(columns):
            x = left + c * (wide + _GAP)
            frame.write(sheet, paper, x, 0.09, title, size=SMALL, colour=ink)
            axes = frame.place(sheet, x, _HEAD, wide, len(listed) * ROW)
            axes.set_gid(title)
            items = [
                Bar(
                    "",
                    float(values[k]),
                    "–" if c == 1 and place >= found else number(float(values[k])),
                )
                for place, k in enumerate(listed)
            ]
            bars(axes, paper, items, names=0, numbers=_NUMBER, ends=(0, end))

    said = [
        f"after layer {layer}, {direction_said(state)}: attention rollout, maximum flow, and the "
        "mean attention of the last layer",
    ]
    if len(listed) < len(texts):
        said.append(f"the {len(listed)} tokens of the largest rollout of {len(texts)}")
    said.append("rollout and raw attention share one scale, flows are drawn from 0 to 1")
    return ViewFigure(
        view="max-flow",
        title="Rollout, maximum flow and raw attention",
        caption=caption(trace, chosen, shown=replace(chosen.shown, measure="weights"), said=said),
        numbers={
            name: Numbers(values, ("token",), (texts,), about)
            for name, values, about in (
                ("rollout", rollout, "Attention rollout through all layers, a share."),
                ("flow", flow, "Maximum flow through all layers, 0 to 1; NaN where not computed."),
                ("raw", raw, f"Attention of layer {layer}, the mean over its heads, a share."),
            )
        },
        paint=paint,
        height=height,
    )


def _most(values: np.ndarray) -> float:
    return float(values[np.isfinite(values)].max(initial=0))
