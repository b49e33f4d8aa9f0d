"""Tokens along an axis: as many as can be read, never overlapping, the focused one always."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from attention_atlas.views.figures import fonts
from attention_atlas.views.figures.paper import TEXT, Paper

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SLANTED_FROM = 0.15
"""The narrowest column whose label is slanted, in inches; narrower ones have it upright."""
_PITCH = 1.16
"""From one label to the next at least, in sizes of its type."""
_AWAY = 0.04


@dataclass(frozen=True)
class Labels:
    """The labels of an axis and the room they need. Made by `labels_for`."""

    texts: tuple[str, ...]
    """As they are printed; cut where they are too long."""
    every: int
    """1 if all are printed, k if only every k-th can be read."""
    at: tuple[int, ...]
    """Which are printed."""
    room: float
    """How much they need across the axis, in inches."""
    over: float
    """How far the last slanted ones reach beyond the axis, in inches."""
    rotation: float
    size: float


def labels_for(
    texts: Sequence[str],
    cell: float,
    which: Literal["x", "y"],
    *,
    longest: float = 0.8,
    focus: int | None = None,
    size: float = TEXT,
    first: int = 0,
) -> Labels:
    """The labels of an axis.

    Args:
        texts: one for each cell.
        cell: the width of a cell along the axis, in inches.
        which: "x" above the cells, slanted or upright; "y" beside them.
        longest: where a label is cut, in inches.
        focus: the index of one that is printed in any case; None for none.
        size: of the type, in points.
        first: the number of the first one in its text, so that a part of a text names the same
            ones as the whole.
    """
    line = _PITCH * size / 72
    slanted = which == "x" and cell >= SLANTED_FROM
    rotation = 0.0 if which == "y" else 45.0 if slanted else 90.0
    every = 1 if slanted else max(1, math.ceil(line / cell - 1e-9))
    at = [
        k
        for k in range(len(texts))
        if k == focus
        or ((k + first) % every == 0 and not (focus is not None and abs(k - focus) < every))
    ]
    fit = tuple(
        fonts.cut(text, longest, size, mono=True) if k in set(at) else text
        for k, text in enumerate(texts)
    )
    widths = {k: fonts.width_of(fit[k], size, mono=True) for k in at}
    most = max(widths.values(), default=0.0)
    if which == "x" and slanted:
        lean = math.sqrt(0.5)
        over = max(
            (w * lean + (k + 0.5) * cell - len(texts) * cell for k, w in widths.items()),
            default=0.0,
        )
        room = (most + size / 72) * lean + _AWAY
        return Labels(fit, every, tuple(at), room, max(0.0, over + 0.03), rotation, size)
    edge = _AWAY if which == "x" else 0.0  # a letter may rise above the line its width ends at
    return Labels(fit, every, tuple(at), most + _AWAY + edge, 0.0, rotation, size)


def name_axis(
    axes: Axes,
    paper: Paper,
    labels: Labels,
    which: Literal["x", "y"],
    *,
    quiet: Sequence[bool] = (),
    focus: int | None = None,
    strong: Sequence[int] = (),
) -> None:
    """Prints labels as the ticks of an axis: x above the cells, y on their left.

    `quiet` are those in a quieter ink (special tokens), `focus` is in the accent colour, `strong`
    are in full ink.
    """
    colours = paper.colours
    texts = [fonts.set_text(labels.texts[k], mono=True)[0] for k in labels.at]
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_ticks(list(labels.at), labels=texts, parse_math=False)
    if which == "x":
        axes.xaxis.tick_top()
    axes.tick_params(axis=which, length=0, pad=_AWAY * 72 * (0.6 if labels.rotation == 45 else 1))
    for k, tick in zip(labels.at, axis.get_major_ticks(), strict=True):
        for label in (tick.label1, tick.label2):
            label.set_parse_math(False)
            label.set_fontproperties(
                fonts.properties(labels.texts[k], labels.size, mono=True, bold=k == focus)
            )
            label.set_color(
                colours.accent
                if k == focus
                else colours.ink
                if k in strong
                else colours.ink_3
                if k < len(quiet) and quiet[k]
                else colours.ink_2
            )
            if which == "x":
                label.set_rotation(labels.rotation)
                label.set_rotation_mode("anchor")
                label.set_horizontalalignment("left")
                label.set_verticalalignment("baseline" if labels.rotation == 45 else "center")
            else:
                label.set_horizontalalignment("right")
                label.set_verticalalignment("center")


def distinct(texts: Sequence[str]) -> list[str]:
    """Texts of which one that occurs again says which it is: "the (2nd)"."""
    seen: dict[str, int] = {}
    out = []
    for text in texts:
        seen[text] = k = seen.get(text, 0) + 1
        out.append(text if k == 1 else f"{text} ({ordinal(k)})")
    return out


def ordinal(k: int) -> str:
    """ "1st", "2nd", "11th"."""
    ending = "th" if 10 < k % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(k % 10, "th")
    return f"{k}{ending}"
