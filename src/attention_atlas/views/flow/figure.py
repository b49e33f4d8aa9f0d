"""The attention flow on paper: two columns of tokens, and lines as wide as the numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.errors import InvalidChoice
from attention_atlas.views.attention_explorer.sending import at_first
from attention_atlas.views.figures.captions import caption
from attention_atlas.views.figures.flow_lines import Sheet
from attention_atlas.views.figures.flow_painting import MOST, Flow, height_of, paint
from attention_atlas.views.figures.heads import ABOUT, as_numbers, head_numbers
from attention_atlas.views.figures.numerals import brief
from attention_atlas.views.figures.scale import end_of
from attention_atlas.views.figures.summaries import head_names
from attention_atlas.views.figures.view_figure import Chosen, Numbers, ViewFigure

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace

NO_FLOW = (
    "Scores have no flow: only the softmax makes shares of them that can be given away. Choose "
    "weights to see where they go."
)
_CANCELLED = (
    "The differences of all heads cancel out: their mean is 0 everywhere, so there is no line to "
    "draw. Choose weights, or this head."
)


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The attention flow of a head, of several or of their mean, as `chosen.look.flow` says.

    Numbers: "attention" (from, to); of several heads (head, from, to).

    Raises:
        InvalidChoice: the measure has no flow, the model has no such head, no unit takes part, or
            there are more units than rows on a page and `look.window` chooses no part of them.
    """
    look, measure = chosen.look, chosen.shown.measure
    if measure == "scores":
        raise InvalidChoice(NO_FLOW)
    if measure == "difference" and look.flow == "mean":
        raise InvalidChoice(_CANCELLED)
    flow = _flow(trace, chosen)

    part = len(flow.rows) < len(flow.head.units)
    return ViewFigure(
        view="attention-flow",
        title="Attention flow",
        caption=caption(
            trace,
            chosen,
            layer=True,
            head=look.flow == "one",
            token=flow.head.focus is not None,
            shown=chosen.shown,
            said=_said(trace, flow, part=part),
        ),
        numbers={"attention": _numbers(flow)},
        paint=lambda sheet, paper: paint(sheet, paper, flow),
        height=lambda paper: height_of(paper, flow),
    )


def _flow(trace: Trace, chosen: Chosen) -> Flow:
    look = chosen.look
    heads = _heads(trace, chosen)
    every = list(range(trace.model.heads)) if look.flow == "mean" else heads
    head = head_numbers(trace, chosen, every)
    if look.flow == "mean":
        sheets = [Sheet(head.values.mean(axis=0), None)]
    else:
        several = look.flow == "several"
        sheets = [Sheet(values, k, several) for k, values in zip(heads, head.values, strict=True)]
    n = len(head.units)
    rows = columns = range(n)
    if n > MOST:
        rows, columns = _part(look.window, n)
    return Flow(head, sheets, end_of(chosen.shown.measure, head.limits), chosen, rows, columns)


def _heads(trace: Trace, chosen: Chosen) -> list[int]:
    """The heads whose lines are drawn one by one."""
    if chosen.look.flow != "several":
        return [chosen.head]
    return sorted(set(chosen.look.heads) or at_first(chosen.head, trace.model.heads))


def _part(window: tuple[int, int, int] | None, n: int) -> tuple[range, range]:
    """The rows and the columns that are in the zoomed part of the map, where all are too many."""
    if window is not None:
        row, column, size = window
        if 1 <= size <= MOST and 0 <= row <= n - size and 0 <= column <= n - size:
            return range(row, row + size), range(column, column + size)
    raise InvalidChoice(
        f"The lines between {n} units of text cannot be read in print: a page has room for {MOST} "
        f"rows. Zoom the attention map to at most {MOST} rows (window, in Python and in the "
        "command), or choose the attention map, or the row of one token."
    )


def _numbers(flow: Flow) -> Numbers:
    measure = flow.chosen.shown.measure
    if len(flow.sheets) == 1:
        about = ABOUT[measure]
        if flow.sheets[0].head is None:
            about = f"The mean over the heads of the layer. {about}"
        one = replace(flow.head, values=flow.sheets[0].values)
        return replace(as_numbers(one, measure), about=about)
    texts = flow.head.texts
    names = head_names(1 + max(sheet.head or 0 for sheet in flow.sheets))
    labels = ([names[sheet.head or 0] for sheet in flow.sheets], texts, texts)
    return Numbers(flow.head.values, ("head", "from", "to"), labels, ABOUT[measure])


def _said(trace: Trace, flow: Flow, *, part: bool) -> list[str]:
    look, measure = flow.chosen.look, flow.chosen.shown.measure
    one = {"weights": "weight", "norms": "norm", "difference": "difference"}.get(measure, "")
    said = []
    if look.flow == "mean":
        said.append(f"mean over the layer’s {trace.model.heads} heads")
    if look.flow == "several":
        said.append("heads " + ", ".join(str(1 + (sheet.head or 0)) for sheet in flow.sheets))
    widest = "" if measure == "weights" else f", the widest line would be {brief(flow.end)}"
    said.append(f"width is the {one}{widest}")
    if measure == "difference":
        said.append("dashed below the mean")
    if look.least:
        said.append(f"lines below {brief(look.least * flow.end)} hidden")
    if look.top:
        said.append(f"the strongest {look.top} of each")
    if look.part != "all":
        said.append(f"from sentence {look.part[0]} to {look.part[1]}")
    if not all(np.isfinite(sheet.values).all() for sheet in flow.sheets):
        said.append("what is NaN or infinite has no line")
    if part:
        said.append(
            f"from {flow.rows.start + 1}–{flow.rows.stop} to {flow.columns.start + 1}–"
            f"{flow.columns.stop} of {len(flow.head.units)}"
        )
    return said
