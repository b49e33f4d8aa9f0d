"""Painting all heads: their tiles by layer or in an order, and the legend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.errors import InvalidChoice
from attention_atlas.views.figures import frame
from attention_atlas.views.figures.cells import colour_bar
from attention_atlas.views.figures.head_values import flat, span, value_text, within
from attention_atlas.views.figures.paper import SMALL, Paper
from attention_atlas.views.figures.scale import linear
from attention_atlas.views.figures.view_figure import Chosen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_GAP = 0.022
_GUTTER = 0.2
_HEAD = 0.13
_WIDEST, _NARROWEST = 0.5, 0.12
_NAME = 0.11
_FOOT = 0.26


@dataclass(frozen=True, eq=False)
class Atlas:
    """What is drawn."""

    thumbnails: np.ndarray
    """(L, H, s, s), 0 to 1."""
    values: np.ndarray | None
    """(L · H): what the tiles are coloured by."""
    quantity: dict[str, Any] | None
    order: np.ndarray | None
    """The heads in the order of a number; None while they stand by layer."""
    belongs: np.ndarray
    """(L · H) bool"""
    chosen: Chosen

    @property
    def shape(self) -> tuple[int, int]:
        """L and H."""
        return self.thumbnails.shape[0], self.thumbnails.shape[1]


def height_of(paper: Paper, atlas: Atlas) -> float:
    """How high the whole is, in inches."""
    return _rows_top(atlas) + _height(paper, atlas) + _FOOT


def _rows_top(atlas: Atlas) -> float:
    return _HEAD if atlas.order is None else 0.01


def _side(paper: Paper, atlas: Atlas) -> float:
    """The side of a tile, in inches."""
    heads = atlas.shape[1]
    side = min(_WIDEST, (paper.width - _GUTTER) / heads - _GAP)
    if atlas.order is not None:
        return max(0.22, min(side, 0.4))
    if side < _NARROWEST:
        raise InvalidChoice(
            f"{heads} heads side by side cannot be read at a width of {paper.sheet} inches. "
            "Choose two columns."
        )
    return side


def _a_row(paper: Paper, atlas: Atlas) -> int:
    """How many tiles stand in a row, where they stand in an order."""
    return max(1, int((paper.width + _GAP) / (_side(paper, atlas) + 2 * _GAP)))


def _height(paper: Paper, atlas: Atlas) -> float:
    side = _side(paper, atlas)
    if atlas.order is None:
        return atlas.shape[0] * (side + _GAP)
    return -(-len(atlas.order) // _a_row(paper, atlas)) * (side + _NAME + 2 * _GAP)


def paint(sheet: Figure | SubFigure, paper: Paper, atlas: Atlas) -> None:
    """Draws the tiles into an empty figure of the paper's width."""
    layers, heads = atlas.shape
    side = _side(paper, atlas)
    top, height = _rows_top(atlas), _height(paper, atlas)
    whole = top + height
    axes = frame.place(sheet, 0, 0, paper.width, whole)
    chosen = atlas.chosen.layer * heads + atlas.chosen.head
    places: dict[int, tuple[float, float]] = {}
    if atlas.order is None:
        for k in range(layers * heads):
            places[k] = _GUTTER + (k % heads) * (side + _GAP), top + (k // heads) * (side + _GAP)
    else:
        a_row = _a_row(paper, atlas)
        for place, k in enumerate(atlas.order.tolist()):
            places[k] = (
                _GAP + (place % a_row) * (side + 2 * _GAP),
                top + (place // a_row) * (side + _NAME + 2 * _GAP) + _GAP,
            )
    for k, (x, y) in places.items():
        _tile(axes, paper, atlas, k, x, y, side, on=k == chosen)
    axes.set_xlim(0, paper.width)
    axes.set_ylim(whole, 0)
    axes.set_aspect("auto")
    if atlas.order is None:
        _numbered(axes, paper, atlas, side, top)
    else:
        for k, (x, y) in places.items():
            name = f"{k // heads + 1}·{k % heads + 1}"
            ink = paper.colours.accent if k == chosen else paper.colours.ink_3
            frame.mark(
                axes, paper, x + side / 2, y + side + 0.055, name, size=SMALL, mono=True,
                colour=ink, bold=k == chosen, across="center",
            )  # fmt: skip
    _legend(sheet, paper, atlas, whole + 0.05)


def _tile(
    axes: Axes, paper: Paper, atlas: Atlas, k: int, x: float, y: float, side: float, *, on: bool
) -> None:
    from matplotlib.patches import Rectangle

    layer, head = divmod(k, atlas.shape[1])
    look = atlas.chosen.look
    rim = 0.0
    away = not atlas.belongs[k]
    if atlas.values is not None and not away:
        level = flat(within(float(atlas.values[k]), span(atlas.values)))
        tint = paper.sequential()(level) if np.isfinite(level) else paper.colours.ground
        ground = Rectangle((x, y), side, side, facecolor=tint, linewidth=0)
        if not np.isfinite(level):
            ground.set(hatch="/////", edgecolor=paper.colours.alert)
        axes.add_patch(ground)
        rim = side / 8
    if atlas.values is None or look.painted == "frame" or away:
        inside = side - 2 * rim
        image = axes.imshow(
            atlas.thumbnails[layer, head],
            cmap=paper.sequential(),
            norm=linear(1.0),
            interpolation="nearest",
            extent=(x + rim, x + rim + inside, y + rim + inside, y + rim),
            alpha=0.25 if away else None,
            aspect="auto",
            zorder=2,  # over its frame
        )
        image.set_gid(f"head-{layer + 1}-{head + 1}")
    if on:
        axes.add_patch(
            Rectangle(
                (x - 0.004, y - 0.004), side + 0.008, side + 0.008, facecolor="none",
                edgecolor=paper.colours.accent, linewidth=1.2, zorder=4, clip_on=False,
            )
        )  # fmt: skip


def _numbered(axes: Axes, paper: Paper, atlas: Atlas, side: float, top: float) -> None:
    """The numbers of layers and heads, from 1, the chosen ones in the accent colour."""
    layers, heads = atlas.shape
    colours, chosen = paper.colours, atlas.chosen
    for kind, count, at in (("layer", layers, chosen.layer), ("head", heads, chosen.head)):
        for k in range(count):
            middle = k * (side + _GAP) + side / 2
            x, y = (_GUTTER - 0.06, top + middle) if kind == "layer" else (_GUTTER + middle, 0.06)
            frame.mark(
                axes, paper, x, y, str(k + 1), size=SMALL, mono=True, bold=k == at,
                colour=colours.accent if k == at else colours.ink_3,
                across="right" if kind == "layer" else "center",
            )  # fmt: skip


def _legend(sheet: Figure | SubFigure, paper: Paper, atlas: Atlas, top: float) -> None:
    ink = paper.colours.ink_3
    left = _GUTTER if atlas.order is None else 0.02
    bar = frame.place(sheet, left, top + 0.02, 1.0, 0.06)
    colours = paper.sequential()
    if atlas.quantity is None or atlas.values is None:
        colour_bar(bar, paper, colours, [(0.0, "0"), (1.0, "1")])
        said = "weight"
    else:
        low, high = span(atlas.values)
        told = atlas.chosen.look.told
        texts = [value_text(atlas.quantity["kind"], x, told) for x in (low, high)]
        colour_bar(bar, paper, colours, [(0.0, texts[0]), (1.0, texts[1])], level=flat)
        said = atlas.quantity["name"]
    frame.write(sheet, paper, left + 1.08, top + 0.08, said, size=SMALL, colour=ink)
