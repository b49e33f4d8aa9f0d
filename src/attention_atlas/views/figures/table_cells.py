"""What stands in a table: texts, bars and strips."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

from attention_atlas.views.figures.blocks import Run, runs_at, runs_to
from attention_atlas.views.figures.fonts import cut
from attention_atlas.views.figures.paper import TEXT
from attention_atlas.views.figures.sheet import Ink, Sheet

Align = Literal["left", "right"]


class Cell(Protocol):
    """What stands in one place of a table."""

    @property
    def wide(self) -> float:
        """How much room it needs, in inches; 0 for what takes what it gets."""
        ...

    def draw(
        self, sheet: Sheet, left: float, middle: float, width: float, height: float, align: Align
    ) -> None:
        """Draws itself about the height `middle`."""
        ...


@dataclass(frozen=True)
class Said:
    """Runs of text; one that is longer than its column is cut."""

    runs: tuple[Run, ...]

    @property
    def wide(self) -> float:
        """As the Protocol says."""
        return sum(run.wide for run in self.runs)

    def draw(
        self, sheet: Sheet, left: float, middle: float, width: float, height: float, align: Align
    ) -> None:
        """As the Protocol says."""
        runs = fitted(self.runs, width)
        base = middle + 0.36 * max((run.size for run in runs), default=TEXT) / 72
        if align == "right":
            runs_to(sheet, left + width, base, runs)
        else:
            runs_at(sheet, left, base, runs)


@dataclass(frozen=True)
class Groups:
    """Groups of runs, as many whole ones as there is room for; the first in any case."""

    groups: tuple[tuple[Run, ...], ...]
    gap: float = 0.12
    wide: float = 0

    def draw(
        self, sheet: Sheet, left: float, middle: float, width: float, height: float, align: Align
    ) -> None:
        """As the Protocol says."""
        end = left + width
        for k, group in enumerate(self.groups):
            long = sum(run.wide for run in group)
            if k and left + long > end + 1e-3:
                return
            Said(group).draw(sheet, left, middle, min(long, end - left) + 1e-3, height, "left")
            left += long + self.gap


def fitted(runs: Sequence[Run], width: float) -> list[Run]:
    """The runs that fit, the last of them cut; what does not begin is left out."""
    out: list[Run] = []
    for run in runs:
        if run.wide <= width + 1e-3:
            out.append(run)
            width -= run.wide
            continue
        if width > 0.12 or not out:
            out.append(
                replace(run, said=cut(run.said, width, run.size, mono=run.mono, bold=run.bold))
            )
        break
    return out


def text(said: str, colour: Ink = "ink_2", *, bold: bool = False, size: float = TEXT) -> Said:
    """A cell of plain text."""
    return Said((Run(said, colour, bold=bold, size=size),))


def code(said: str, colour: Ink = "ink_2", *, bold: bool = False, size: float = TEXT) -> Said:
    """A cell with a token or a number."""
    return Said((Run(said, colour, mono=True, bold=bold, size=size),))


@dataclass(frozen=True)
class Bar:
    """A bar from the left; NaN is none."""

    share: float
    """Of the column, 0 to 1."""
    colour: Ink = "data"
    alpha: float | None = None
    name: str = "bar"
    wide: float = 0

    def draw(
        self, sheet: Sheet, left: float, middle: float, width: float, height: float, align: Align
    ) -> None:
        """As the Protocol says."""
        if math.isfinite(self.share):
            share = min(1.0, abs(self.share))
            thick = min(0.085, 0.6 * height)
            sheet.box(
                left, middle - thick / 2, max(share * width, 0.005), thick, self.colour,
                alpha=self.alpha, name=self.name,
            )  # fmt: skip


@dataclass(frozen=True)
class SignedBar:
    """A bar to the right for what adds, to the left for what takes away; NaN is none."""

    share: float
    """Of half the column, −1 to 1."""
    wide: float = 0

    def draw(
        self, sheet: Sheet, left: float, middle: float, width: float, height: float, align: Align
    ) -> None:
        """As the Protocol says."""
        centre = left + width / 2
        sheet.shape(
            [(centre, middle - height / 2), (centre, middle + height / 2)], "rule_2", closed=False,
            width=0.5,
        )  # fmt: skip
        if math.isfinite(self.share) and self.share:
            long = min(1.0, abs(self.share)) * width / 2
            thick = min(0.085, 0.6 * height)
            start = centre if self.share > 0 else centre - long
            colour: Ink = "positive" if self.share > 0 else "negative"
            sheet.box(start, middle - thick / 2, long, thick, colour, name="signed")


@dataclass(frozen=True)
class TwoParts:
    """A whole bar in two parts, of which the first is this share; NaN is none."""

    share: float
    wide: float = 0

    def draw(
        self, sheet: Sheet, left: float, middle: float, width: float, height: float, align: Align
    ) -> None:
        """As the Protocol says."""
        if not math.isfinite(self.share):
            return
        first = min(1.0, max(0.0, self.share)) * width
        thick = min(0.085, 0.6 * height)
        sheet.box(left, middle - thick / 2, first, thick, "data", name="share")
        rest = max(0.0, width - first - 0.02)
        sheet.box(left + width - rest, middle - thick / 2, rest, thick, "ink_3", alpha=0.6)


@dataclass(frozen=True)
class Strip:
    """A vector as a strip of colours from −high to high."""

    values: np.ndarray
    high: float
    name: str | None = None
    """Kept as the image's gid."""
    thick: float = 0.125
    gap: bool = True
    wide: float = 0

    def draw(
        self, sheet: Sheet, left: float, middle: float, width: float, height: float, align: Align
    ) -> None:
        """As the Protocol says."""
        thick = min(self.thick, height - 0.02)
        sheet.cells(
            left, middle - thick / 2, width, thick, self.values, high=self.high, gap=self.gap,
            name=self.name,
        )  # fmt: skip
