"""A matrix with a title, the tokens beside its rows, and the lengths of its rows; a block."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attention_atlas.views.figures.blocks import Run
from attention_atlas.views.figures.fonts import cut, widest
from attention_atlas.views.figures.numerals import number
from attention_atlas.views.figures.paper import SMALL, TEXT
from attention_atlas.views.figures.sheet import Sheet
from attention_atlas.views.figures.table_cells import Said

TITLE_LINE = 0.16
PITCH = 0.1
"""From one label of a row to the next at least, in inches."""
LONGEST_LABEL = 0.8
NUMBER = 0.28
"""The room for the length of a row, and that for its bar, in inches."""


def row_height(n: int, *, most: float = 0.13, room: float = 2.6, least: float = 0.0034) -> float:
    """How high a row of a matrix with n rows is: what there is room for, but still to be seen."""
    return min(most, max(least, room / max(1, n)))


@dataclass(frozen=True)
class Matrix:
    """Rows × columns of signed numbers."""

    values: np.ndarray
    high: float
    row: float
    """The height of a row, in inches."""
    title: Sequence[Run] = ()
    right: Sequence[Run] = ()
    """What stands over its right edge."""
    labels: Sequence[str] | None = None
    """Beside the rows: as many as can be read, the marked one always."""
    label_room: float = 0.0
    """As `room_for` finds it; shared by matrices below each other."""
    mark: int = -1
    """A row to frame."""
    mark_column: int = -1
    lengths: np.ndarray | None = None
    """One number for each row: a bar, and the number where there is room for it."""
    longest: float = 1.0
    middle: bool = False
    gap: bool = True
    name: str | None = None

    def height(self, width: float) -> float:
        """As `Block` says."""
        title = TITLE_LINE if self.title or self.right else 0
        return title + self.row * len(self.values)

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """As `Block` says."""
        start = left + self._left()
        room = width - self._left() - (2 * NUMBER + 0.04 if self.lengths is not None else 0)
        if self.title or self.right:
            middle = top + TITLE_LINE / 2 - 0.01
            Said(tuple(self.title)).draw(sheet, start, middle, width, TITLE_LINE, "left")
            Said(tuple(self.right)).draw(sheet, left, middle, width, TITLE_LINE, "right")
            top += TITLE_LINE
        rows, row = len(self.values), self.row
        sheet.cells(
            start, top, room, row * rows, self.values, high=self.high, middle=self.middle,
            gap=self.gap, name=self.name,
        )  # fmt: skip
        if 0 <= self.mark < rows:
            sheet.box(start, top + self.mark * row, room, row, "accent", outline=True, name="row")
        if 0 <= self.mark_column < self.values.shape[1]:
            wide = room / self.values.shape[1]
            at = start + self.mark_column * wide
            sheet.box(at, top, wide, row * rows, "accent", outline=True, name="column")
        self._label(sheet, start - 0.05, top, row)
        if self.lengths is not None:
            self._measure(sheet, start + room + 0.04, top, row)

    def _left(self) -> float:
        return 0.0 if self.labels is None else self.label_room

    def _label(self, sheet: Sheet, right: float, top: float, row: float) -> None:
        if self.labels is None:
            return
        size = TEXT if row >= 0.115 else SMALL
        for k in readable(len(self.labels), row, self.mark):
            said = cut(self.labels[k], self.label_room - 0.05, size, mono=True)
            sheet.text(
                right, top + (k + 0.5) * row + 0.36 * size / 72, said, size=size, mono=True,
                across="right", colour="accent" if k == self.mark else "ink_3",
            )  # fmt: skip

    def _measure(self, sheet: Sheet, left: float, top: float, row: float) -> None:
        assert self.lengths is not None
        hair = min(0.012, row / 6)
        for k, length in enumerate(self.lengths):
            if math.isfinite(length):
                share = float(length) / self.longest * NUMBER
                colour = "accent" if k == self.mark else "data"
                sheet.box(left, top + k * row + hair, share, row - 2 * hair, colour, name="length")
        for k in readable(len(self.lengths), row, self.mark):
            said = number(float(self.lengths[k]), 2)
            sheet.text(
                left + 2 * NUMBER, top + (k + 0.5) * row + 0.36 * SMALL / 72, said, size=SMALL,
                mono=True, across="right", colour="accent" if k == self.mark else "ink_3",
            )  # fmt: skip


def room_for(labels: Sequence[str]) -> float:
    """The room that labels of rows need, in inches."""
    return min(LONGEST_LABEL, widest(labels, TEXT, mono=True) + 0.02) + 0.05


def readable(n: int, row: float, mark: int) -> list[int]:
    """Which rows can be labelled without overlap; the marked one always."""
    every = max(1, math.ceil(PITCH / row - 1e-9))
    return [
        k
        for k in range(n)
        if k == mark or (k % every == 0 and (mark < 0 or abs(k - mark) >= every))
    ]
