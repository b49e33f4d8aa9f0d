"""A figure as one sheet measured in inches: text, lines, bars and strips of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from attention_atlas.views.figures.frame import Across, mark, place, size_of
from attention_atlas.views.figures.paper import TEXT, Paper

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage
    from matplotlib.text import Text

DOTS = 300
"""How many cells an inch holds at most: what a PNG has, and more than a printed page shows."""
Ink = Literal[
    "ground", "surface", "rule", "rule_2", "ink", "ink_2", "ink_3",
    "accent", "data", "negative", "positive", "alert",
]  # fmt: skip
"""A colour by its name in `Colours`."""


class Sheet:
    """Everything is placed in inches from the upper left corner; y runs down."""

    def __init__(self, figure: Figure | SubFigure, paper: Paper) -> None:
        """One frame over the whole of `figure`."""
        self.paper = paper
        self.width, self.height = size_of(figure)
        self.axes = place(figure, 0, 0, self.width, self.height)
        self.axes.set(xlim=(0, self.width), ylim=(self.height, 0))
        self.axes.set_autoscale_on(False)
        root = figure.get_figure(root=True)
        if root is not None:  # images merged into one would be drawn at the resolution of a screen
            root.suppressComposite = True

    def colour(self, name: Ink) -> str:
        """A colour of the paper."""
        return getattr(self.paper.colours, name)

    def text(
        self,
        x: float,
        base: float,
        said: str,
        *,
        colour: Ink = "ink_2",
        size: float = TEXT,
        mono: bool = False,
        bold: bool = False,
        across: Across = "left",
        rotation: float = 0,
    ) -> Text:
        """Sets a text on the base line `base`."""
        style = {"size": size, "mono": mono, "bold": bold, "rotation": rotation}
        ink = self.colour(colour)
        return mark(
            self.axes, self.paper, x, base, said, colour=ink, across=across, down="baseline",
            zorder=3, **style,
        )  # fmt: skip

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        colour: Ink,
        *,
        outline: bool = False,
        alpha: float | None = None,
        name: str | None = None,
    ) -> None:
        """A bar; with `outline` its frame alone, around it. `name` is kept as its gid."""
        from matplotlib.patches import Rectangle

        ink = self.colour(colour)
        style = (
            {"facecolor": "none", "edgecolor": ink, "linewidth": 0.9, "zorder": 2.5}
            if outline
            else {"facecolor": ink, "edgecolor": "none", "linewidth": 0, "zorder": 1}
        )
        box = Rectangle((x, y), width, height, alpha=alpha, **style)
        box.set_gid(name)
        self.axes.add_patch(box)

    def shape(
        self,
        points: Sequence[tuple[float, float]],
        colour: Ink,
        *,
        alpha: float | None = None,
        closed: bool = True,
        width: float = 0.75,
        zorder: float = 1,
    ) -> None:
        """A filled shape, or with `closed` False a line through the points."""
        from matplotlib.lines import Line2D
        from matplotlib.patches import Polygon

        ink = self.colour(colour)
        if closed:
            shape = Polygon(points, facecolor=ink, edgecolor="none", alpha=alpha, zorder=zorder)
            self.axes.add_patch(shape)
            return
        xs, ys = zip(*points, strict=True)
        line = Line2D(xs, ys, color=ink, linewidth=width, alpha=alpha, zorder=zorder)
        line.set_solid_joinstyle("round")
        self.axes.add_line(line)

    def rule(self, x: float, y: float, width: float, colour: Ink = "rule_2") -> None:
        """A hair line across."""
        self.shape([(x, y), (x + width, y)], colour, closed=False, width=0.5)

    def cells(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        values: np.ndarray,
        *,
        high: float,
        low: float | None = None,
        cmap: Colormap | None = None,
        gap: bool = False,
        middle: bool = False,
        name: str | None = None,
    ) -> AxesImage:
        """Rows × columns of numbers as colours, from `low` (−high) to `high`.

        Where there are more cells than `DOTS` an inch, those that share a dot show the largest of
        them in magnitude, or with `middle` the one in their middle, as on screen. NaN and infinity
        are crossed out in the alert colour. With `gap` a hair stands between cells that are wide
        enough.
        """
        values = np.atleast_2d(values)
        if middle:
            shown = _every(_every(values, round(DOTS * width)).T, round(DOTS * height)).T
        else:
            shown = shared(shared(values, round(DOTS * width)).T, round(DOTS * height)).T
        image = self.axes.imshow(
            np.ma.masked_invalid(shown),
            cmap=cmap or self.paper.diverging(),
            vmin=-high if low is None else low,
            vmax=high,
            extent=(x, x + width, y + height, y),
            aspect="auto",
            interpolation="none",
            zorder=1,
        )
        image.set_gid(name)
        rows, columns = shown.shape
        if gap:
            self._hairs(x, y, width, height, rows, columns)
        self._crossed(x, y, width / columns, height / rows, ~np.isfinite(shown))
        return image

    def _hairs(
        self, x: float, y: float, width: float, height: float, rows: int, columns: int
    ) -> None:
        from matplotlib.collections import LineCollection

        lines = []
        if width / columns >= 0.04:
            at = x + width / columns * np.arange(1, columns)
            lines += [[(k, y), (k, y + height)] for k in at]
        if height / rows >= 0.04:
            at = y + height / rows * np.arange(1, rows)
            lines += [[(x, k), (x + width, k)] for k in at]
        if lines:
            ground = self.colour("ground")
            self.axes.add_collection(LineCollection(lines, colors=ground, linewidths=0.4, zorder=2))

    def _crossed(
        self, x: float, y: float, width: float, height: float, strange: np.ndarray
    ) -> None:
        """Hatches what is no finite number; cells beside each other in one piece."""
        from matplotlib.collections import PatchCollection
        from matplotlib.patches import Rectangle

        boxes = []
        for row, column, length in _runs(strange):
            corner = (x + column * width, y + row * height)
            boxes.append(Rectangle(corner, length * width, height))
        if not boxes:
            return
        crossed = PatchCollection(
            boxes, facecolor="none", edgecolor=self.colour("alert"), linewidth=0, hatch="//////",
            zorder=2,
        )  # fmt: skip
        crossed.set_gid("not finite")
        self.axes.add_collection(crossed)


def shared(values: np.ndarray, most: int) -> np.ndarray:
    """At most `most` columns; those that share one show the largest in magnitude, NaN before all.

    As shared/canvas.js paints cells that share a pixel.
    """
    columns = values.shape[1]
    most = max(1, most)
    if columns <= most:
        return values
    size = np.where(np.isnan(values), np.inf, np.abs(values))
    out = np.empty((len(values), most), dtype=values.dtype)
    for k in range(most):
        first = k * columns // most
        last = max(first + 1, -(-(k + 1) * columns // most))
        best = size[:, first:last].argmax(axis=1)
        out[:, k] = values[np.arange(len(values)), first + best]
    return out


def _every(values: np.ndarray, most: int) -> np.ndarray:
    columns = values.shape[1]
    if columns <= most:
        return values
    return values[:, ((np.arange(most) + 0.5) * columns / most).astype(int)]


def _runs(strange: np.ndarray) -> list[tuple[int, int, int]]:
    """Row, first column and length of each run of True."""
    found = []
    for row in np.flatnonzero(strange.any(axis=1)):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], strange[row].astype(int), [0]])))
        found += [(int(row), int(a), int(b - a)) for a, b in edges.reshape(-1, 2)]
    return found
