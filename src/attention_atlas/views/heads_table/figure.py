"""All heads in numbers, on paper: a heat map of each metric, and the first heads of an order."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.errors import InvalidChoice
from attention_atlas.views.figures import fonts, frame
from attention_atlas.views.figures.bars import ROW, Bar, bars
from attention_atlas.views.figures.captions import caption
from attention_atlas.views.figures.cells import cells, colour_bar, frame_cells
from attention_atlas.views.figures.head_values import flat, ranked, span, value_text
from attention_atlas.views.figures.paper import SMALL, TEXT, Paper
from attention_atlas.views.figures.summaries import (
    head_names,
    layer_names,
    summary_at,
    tau_text,
    unit_of,
)
from attention_atlas.views.figures.view_figure import Chosen, Numbers, ViewFigure
from attention_atlas.views.head_atlas.figure import values_of
from attention_atlas.views.head_atlas.quantities import METRICS
from attention_atlas.views.heads_table.heads_table import heads_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from attention_atlas.tracing.trace import Trace

LISTED = 12
"""How many heads of an order are listed."""
_ACROSS = 3
_GAP = 0.16
_GUTTER = 0.14
_TITLE = 0.17
_LEGEND = 0.26
_CELL = 0.17
_LIST = 0.22
_PITCH = 0.1
"""From one number of a layer to the next at least."""


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The metrics of all heads; below them the first heads of the column `look.sort` names.

    Numbers: "metrics" (metric, layer, head), "shares" and "ratios" (role, layer, head), and
    "distance" (layer, head): all that the table has.

    Raises:
        InvalidChoice: no head has the number that `look.sort` names, or no unit takes part.
    """
    summary = summary_at(trace, chosen)
    picture = heads_table(summary, unit=unit_of(chosen), tau=tau_text(trace, chosen))
    state, arrays = picture.state, picture.arrays
    metrics = arrays["metrics"]
    count, layers, heads = metrics.shape
    columns = [one for one in state["columns"] if one["kind"] == "metric"]
    listed = _listed(state, arrays, chosen)
    rows = -(-count // _ACROSS)

    def cell(paper: Paper) -> float:
        wide = (paper.width - _GAP * (_ACROSS - 1)) / _ACROSS - _GUTTER
        return min(_CELL, wide / heads)

    def block(paper: Paper) -> float:
        return _TITLE + layers * cell(paper) + _LEGEND

    def height(paper: Paper) -> float:
        below = _LIST + len(listed) * ROW if listed else 0.0
        return rows * block(paper) + below

    def paint(sheet: Figure | SubFigure, paper: Paper) -> None:
        wide = (paper.width - _GAP * (_ACROSS - 1)) / _ACROSS
        for k, column in enumerate(columns):
            left, top = (k % _ACROSS) * (wide + _GAP), (k // _ACROSS) * block(paper)
            _heat(sheet, paper, column, metrics[k], (left, top, wide, cell(paper)), chosen)
        if listed:
            by = next(one for one in state["columns"] if one["value"] == chosen.look.sort)
            _list(sheet, paper, chosen, by, listed, heads, rows * block(paper))

    named = (layer_names(layers), head_names(heads))
    of = ("layer", "head")
    return ViewFigure(
        view="heads-table",
        title="Heads in numbers",
        caption=caption(
            trace,
            chosen,
            shown=replace(chosen.shown, measure="weights"),
            said=[
                f"each metric of {layers} × {heads} heads, rows are layers, columns heads",
                f"sparsity counts weights below τ = {tau_text(trace, chosen)}",
            ],
        ),
        numbers={
            "metrics": Numbers(metrics, ("metric", *of), (METRICS, *named), "Of each head."),
            "shares": Numbers(
                arrays["shares"], ("role", *of), (state["roles"], *named),
                "The share of its attention that a head gives to each role.",
            ),
            "ratios": Numbers(
                arrays["ratios"], ("role", *of), (state["roles"], *named),
                "That share as a multiple of what uniform attention gives.",
            ),
            "distance": Numbers(
                arrays["distance"], of, named, "How far away a head looks on average."
            ),
        },
        paint=paint,
        height=height,
    )  # fmt: skip


def _listed(state: Any, arrays: Any, chosen: Chosen) -> list[tuple[int, float]]:
    """The first heads of an order, and their number; none while they stand by layer or head."""
    look = chosen.look
    if look.sort in ("layer", "head"):
        return []
    names = {one["value"]: one for one in state["columns"] if one["missing"] is None}
    if look.sort not in names:
        allowed = ", ".join(["layer", "head", *names])
        raise InvalidChoice(
            f"Heads cannot be sorted by {look.sort!r} in this text. Choose one of {allowed}."
        )
    values = values_of(look.sort, state, arrays)
    return [(int(k), float(values[k])) for k in ranked(values, look.sort_first)[:LISTED]]


def _heat(
    sheet: Figure | SubFigure,
    paper: Paper,
    column: dict[str, Any],
    values: np.ndarray,
    at: tuple[float, float, float, float],
    chosen: Chosen,
) -> None:
    left, top, wide, cell = at
    layers, heads = values.shape
    name = fonts.cut(column["name"], wide, TEXT, bold=True)
    frame.write(sheet, paper, left, top + 0.1, name, bold=True)
    axes = frame.place(sheet, left + _GUTTER, top + _TITLE, heads * cell, layers * cell)
    axes.set_gid(column["value"])
    low, high = span(values)
    cells(axes, paper, values, colours=paper.sequential(), scale=_flat_norm(low, high))
    frame_cells(axes, paper, chosen.layer, chosen.head)
    every = max(1, math.ceil(_PITCH / cell))
    for k in range(layers):
        if k == chosen.layer or (k % every == 0 and abs(k - chosen.layer) >= every):
            on = k == chosen.layer
            frame.write(
                sheet, paper, left + _GUTTER - 0.04, top + _TITLE + (k + 0.5) * cell + 0.03,
                str(k + 1), size=SMALL, mono=True, across="right", bold=on,
                colour=paper.colours.accent if on else paper.colours.ink_3,
            )  # fmt: skip
    bar = frame.place(
        sheet, left + _GUTTER, top + _TITLE + layers * cell + 0.05, min(0.9, wide - _GUTTER), 0.05
    )
    texts = [value_text("metric", x) for x in (low, high)]
    colour_bar(bar, paper, paper.sequential(), [(0.0, texts[0]), (1.0, texts[1])], level=flat)


def _flat_norm(low: float, high: float) -> Any:
    """From a metric's range to the middle of the map; `head_values.flat` is a straight line."""
    from matplotlib.colors import Normalize

    if not high > low:
        return Normalize(low - flat(0.5), low + 1 - flat(0.5))
    start, stop = flat(0), flat(1)
    size = (high - low) / (stop - start)
    return Normalize(low - start * size, low + (1 - start) * size)


def _list(
    sheet: Figure | SubFigure,
    paper: Paper,
    chosen: Chosen,
    column: dict[str, Any],
    listed: list[tuple[int, float]],
    heads: int,
    top: float,
) -> None:
    """The first heads of an order as bars."""
    first = f"{chosen.look.sort_first} {column['name']} first"
    frame.write(sheet, paper, 0, top + 0.12, first, bold=True)
    axes = frame.place(sheet, 0, top + _LIST, paper.width, len(listed) * ROW)
    own = chosen.layer * heads + chosen.head
    items = [
        Bar(
            f"layer {k // heads + 1} head {k % heads + 1}",
            value,
            value_text(column["kind"], value),
            name_colour=paper.colours.accent if k == own else None,
        )
        for k, value in listed
    ]
    room = fonts.widest((item.name for item in items), TEXT) + 0.1
    bars(axes, paper, items, names=room, numbers=0.42, mono=False)
