"""The attention flow on paper: two columns of tokens, and lines as wide as the numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attention_atlas.errors import InvalidChoice
from attention_atlas.views.figures import fonts, frame
from attention_atlas.views.figures.captions import caption
from attention_atlas.views.figures.flow_lines import (
    Line,
    Sheet,
    colour_of,
    lines_of,
    points_for,
    reached,
    strength,
)
from attention_atlas.views.figures.heads import (
    ABOUT,
    HeadNumbers,
    as_numbers,
    head_numbers,
)
from attention_atlas.views.figures.numerals import brief, short
from attention_atlas.views.figures.paper import SMALL, TEXT, Paper
from attention_atlas.views.figures.scale import end_of, signed
from attention_atlas.views.figures.summaries import head_names
from attention_atlas.views.figures.view_figure import Chosen, Numbers, ViewFigure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from attention_atlas.tracing.trace import Trace

MOST = 68
"""The most rows that can be read on one page."""
AT_FIRST = 4
"""The heads that are overlaid when none were chosen."""
NO_FLOW = (
    "Scores have no flow: only the softmax makes shares of them that can be given away. Choose "
    "weights to see where they go."
)
_CANCELLED = (
    "The differences of all heads cancel out: their mean is 0 everywhere, so there is no line to "
    "draw. Choose weights, or this head."
)
_TALLEST = 7.9
_ROW = 0.17
_NUMBER = 0.3
_BAND = 0.16
_SWATCH = 0.24
_APART = 2.4


@dataclass(frozen=True, eq=False)
class _Flow:
    """What is drawn."""

    head: HeadNumbers
    sheets: list[Sheet]
    end: float
    chosen: Chosen
    rows: range
    columns: range

    @property
    def n(self) -> int:
        return max(len(self.rows), len(self.columns))

    def row(self) -> float:
        """The height of a row, in inches."""
        return min(_ROW, _TALLEST / self.n)


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

    def height(paper: Paper) -> float:
        return _legend_height(paper, flow) + _BAND + flow.n * flow.row() + 0.04

    def paint(sheet: Figure | SubFigure, paper: Paper) -> None:
        _paint(sheet, paper, flow)

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
        paint=paint,
        height=height,
    )


def _flow(trace: Trace, chosen: Chosen) -> _Flow:
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
    return _Flow(head, sheets, end_of(chosen.shown.measure, head.limits), chosen, rows, columns)


def _heads(trace: Trace, chosen: Chosen) -> list[int]:
    """The heads whose lines are drawn one by one."""
    if chosen.look.flow != "several":
        return [chosen.head]
    count = trace.model.heads
    own = [(chosen.head + k) % count for k in range(min(AT_FIRST, count))]
    return sorted(set(chosen.look.heads or own))


def _part(window: tuple[int, int, int] | None, n: int) -> tuple[range, range]:
    """The rows and the columns that are in the zoomed part of the map, where all are too many."""
    if window is not None:
        row, column, size = window
        if 1 <= size <= MOST and 0 <= row <= n - size and 0 <= column <= n - size:
            return range(row, row + size), range(column, column + size)
    raise InvalidChoice(
        f"The lines between {n} units of text cannot be read in print: a page has room for {MOST} "
        f"rows. Zoom to a part with look.window (first row, first column, at most {MOST} of each), "
        "choose attention-map, or choose attention-row for one token."
    )


def _numbers(flow: _Flow) -> Numbers:
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


def _said(trace: Trace, flow: _Flow, *, part: bool) -> list[str]:
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
    if part:
        said.append(
            f"from {flow.rows.start + 1}–{flow.rows.stop} to {flow.columns.start + 1}–"
            f"{flow.columns.stop} of {len(flow.head.units)}"
        )
    return said


def _paint(sheet: Figure | SubFigure, paper: Paper, flow: _Flow) -> None:
    row = flow.row()
    size = min(TEXT, max(SMALL, row * 72 / 1.16))
    texts = flow.head.texts
    most = 0.62 if paper.columns == 1 else 1.1
    fit = {k: fonts.cut(texts[k], most, size, mono=True) for k in {*flow.rows, *flow.columns}}
    room = fonts.widest(fit.values(), size, mono=True, bold=True) + 0.02
    legend = _legend_height(paper, flow)
    _legend(sheet, paper, flow)
    top = legend + _BAND
    left, right = room + 0.05, paper.width - room - 0.05 - _NUMBER
    ink = paper.colours.ink_3
    frame.write(sheet, paper, room, legend + 0.1, "from", size=SMALL, colour=ink, across="right")
    frame.write(sheet, paper, right + 0.05, legend + 0.1, "to", size=SMALL, colour=ink)
    height = flow.n * row
    axes = frame.place(sheet, 0, top, paper.width, height)
    axes.set_xlim(0, paper.width)
    axes.set_ylim(height, 0)
    to = reached(flow.sheets, flow.head.focus, flow.head.units, flow.chosen.look, flow.end)
    to = {k: found for k, found in to.items() if k in flow.columns}
    if flow.head.focus not in flow.rows:
        to = {}
    _boundary(axes, paper, flow, row, left, right)
    _lines(axes, paper, flow, row, left, right, told=bool(to))
    _names(axes, paper, flow, row, (left, right), fit, to, size)


def _lines(
    axes: Axes, paper: Paper, flow: _Flow, row: float, left: float, right: float, *, told: bool
) -> None:
    """One collection of curves for each head, first those of the other tokens, then the focus's."""
    from matplotlib.collections import PathCollection
    from matplotlib.colors import to_rgba
    from matplotlib.path import Path

    pixel = points_for(row)
    look, focus = flow.chosen.look, flow.head.focus
    apart = min(_APART * pixel / 72, row * 0.6 / len(flow.sheets))
    signs = signed(flow.chosen.shown.measure)
    codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    for focused in (False, True):
        for k, sheet in enumerate(flow.sheets):
            rows = [i for i in flow.rows if (i == focus) == focused]
            lines = [
                line
                for i in rows
                for line in lines_of(sheet.values, i, flow.head.units, look, flow.end)
                if line.stop in flow.columns
            ]
            if not lines:
                continue
            shift = (k - (len(flow.sheets) - 1) / 2) * apart
            how = "on" if focused else "off" if told else "alone"
            looks = [
                strength(min(1.0, abs(line.value) / flow.end), how, flow.n, len(flow.sheets))
                for line in lines
            ]
            paths = [Path(_curve(line, flow, row, left, right, shift), codes) for line in lines]
            axes.add_collection(
                PathCollection(
                    paths,
                    facecolors="none",
                    edgecolors=[
                        to_rgba(
                            colour_of(paper, sheet, line.value, signed=signs, focused=focused),
                            opacity,
                        )
                        for line, (_, opacity) in zip(lines, looks, strict=True)
                    ],
                    linewidths=[width * pixel for width, _ in looks],
                    linestyles=[
                        _dash(line, sheet, width * pixel, pixel)
                        for line, (width, _) in zip(lines, looks, strict=True)
                    ],
                    clip_on=False,
                    zorder=3 if focused else 2,
                ),
                autolim=False,
            )


