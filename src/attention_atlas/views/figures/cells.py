"""Numbers as cells: a matrix or a strip of them, with what is no number marked as such."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.views.figures.frame import mark
from attention_atlas.views.figures.paper import SMALL, Paper
from attention_atlas.views.thinning import pooled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.image import AxesImage

HAIR = 0.4
"""The line of ground between cells that are wide enough for one, in points."""
DOT = 1 / 300
"""In inches: what is narrower cannot be told apart in print."""
_LOW = 3.0
"""In points: lower rows would vanish below their frame."""
_MARK = 0.03
"""How long a mark beside such a row is, in inches."""
HAIR_FROM = 0.045
"""The narrowest cell that has a hair beside it, in inches."""


def cells(
    axes: Axes,
    paper: Paper,
    values: np.ndarray,
    *,
    colours: Colormap,
    scale: Normalize,
    gap: bool = True,
    blank: np.ndarray | None = None,
) -> AxesImage:
    """Draws numbers as cells, the first row at the top, a cell about each whole number.

    What is NaN or infinite is hatched. Where a column or a row would be narrower than a dot in
    print, several share it and the one that is farthest from 0 shows.

    Args:
        axes: of `place`; its limits become those of the cells.
        paper: whose colours mark what is no number.
        values: (rows, columns); one vector is a strip, (1, d).
        colours: the map.
        scale: from numbers to 0 … 1 on the map.
        gap: whether wide cells have a hair of ground between them.
        blank: (rows, columns) bool: cells that stay empty.

    Returns:
        The image, which holds the numbers: `image.get_array()`, masked where blank or no number.
    """
    rows, columns = values.shape
    unknown = ~np.isfinite(values)
    wide, high = _cell(axes, rows, columns)
    hidden = unknown if blank is None else unknown | blank
    image = axes.imshow(
        _seen(np.ma.masked_array(values, hidden), wide, high),
        cmap=colours,
        norm=scale,
        interpolation="nearest",
        aspect="auto",
        extent=(-0.5, columns - 0.5, rows - 0.5, -0.5),
    )
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    if gap and columns > 1 and wide >= HAIR_FROM:
        axes.vlines(
            np.arange(1, columns) - 0.5, -0.5, rows - 0.5, colors=paper.colours.ground, lw=HAIR
        )
    if gap and rows > 1 and high >= HAIR_FROM:
        axes.hlines(
            np.arange(1, rows) - 0.5, -0.5, columns - 0.5, colors=paper.colours.ground, lw=HAIR
        )
    hatch(axes, paper, unknown if blank is None else unknown & ~blank)
    return image


def hatch(axes: Axes, paper: Paper, unknown: np.ndarray) -> None:
    """Hatches the cells that hold no number; neighbours in a row together."""
    if not unknown.any():
        return
    from matplotlib.collections import PolyCollection

    boxes = []
    for row, flags in enumerate(unknown):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
        for start, stop in edges.reshape(-1, 2):
            left, right, top, bottom = start - 0.5, stop - 0.5, row - 0.5, row + 0.5
            boxes.append([(left, top), (right, top), (right, bottom), (left, bottom)])
    axes.add_collection(
        PolyCollection(
            boxes,
            facecolors=paper.colours.ground,
            edgecolors=paper.colours.alert,
            hatch="/////",
            linewidths=0,
        ),
        autolim=False,
    )


def frame_row(axes: Axes, paper: Paper, row: int, columns: int, **more: Any) -> None:
    """Frames one row in the accent colour, as the page frames the focused token's.

    A very low row would vanish below its frame: it has a mark on either side instead.
    """
    figure = axes.get_figure()
    assert figure is not None
    box = axes.get_window_extent()
    low = box.height / figure.dpi * 72 / abs(np.diff(axes.get_ylim())[0]) < _LOW
    if not low:
        frame_cells(axes, paper, row, 0, 1, columns, **more)
        return
    away = _MARK * columns / (box.width / figure.dpi)
    left, right = -0.5, columns - 0.5
    style = {"colors": paper.colours.accent, "lw": 0.9, "clip_on": False, "zorder": 4, **more}
    axes.hlines([row, row], [left - away, right], [left, right + away], **style)


def frame_cells(
    axes: Axes, paper: Paper, row: int, column: int, rows: int = 1, columns: int = 1, **more: Any
) -> None:
    """Frames cells in the accent colour."""
    from matplotlib.patches import Rectangle

    style = {"edgecolor": paper.colours.accent, "linewidth": 0.9, **more}
    box = Rectangle(
        (column - 0.5, row - 0.5), columns, rows, facecolor="none", clip_on=False, zorder=4, **style
    )
    axes.add_patch(box)


def colour_bar(
    axes: Axes,
    paper: Paper,
    colours: Colormap,
    marks: list[tuple[float, str]],
    *,
    shown: tuple[float, float] = (0.0, 1.0),
    level: Any = None,
) -> None:
    """The legend of a colour scale: the ramp, and below it its numbers.

    Args:
        axes: of `place`, as high as the ramp; the numbers stand below it.
        paper: whose type and ink the numbers have.
        colours: the map.
        marks: (place on the map from 0 to 1, text), from left to right. Of two that would touch
            the later one is left out, but never an end.
        shown: which part of the map the ramp shows.
        level: bends the ramp: where on the map a place from 0 to 1 lies; as it is if None.
    """
    from matplotlib.colors import Normalize

    from attention_atlas.views.figures.fonts import width_of

    start, stop = shown
    ramp = np.linspace(start, stop, 256)
    if level is not None:
        ramp = np.vectorize(level)(ramp)
    axes.imshow(
        ramp[None, :],
        cmap=colours,
        norm=Normalize(0, 1),
        interpolation="nearest",
        aspect="auto",
        extent=(start, stop, 0, 1),
    )
    axes.set_xlim(start, stop)
    axes.set_ylim(0, 1)
    figure = axes.get_figure()
    assert figure is not None
    per_inch = (stop - start) / (axes.get_window_extent().width / figure.dpi)
    size = SMALL
    last = marks[-1]
    free = start - 1.0
    for one in marks:
        place, text = one
        wide = width_of(text, size, mono=True) * per_inch
        left = max(start, min(stop - wide, place - wide / 2))
        end = stop - width_of(last[1], size, mono=True) * per_inch
        if one is not last and left + wide > end - 0.04 * (stop - start):
            continue
        if left < free:
            continue
        free = left + wide + 0.04 * (stop - start)
        mark(
            axes, paper, left, -0.5, text, size=size, mono=True, colour=paper.colours.ink_3,
            down="top", clip_on=False,
        )  # fmt: skip


def _seen(values: np.ma.MaskedArray, wide: float, high: float) -> np.ma.MaskedArray:
    """The numbers as they are, or of those that share a dot the one farthest from 0."""
    across, down = max(1, round(DOT / wide)), max(1, round(DOT / high))
    if across == down == 1:
        return values
    filled = pooled(values.filled(0), across)
    filled = np.ascontiguousarray(pooled(np.ascontiguousarray(filled.T), down).T)
    hidden = np.ma.getmaskarray(values).astype(np.int8)
    none = -pooled(np.ascontiguousarray(pooled(hidden - 1, across).T), down).T
    return np.ma.masked_array(filled, none == 0)


def _cell(axes: Axes, rows: int, columns: int) -> tuple[float, float]:
    """How wide and how high a cell is in print, in inches."""
    figure = axes.get_figure()
    assert figure is not None
    box = axes.get_window_extent()
    return box.width / figure.dpi / columns, box.height / figure.dpi / rows
