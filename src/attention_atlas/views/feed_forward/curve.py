"""The activation as a curve on paper, and under it where a token's units lie before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.views.figures.numerals import number
from attention_atlas.views.figures.paper import SMALL

if TYPE_CHECKING:
    from attention_atlas.views.figures.sheet import Sheet

_HIGH, _RUG, _TICKS = 1.0, 0.3, 0.14
"""The heights of the curve, of the blocks below it and of the axis, in inches."""
_PAD = 0.06
_BINS = 72


@dataclass(frozen=True, eq=False)
class Curve:
    """The curve, the strongest units on it, and how many units lie where; a block."""

    curve: np.ndarray
    """(2, points), x and the activation of it."""
    before: np.ndarray
    after: np.ndarray
    strongest: Sequence[int]

    def height(self, width: float) -> float:
        """As `Block` says."""
        return _HIGH + _RUG + _TICKS

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """As `Block` says."""
        x, y = self.curve.astype(np.float64)
        low, high = float(x[0]), float(x[-1])
        finite = y[np.isfinite(y)]
        most, least = float(finite.max(initial=0)), float(finite.min(initial=0))

        def at(value: np.ndarray | float) -> np.ndarray:
            return left + (np.asarray(value) - low) / (high - low) * width

        def up(value: np.ndarray | float) -> np.ndarray:
            share = (most - np.asarray(value)) / ((most - least) or 1.0)
            return top + _PAD + share * (_HIGH - 2 * _PAD)

        sheet.rule(left, float(up(0)), width)
        zero = float(at(0))
        sheet.shape([(zero, top), (zero, top + _HIGH)], "rule_2", closed=False, width=0.5)
        base = float(up(most)) + 0.72 * SMALL / 72
        said = number(most, 2)
        sheet.text(zero + 0.05, base, said, size=SMALL, mono=True, colour="ink_3")
        known = np.isfinite(y)
        line = np.stack([at(x[known]), up(y[known])], axis=-1)
        sheet.shape(line.tolist(), "ink_2", closed=False, width=1.0, zorder=2)
        dots = [k for k in self.strongest if np.isfinite(self.before[k] + self.after[k])]
        shown = sheet.axes.scatter(
            at(self.before[dots]), up(self.after[dots]), s=9, c=sheet.colour("accent"),
            linewidths=0, zorder=2.5,
        )  # fmt: skip
        shown.set_gid("strongest")
        self._blocks(sheet, left, top + _HIGH + _RUG, width, low, high)
        end = top + _HIGH + _RUG + 0.1
        for value in ticks(low, high):
            place = min(max(float(at(value)), left + 0.06), left + width - 0.06)
            said = number(value, 0)
            sheet.text(place, end, said, size=SMALL, mono=True, colour="ink_3", across="center")

    def _blocks(
        self, sheet: Sheet, left: float, floor: float, width: float, low: float, high: float
    ) -> None:
        counts = self.counts(low, high)
        each = width / _BINS
        for k, count in enumerate(counts):
            if count:
                rise = max(0.01, count / counts.max() * _RUG)
                sheet.box(
                    left + k * each + 0.004, floor - rise, each - 0.008, rise, "data", alpha=0.6,
                    name="units",
                )  # fmt: skip
        sheet.rule(left, floor, width)

    def counts(self, low: float, high: float) -> np.ndarray:
        """How many units lie in each of 72 equal parts of the axis."""
        finite = self.before[np.isfinite(self.before)].astype(np.float64)
        places = np.clip(((finite - low) / (high - low) * _BINS).astype(int), 0, _BINS - 1)
        return np.bincount(places, minlength=_BINS)


def ticks(low: float, high: float) -> list[float]:
    """Whole numbers for an axis, at most about eight."""
    steps = (1, 2, 5, 10, 20, 50, 100, 1000, 10_000)
    step = next((one for one in steps if (high - low) / one <= 9), high - low)
    first = int(np.ceil(low / step))
    return [k * step for k in range(first, int(np.floor(high / step)) + 1)]
