"""A list of horizontal bars: a name, a bar from 0, and its number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attention_atlas.views.figures import fonts
from attention_atlas.views.figures.frame import mark
from attention_atlas.views.figures.paper import SMALL, TEXT, Paper

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW = 0.155
"""The height of a line of a list, in inches."""
_BAR = 0.5
"""The height of a bar, as a share of its line."""


@dataclass(frozen=True)
class Bar:
    """One line of a list."""

    name: str
    value: float
    text: str
    """The number as it is printed."""
    colour: str | None = None
    """The data colour if None."""
    name_colour: str | None = None
    bold: bool = False


def bars(
    axes: Axes,
    paper: Paper,
    items: Sequence[Bar],
    *,
    names: float,
    numbers: float,
    mono: bool = True,
    ends: tuple[float, float] | None = None,
) -> None:
    """Draws a list of bars, the first at the top.

    A value that is no number has its text and no bar. The bars are `axes.patches`, in order, one
    for each number that is one.

    Args:
        axes: of `place`, as wide as the whole list and `ROW` high for each item.
        paper: whose colours and type are used.
        items: the lines.
        names: the room for names on the left, in inches; longer ones are cut.
        numbers: the room for numbers on the right, in inches.
        mono: whether names are tokens.
        ends: the numbers at the two ends of the bars; 0 and what there is if None.
    """
    figure = axes.get_figure()
    assert figure is not None
    wide = axes.get_window_extent().width / figure.dpi
    finite = [item.value for item in items if math.isfinite(item.value)]
    low, high = ends or (min(0.0, *finite, 0.0), max(0.0, *finite, 0.0))
    span = (high - low) or 1.0
    track = wide - names - numbers
    axes.set_xlim(0, wide)
    axes.set_ylim(len(items) - 0.5, -0.5)

    def at(value: float) -> float:
        return names + track * (min(max(value, low), high) - low) / span

    if low < 0:
        axes.vlines(at(0), -0.5, len(items) - 0.5, colors=paper.colours.rule_2, lw=0.6)
    for k, item in enumerate(items):
        if math.isfinite(item.value):
            axes.barh(
                k, at(item.value) - at(0), left=at(0), height=_BAR,
                color=item.colour or paper.colours.data,
            )  # fmt: skip
        if item.name:
            name = fonts.cut(item.name, names - 0.06, TEXT, mono=mono, bold=item.bold)
            mark(
                axes, paper, 0, k, name, mono=mono, bold=item.bold,
                colour=item.name_colour or paper.colours.ink_2,
            )  # fmt: skip
        mark(
            axes, paper, wide, k, item.text, mono=True, size=SMALL, across="right",
            colour=paper.colours.ink_2,
        )  # fmt: skip
    axes.set_xlim(0, wide)
    axes.set_ylim(len(items) - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks([])
