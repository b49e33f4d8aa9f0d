"""Which lines the flow draws, and how wide each is: flow/lines.js and painting.js for print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attention_atlas.analysis.units import Unit
from attention_atlas.views.figures.paper import Paper
from attention_atlas.views.look import Look

_MANY = 5
"""Heads; from there on the lines of each are fainter."""
_PIXEL_ROW = 27
"""The row, in CSS pixels, that the widths on the page are made for."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """One set of lines between m units."""

    values: np.ndarray
    """(m, m)"""
    head: int | None
    """Counted from 0; None for the mean of the layer."""
    own_colour: bool = False
    """Whether its lines have the colour of the head."""

    @property
    def dashed(self) -> bool:
        """Whether its colour is that of an earlier head too."""
        return self.own_colour and self.head is not None and self.head >= 12


@dataclass(frozen=True)
class Line:
    """One line: from row `start` to row `stop`, and the number it stands for."""

    start: int
    stop: int
    value: float


def lines_of(
    values: np.ndarray, row: int, parts: Sequence[Unit], look: Look, end: float
) -> list[Line]:
    """The lines that leave a row: above `look.least`, the strongest `look.top`, in `look.part`.

    What is no number has no line. `end` is the number of the widest line there could be.
    """
    start, stop = (None, None) if look.part == "all" else (int(c == "B") for c in look.part)
    if start is not None and parts[row].segment != start:
        return []
    size = np.abs(values[row])
    kept = [
        column
        for column in np.flatnonzero(
            (size >= look.least * end) & (size > 0) & np.isfinite(size)
        ).tolist()
        if stop is None or parts[column].segment == stop
    ]
    if look.top:
        kept = sorted(kept, key=lambda column: -size[column])[: look.top]
    return [Line(row, column, float(values[row, column])) for column in kept]


def reached(
    sheets: Sequence[Sheet], row: int | None, parts: Sequence[Unit], look: Look, end: float
) -> dict[int, tuple[float, Sheet]]:
    """Where a row goes, by column: of several heads the number farthest from 0, and its sheet."""
    out: dict[int, tuple[float, Sheet]] = {}
    if row is None:
        return out
    for sheet in sheets:
        for line in lines_of(sheet.values, row, parts, look, end):
            if line.stop not in out or abs(line.value) > abs(out[line.stop][0]):
                out[line.stop] = line.value, sheet
    return out


def strength(share: float, how: str, n: int, sheets: int) -> tuple[float, float]:
    """The width, in pixels of the page, and the opacity of a line.

    Args:
        share: of the widest line.
        how: "on" for the focused token's, "off" for the others beside it, "alone" without a focus.
        n: how many units there are; the more, the fainter is each line.
        sheets: how many heads are drawn over each other.
    """
    thin = 0.65 if sheets > 1 else 1
    if how == "on":
        return 0.75 + 12 * thin * share, 0.3 + 0.7 * share**0.5
    fade = min(1.0, max(0.45, 14 / n)) * min(1, _MANY / sheets)
    if how == "off":
        opacity = 0.05 + 0.24 * share
    else:
        opacity = 0.16 + 0.7 * share if sheets > 1 else 0.1 + 0.45 * share
    return 0.5 + 9 * thin * share, min(1.0, opacity * fade)


def points_for(row: float) -> float:
    """How many points a pixel of the page is, where a row is `row` inches high."""
    return row * 72 / _PIXEL_ROW


def colour_of(paper: Paper, sheet: Sheet, value: float, *, signed: bool, focused: bool) -> str:
    """The colour of a line."""
    colours = paper.colours
    if sheet.own_colour and sheet.head is not None:
        return paper.head(sheet.head)
    if signed:
        return colours.negative if value < 0 else colours.positive
    return colours.accent if focused else colours.ink_2
