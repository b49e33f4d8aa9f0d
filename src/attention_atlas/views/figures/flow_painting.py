"""Painting the flow: the lines, the names at both ends, and the legend of overlaid heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from attention_atlas.views.figures import fonts, frame
from attention_atlas.views.figures.flow_lines import (
    Line,
    Sheet,
    colour_of,
    lines_of,
    points_for,
    reached,
    strength,
)
from attention_atlas.views.figures.heads import HeadNumbers
from attention_atlas.views.figures.numerals import short
from attention_atlas.views.figures.paper import SMALL, TEXT, Paper
from attention_atlas.views.figures.scale import signed
from attention_atlas.views.figures.view_figure import Chosen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

MOST = 68
"""The most rows that can be read on one page."""
_TALLEST = 7.9
_ROW = 0.17
_NUMBER = 0.3
_BAND = 0.16
_SWATCH = 0.24
_APART = 2.4


@dataclass(frozen=True, eq=False)
class Flow:
    """What is drawn."""

    head: HeadNumbers
    sheets: list[Sheet]
    end: float
    chosen: Chosen
    rows: range
    columns: range

    @property
    def n(self) -> int:
        """How many rows there are."""
        return max(len(self.rows), len(self.columns))

    def row(self) -> float:
        """The height of a row, in inches."""
        return min(_ROW, _TALLEST / self.n)


def height_of(paper: Paper, flow: Flow) -> float:
    """How high the whole is, in inches."""
    return _legend_height(paper, flow) + _BAND + flow.n * flow.row() + 0.04


def paint(sheet: Figure | SubFigure, paper: Paper, flow: Flow) -> None:
    """Draws the flow into an empty figure of the paper's width."""
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
    axes: Axes, paper: Paper, flow: Flow, row: float, left: float, right: float, *, told: bool
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
    line: Line, flow: Flow, row: float, left: float, right: float, shift: float
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
    flow: Flow,
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


def _boundary(axes: Axes, paper: Paper, flow: Flow, row: float, left: float, right: float) -> None:
    """The line between the two sentences of a pair, through both columns of names."""
    second = next((k for k, unit in enumerate(flow.head.units) if unit.segment == 1), 0)
    for shown, start, stop in ((flow.rows, 0.0, left), (flow.columns, right, paper.width)):
        if second > shown.start and second in shown:
            axes.hlines(
                (second - shown.start) * row, start, stop, colors=paper.colours.rule_2, lw=0.5
            )


def _legend_height(paper: Paper, flow: Flow) -> float:
    if not flow.sheets[0].own_colour:
        return 0.0
    a_line = max(1, int(paper.width / _SWATCH) - 2)
    return 0.17 * -(-len(flow.sheets) // a_line)


def _legend(sheet: Figure | SubFigure, paper: Paper, flow: Flow) -> None:
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
