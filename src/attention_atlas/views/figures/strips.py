"""Vectors as strips: added up as on paper, and the scale that their colours are read by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from attention_atlas.views.figures.blocks import Run
from attention_atlas.views.figures.numerals import number
from attention_atlas.views.figures.paper import SMALL, TEXT
from attention_atlas.views.figures.sheet import Sheet

SAMPLE = 100_000
RAMP = 0.62
"""How wide the ramp of a legend is, in inches."""
LINE = 0.175
"""The height of a line of an addition, in inches."""


def top98(*arrays: np.ndarray) -> float:
    """The value under which 98 % of the magnitudes lie: the end of a colour scale.

    One outlier must not own the scale. As shared/colour.js finds it, but of all values.
    """
    all_values = np.concatenate([np.abs(np.ravel(array)) for array in arrays])
    finite = np.sort(all_values[np.isfinite(all_values)])
    if not len(finite):
        return 1.0
    return float(finite[min(len(finite) - 1, int(len(finite) * 0.98))] or finite[-1] or 1.0)


def digits_of(high: float) -> int:
    """The digits that tell a scale's end."""
    return 0 if high >= 100 else 1 if high >= 10 else 2 if high >= 0.1 else 3


def plus_minus(high: float) -> Run:
    """The ends of a scale of its own, "±0.082"."""
    return Run(f"±{number(high, digits_of(high))}", "ink_3", mono=True, size=SMALL)


@dataclass(frozen=True)
class Legend:
    """The ramp of a colour scale from −high to high, at the right, and a text at the left."""

    high: float
    said: Sequence[Run] = ()
    end: float = 0.0
    """How much room is left free at the right, in inches."""
    digits: int | None = None

    def height(self, width: float) -> float:
        """As the Protocol says."""
        return 0.13

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """As the Protocol says."""
        from attention_atlas.views.figures.table_cells import (
            Said,
        )

        digits = digits_of(self.high) if self.digits is None else self.digits
        high = Run(f"+{number(self.high, digits)}", "ink_3", mono=True, size=SMALL)
        low = Run(number(-self.high, digits), "ink_3", mono=True, size=SMALL)
        right = left + width - self.end
        middle = top + 0.065
        Said((high,)).draw(sheet, left, middle, right - left, 0.13, "right")
        start = right - high.wide - 0.05 - RAMP
        ramp = np.linspace(-self.high, self.high, 256)
        sheet.cells(start, middle - 0.022, RAMP, 0.045, ramp, high=self.high, name="legend")
        Said((low,)).draw(sheet, left, middle, start - 0.05 - left, 0.13, "right")
        if self.said:
            room = start - 0.15 - low.wide - left
            Said(tuple(self.said)).draw(sheet, left, middle, room, 0.13, "left")


@dataclass(frozen=True)
class Sums:
    """Vectors added up: sign, name, strip and length, a rule, the result.

    `rows` are those of views/strip.py. All share one scale, but a LayerNorm's output and weights
    of the model, which have one of their own.
    """

    rows: Sequence[Mapping[str, Any]]
    arrays: Mapping[str, np.ndarray]
    names: float = 0.95
    """The room for names, in inches."""

    def height(self, width: float) -> float:
        """As the Protocol says."""
        rules = sum(row["sign"] == "=" for row in self.rows)
        each = LINE * (2 if self._narrow(width) else 1)
        return 0.15 + each * len(self.rows) + 0.05 * rules

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """As the Protocol says."""
        narrow = self._narrow(width)
        own = [self.high(row) for row in self.rows]
        shared = self._shared()
        Legend(shared, end=0 if narrow else 0.42).draw(sheet, left, top, width)
        if not narrow:
            base = top + 0.065 + 0.36 * SMALL / 72
            sheet.text(left + width, base, "length", size=SMALL, colour="ink_3", across="right")
        y = top + 0.15
        for row, high in zip(self.rows, own, strict=True):
            if row["sign"] == "=":
                sheet.rule(left, y + 0.02, width)
                y += 0.05
            vector = self.arrays[row["array"]]
            middle = y + LINE / 2
            base = middle + 0.36 * TEXT / 72
            sheet.text(left + 0.06, base, row["sign"], mono=True, across="center")
            strong = row["norm"]
            sheet.text(left + 0.16, base, row["name"], colour="ink" if strong else "ink_2")
            if row["norm"] or row.get("given"):
                small = plus_minus(high)
                if narrow:
                    at = left + 0.24 + Run(row["name"]).wide
                    sheet.text(at, base, small.said, size=SMALL, mono=True, colour="ink_3")
                else:
                    end = left + 0.16 + self.names - 0.08
                    sheet.text(
                        end, base, small.said, size=SMALL, mono=True, colour="ink_3", across="right"
                    )
            said = number(float(np.linalg.norm(vector.astype(np.float64))), 2)
            sheet.text(left + width, base, said, mono=True, across="right")
            start = left + (0.16 if narrow else 0.16 + self.names)
            room = left + width - start - (0 if narrow else 0.42)
            if narrow:
                y += LINE
            sheet.cells(
                start, y + 0.02, room, LINE - 0.04, vector, high=high, gap=True, name=row["array"]
            )
            y += LINE

    def high(self, row: Mapping[str, Any]) -> float:
        """The end of the scale of one row."""
        own = row["norm"] or row.get("given")
        return top98(self.arrays[row["array"]]) if own else self._shared()

    def _shared(self) -> float:
        common = [row for row in self.rows if not (row["norm"] or row.get("given"))] or self.rows
        return top98(*(self.arrays[row["array"]] for row in common))

    @staticmethod
    def _narrow(width: float) -> bool:
        return width < 4


@dataclass(frozen=True)
class Funnel:
    """A widening or a narrowing between two strips of different width; a block."""

    waist: float
    """The narrow side, as a share of the wide one."""
    widens: bool
    left: float = 0.0
    """How much room is free at the left, in inches."""

    def height(self, width: float) -> float:
        """As the Protocol says."""
        return 0.14

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """As the Protocol says."""
        left, width = left + self.left, width - self.left
        inset = width * (1 - self.waist) / 2
        a, b = (inset, 0.0) if self.widens else (0.0, inset)
        up, down = top + 0.01, top + 0.13
        points = [
            (left + a, up),
            (left + width - a, up),
            (left + width - b, down),
            (left + b, down),
        ]
        sheet.shape(points, "rule", alpha=0.8)