def _curve(
    line: Line, flow: _Flow, row: float, left: float, right: float, shift: float
) -> list[tuple[float, float]]:
    bend = (right - left) / 2
    start = (line.start - flow.rows.start + 0.5) * row + shift
    stop = (line.stop - flow.columns.start + 0.5) * row + shift
    return [(left, start), (left + bend, start), (right - bend, stop), (right, stop)]


def _dash(line: Line, sheet: Sheet, width: float, pixel: float) -> object:
    """Dashes in points; Matplotlib counts them in widths of the line."""
    pattern = (2, 3) if line.value < 0 else (7, 3) if sheet.dashed else None
    return "solid" if pattern is None else (0, [part * pixel / width for part in pattern])


def _names(
    axes: Axes,
    paper: Paper,
    flow: _Flow,
    row: float,
    ends: tuple[float, float],
    fit: dict[int, str],
    to: dict[int, tuple[float, Sheet]],
    size: float,
) -> None:
    colours, units = paper.colours, flow.head.units
    measure = flow.chosen.shown.measure
    best = max(to, key=lambda k: abs(to[k][0]), default=None)
    for k in flow.rows:
        on = k == flow.head.focus
        ink = colours.accent if on else colours.ink_3 if units[k].special else colours.ink_2
        y = (k - flow.rows.start + 0.5) * row
        frame.mark(
            axes, paper, ends[0] - 0.05, y, fit[k], size=size, mono=True, bold=on, colour=ink,
            across="right",
        )  # fmt: skip
    for k in flow.columns:
        y = (k - flow.columns.start + 0.5) * row
        ink = colours.ink if k == best else colours.ink_3 if units[k].special else colours.ink_2
        frame.mark(axes, paper, ends[1] + 0.05, y, fit[k], size=size, mono=True, colour=ink)
        if k not in to:
            continue
        value, sheet = to[k]
        if not sheet.own_colour and k == best:
            ink = colours.ink
        else:
            ink = colour_of(paper, sheet, value, signed=signed(measure), focused=True)
        frame.mark(
            axes, paper, paper.width, y, short(measure, value), size=SMALL, mono=True, colour=ink,
            across="right",
        )  # fmt: skip


def _boundary(axes: Axes, paper: Paper, flow: _Flow, row: float, left: float, right: float) -> None:
    """The line between the two sentences of a pair, through both columns of names."""
    second = next((k for k, unit in enumerate(flow.head.units) if unit.segment == 1), 0)
    for shown, start, stop in ((flow.rows, 0.0, left), (flow.columns, right, paper.width)):
        if second > shown.start and second in shown:
            axes.hlines(
                (second - shown.start) * row, start, stop, colors=paper.colours.rule_2, lw=0.5
            )


def _legend_height(paper: Paper, flow: _Flow) -> float:
    if not flow.sheets[0].own_colour:
        return 0.0
    a_line = max(1, int(paper.width / _SWATCH) - 2)
    return 0.17 * -(-len(flow.sheets) // a_line)


def _legend(sheet: Figure | SubFigure, paper: Paper, flow: _Flow) -> None:
    """The overlaid heads in their colours."""
    if not flow.sheets[0].own_colour:
        return
    axes = frame.place(sheet, 0, 0, paper.width, _legend_height(paper, flow))
    axes.set_xlim(0, paper.width)
    axes.set_ylim(_legend_height(paper, flow), 0)
    a_line = max(1, int(paper.width / _SWATCH) - 2)
    frame.mark(axes, paper, 0, 0.075, "heads", size=SMALL, colour=paper.colours.ink_3)
    for k, one in enumerate(flow.sheets):
        head = one.head or 0
        x, y = 0.4 + (k % a_line) * _SWATCH, 0.075 + (k // a_line) * 0.17
        axes.plot(
            [x, x + 0.09], [y, y], color=paper.head(head), lw=2.5, solid_capstyle="butt",
            dash_capstyle="butt", linestyle=(0, (1.0, 0.5)) if one.dashed else "solid",
        )  # fmt: skip
        frame.mark(axes, paper, x + 0.105, y, str(head + 1), size=SMALL, mono=True)
