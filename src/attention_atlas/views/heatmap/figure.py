"""The attention map of one head on paper: rows look, columns are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.errors import InvalidChoice
from attention_atlas.views.figures import frame
from attention_atlas.views.figures.captions import caption
from attention_atlas.views.figures.cells import cells, colour_bar, frame_row
from attention_atlas.views.figures.heads import as_numbers, empty_rows, head_numbers
from attention_atlas.views.figures.labels import Labels, labels_for, name_axis, ordinal
from attention_atlas.views.figures.paper import GAP, SMALL, Paper
from attention_atlas.views.figures.scale import NAMES, head_scale, kind_of
from attention_atlas.views.figures.view_figure import Chosen, ViewFigure
from attention_atlas.views.heatmap.heatmap import NAMES as MEASURE_NAMES

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from attention_atlas.tracing.trace import Trace

_WIDEST_CELL = 0.36
_BAR = 0.06
_LEGEND = 1.5
_FOOT = 0.3
_MOST = 6.0
"""The most inches a side of the map: what fits a page with its caption."""


@dataclass(frozen=True)
class _Layout:
    """Where things are, in inches."""

    left: float
    top: float
    side: float
    rows: Labels
    columns: Labels


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The attention map of a head; numbers: "attention" (from, to), whole even when zoomed.

    Raises:
        InvalidChoice: no unit takes part, or `look.window` does not lie in the text.
    """
    head = head_numbers(trace, chosen)
    measure = chosen.shown.measure
    n = len(head.units)
    row, column, size = _window(chosen, n)
    kind = kind_of(chosen.look.scale, n)
    view = head.values[row : row + size, column : column + size]
    blank = np.broadcast_to(empty_rows(head.values, measure)[row : row + size, None], view.shape)
    quiet = [unit.special for unit in head.units]
    focus = head.focus
    own = focus - row if focus is not None and row <= focus < row + size else None

    def fit(paper: Paper) -> _Layout:
        return _fit(paper, head.texts, row, column, size, focus)

    def height(paper: Paper) -> float:
        at = fit(paper)
        return at.top + at.side + _FOOT

    def paint(sheet: Figure | SubFigure, paper: Paper) -> None:
        at = fit(paper)
        scale = head_scale(paper, measure, kind, head.limits)
        axes = frame.place(sheet, at.left, at.top, at.side, at.side)
        cells(axes, paper, view, colours=scale.colours, scale=scale.norm, blank=blank)
        name_axis(axes, paper, at.rows, "y", quiet=quiet[row : row + size], focus=own)
        name_axis(axes, paper, at.columns, "x", quiet=quiet[column : column + size])
        if own is not None:
            frame_row(axes, paper, own, size)
        ink = paper.colours.ink_3
        frame.write(
            sheet,
            paper,
            at.left - GAP - 0.03,
            at.top - 0.08,
            "from ↓  to →",
            size=SMALL,
            colour=ink,
            across="right",
        )
        width = min(_LEGEND, at.side)
        bar = frame.place(sheet, at.left, at.top + at.side + 0.09, width, _BAR)
        colour_bar(bar, paper, scale.colours, scale.marks, shown=scale.shown)
        if at.rows.every > 1:
            one = "word" if chosen.shown.words else "token"
            frame.write(
                sheet,
                paper,
                at.left + at.side,
                at.top + at.side + 0.2 + _BAR,
                f"every {ordinal(at.rows.every)} {one} is named",
                size=SMALL,
                colour=ink,
                across="right",
            )
        frame.write(
            sheet,
            paper,
            at.left + width + 0.08,
            at.top + at.side + 0.09 + _BAR,
            MEASURE_NAMES[measure],
            size=SMALL,
            colour=ink,
        )

    said = [NAMES[kind]] if NAMES[kind] else []
    if size < n:
        said.append(
            f"rows {row + 1} to {row + size} and columns {column + 1} to {column + size} of {n}"
        )
    return ViewFigure(
        view="attention-map",
        title="Attention map",
        caption=caption(
            trace,
            chosen,
            layer=True,
            head=True,
            token=own is not None,
            shown=chosen.shown,
            said=said,
        ),
        numbers={"attention": as_numbers(head, measure)},
        paint=paint,
        height=height,
    )


def _fit(
    paper: Paper, texts: list[str], row: int, column: int, size: int, focus: int | None
) -> _Layout:
    longest = 0.9 if paper.columns == 2 else 0.7
    side = paper.width - 0.5
    at = None
    for _ in range(4):  # labels need room, and the room that is left decides on the labels
        cell = side / size
        in_rows = focus - row if focus is not None and 0 <= focus - row < size else None
        rows = labels_for(
            texts[row : row + size], cell, "y", longest=longest, focus=in_rows, first=row
        )
        columns = labels_for(
            texts[column : column + size], cell, "x", longest=longest, first=column
        )
        left = max(rows.room, 0.55) + 0.02
        new = min(paper.width - left - max(columns.over, 0.02), size * _WIDEST_CELL, _MOST)
        top = columns.room + 0.02
        at = _Layout(
            left + (paper.width - left - max(columns.over, 0.02) - new) / 2, top, new, rows, columns
        )
        if abs(new - side) < 1e-3:
            break
        side = new
    assert at is not None
    return at


def _window(chosen: Chosen, n: int) -> tuple[int, int, int]:
    """The part of the map that is in view: first row, first column, and how many of each."""
    if chosen.look.window is None:
        return 0, 0, n
    row, column, size = chosen.look.window
    if size < 1 or row < 0 or column < 0 or row + size > n or column + size > n:
        raise InvalidChoice(
            f"The part of the map that begins at row {row} and column {column} with {size} of each "
            f"does not lie in this text of {n}. Counted from 0, begin at 0 to {n - 1} and stay "
            f"within {n}."
        )
    return row, column, size
