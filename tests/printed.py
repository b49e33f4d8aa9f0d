"""What a printed figure contains, read from its Matplotlib artists."""

from __future__ import annotations

import re

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from attention_atlas.views.figures.view_figure import ViewFigure

MARKS = re.compile("[\u200e\u2066-\u2069]")
"""What keeps a text in its direction, and is never seen."""


class Printed:
    """One figure, drawn."""

    def __init__(self, view: ViewFigure, columns: int = 2, theme: str = "light") -> None:
        self.figure: Figure = view.matplotlib(columns, theme, caption=False)
        self._artists: list[Artist] = self.figure.findobj()

    def written(self) -> list[Text]:
        """All texts that are not blank."""
        return [a for a in self._artists if isinstance(a, Text) and a.get_text().strip()]

    def texts(self) -> list[str]:
        """All texts from top to bottom, and in a line from left to right, as they are read."""
        found = self.written()
        found.sort(key=lambda text: (round(text.get_position()[1], 2), text.get_position()[0]))
        return [MARKS.sub("", text.get_text()) for text in found]

    def said(self) -> str:
        """All texts after each other."""
        return " ".join(self.texts())

    def line(self, beginning: str) -> str:
        """The texts on the same line as the one that begins with this, from there on."""
        found = self.written()
        first = next(a for a in found if MARKS.sub("", a.get_text()).startswith(beginning))
        x, y = first.get_position()
        same = [
            a for a in found if abs(a.get_position()[1] - y) < 0.01 and a.get_position()[0] >= x
        ]
        same.sort(key=lambda text: text.get_position()[0])
        return " ".join(MARKS.sub("", text.get_text()) for text in same)

    def places(self, text: str) -> list[tuple[float, float]]:
        """Where this text stands, each time it does."""
        return [a.get_position() for a in self.written() if MARKS.sub("", a.get_text()) == text]

    def colour(self, text: str) -> str:
        """The colour of a text."""
        return next(
            str(a.get_color()) for a in self.written() if MARKS.sub("", a.get_text()) == text
        )

    def numbers(self, name: str) -> np.ma.MaskedArray:
        """The numbers that the image of this name paints, masked where they are not finite."""
        return self.image(name).get_array()

    def image(self, name: str) -> AxesImage:
        return next(a for a in self._artists if isinstance(a, AxesImage) and a.get_gid() == name)

    def names(self) -> set[str]:
        """The names of all images."""
        return {str(a.get_gid()) for a in self._artists if isinstance(a, AxesImage)}

    def boxes(self, name: str) -> list[Rectangle]:
        """The bars, or frames, of this name, in the order they were drawn."""
        return [a for a in self._artists if isinstance(a, Rectangle) and a.get_gid() == name]

    def widths(self, name: str) -> np.ndarray:
        """How wide they are, in inches."""
        return np.array([box.get_width() for box in self.boxes(name)])

    def lines(self, name: str) -> LineCollection:
        return next(
            a for a in self._artists if isinstance(a, LineCollection) and a.get_gid() == name
        )

    def dots(self, name: str) -> PathCollection:
        return next(
            a for a in self._artists if isinstance(a, PathCollection) and a.get_gid() == name
        )

    def overlapping(self) -> list[tuple[str, str]]:
        """Pairs of texts of which one covers the other: there should be none."""
        boxes = self._extents(-1.5)
        return [
            (said, other)
            for k, (said, box) in enumerate(boxes)
            for other, before in boxes[:k]
            if box.overlaps(before)
        ]

    def outside(self) -> list[str]:
        """Texts that reach beyond the paper: there should be none."""
        width, height = self.figure.bbox.width, self.figure.bbox.height
        room = 0.02 * self.figure.dpi
        return [
            said
            for said, box in self._extents(0)
            if box.x0 < -room or box.y0 < -room or box.x1 > width + room or box.y1 > height + room
        ]

    def _extents(self, padded: float) -> list[tuple[str, Bbox]]:
        found = self.written()
        with rc_context({"text.hinting": "no_hinting"}):  # as they are printed
            renderer = FigureCanvasAgg(self.figure).get_renderer()
            return [(a.get_text(), a.get_window_extent(renderer).padded(padded)) for a in found]
