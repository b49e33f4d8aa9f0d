"""Placing things on a figure in inches from its top left corner, and setting text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attention_atlas.views.figures import fonts
from attention_atlas.views.figures.paper import LINE, TEXT, TITLE, Paper

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.text import Text

Across = Literal["left", "center", "right"]
Down = Literal["top", "center", "baseline", "bottom"]


def size_of(figure: Figure | SubFigure) -> tuple[float, float]:
    """Its width and height, in inches."""
    return figure.bbox.width / figure.dpi, figure.bbox.height / figure.dpi


def place(
    figure: Figure | SubFigure, left: float, top: float, width: float, height: float, **more: Any
) -> Axes:
    """Axes without frame and ticks. All four numbers are inches; `top` is from the upper edge."""
    wide, high = size_of(figure)
    bounds = (left / wide, 1 - (top + height) / high, width / wide, height / high)
    axes = figure.add_axes(bounds, **more)
    axes.set_facecolor("none")
    axes.tick_params(length=0, pad=0)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def write(
    figure: Figure | SubFigure,
    paper: Paper,
    left: float,
    top: float,
    text: str,
    *,
    size: float = TEXT,
    colour: str | None = None,
    mono: bool = False,
    bold: bool = False,
    across: Across = "left",
    down: Down = "baseline",
    rotation: float = 0,
) -> Text:
    """Sets a text at inches from the left and the upper edge of a figure."""
    wide, high = size_of(figure)
    return figure.text(
        left / wide,
        1 - top / high,
        fonts.set_text(text, mono=mono)[0],
        **_style(paper, text, size, colour, mono, bold, across, down, rotation),
    )


def mark(
    axes: Axes,
    paper: Paper,
    x: float,
    y: float,
    text: str,
    *,
    size: float = TEXT,
    colour: str | None = None,
    mono: bool = False,
    bold: bool = False,
    across: Across = "left",
    down: Down = "center",
    rotation: float = 0,
    **more: Any,
) -> Text:
    """Sets a text at a place of axes, in their own numbers."""
    style = _style(paper, text, size, colour, mono, bold, across, down, rotation)
    return axes.text(x, y, fonts.set_text(text, mono=mono)[0], **{**style, **more})


def title(
    figure: Figure | SubFigure, paper: Paper, text: str, left: float = 0.0, top: float = 0.0
) -> float:
    """A title line. Gives how far down it reaches, in inches."""
    base = top + TITLE / 72
    write(figure, paper, left, base, text, size=TITLE, bold=True)
    return top + TITLE * LINE / 72 + 0.02


def lines(
    figure: Figure | SubFigure,
    paper: Paper,
    left: float,
    top: float,
    texts: list[str],
    *,
    size: float = TEXT,
    colour: str | None = None,
) -> float:
    """Lines of text below each other. Gives how far down they reach, in inches."""
    for k, text in enumerate(texts):
        base = top + (k * LINE + 1) * size / 72
        write(figure, paper, left, base, text, size=size, colour=colour)
    return top + height_of(len(texts), size)


def height_of(count: int, size: float = TEXT) -> float:
    """How high so many lines of text are, in inches."""
    return count * LINE * size / 72


def _style(
    paper: Paper,
    text: str,
    size: float,
    colour: str | None,
    mono: bool,
    bold: bool,
    across: Across,
    down: Down,
    rotation: float,
) -> dict[str, Any]:
    return {
        "fontproperties": fonts.properties(text, size, mono=mono, bold=bold),
        "color": colour or paper.colours.ink,
        "horizontalalignment": across,
        "verticalalignment": down,
        "rotation": rotation,
        "rotation_mode": "anchor",
        "parse_math": False,
    }
