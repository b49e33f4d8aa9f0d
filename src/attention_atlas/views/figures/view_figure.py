"""A view to take away: a figure for a paper, and the numbers it is drawn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.analysis.metrics import THRESHOLD
from attention_atlas.views.look import DEFAULT_LOOK, Look
from attention_atlas.views.weights import WEIGHTS, Shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from attention_atlas.views.colour import Theme
    from attention_atlas.views.figures.paper import Columns, Paper


@dataclass(frozen=True)
class Chosen:
    """What of a trace a figure is of; the page's selection, switches and look."""

    layer: int = 0
    """Counted from 0."""
    head: int = 0
    """Counted from 0."""
    token: int | None = None
    """The focused token's index; None for none (the walk then follows the first word)."""
    shown: Shown = WEIGHTS
    """Which numbers of a head, between which units of text."""
    tau: float = THRESHOLD
    """τ of sparsity."""
    look: Look = DEFAULT_LOOK


@dataclass(frozen=True)
class Numbers:
    """One array of a figure with the names of its axes."""

    values: np.ndarray
    axes: tuple[str, ...]
    """What each axis counts: ("from", "to")."""
    labels: tuple[Sequence[str] | None, ...]
    """The names along each axis; None where the index is the name."""
    about: str = ""
    """One sentence on what a value is, with its unit."""


@dataclass(frozen=True)
class ViewFigure:
    """One view of a trace, ready to be printed. Made by `figure`."""

    view: str
    """The name of the view: "attention-map"."""
    title: str
    """As the page calls it: "Attention map"."""
    caption: str
    """What the figure is of: the sentence, the model, layer and head, and what was set."""
    numbers: Mapping[str, Numbers]
    """What it is drawn from, by name."""
    paint: Callable[[Figure | SubFigure, Paper], None] = field(repr=False)
    """Draws into an empty Matplotlib figure of the paper's width."""
    height: Callable[[Paper], float] = field(repr=False)
    """How high it is, in inches, on this paper."""

    def matplotlib(
        self, columns: Columns = 1, theme: Theme = "light", *, caption: bool = True
    ) -> Figure:
        """A Matplotlib figure to go on with; it belongs to the caller and to no window.

        Args:
            columns: how many columns of a paper it fills: 1 is 3.25 inches wide, 2 is 6.75.
            theme: "light" or "dark".
            caption: whether the caption stands below.

        Raises:
            InvalidChoice: there is no such width or theme, or the view cannot be read at it.
        """
        from attention_atlas.views.figures.paper import Paper
        from attention_atlas.views.figures.saving import to_matplotlib

        return to_matplotlib(self, Paper(columns, theme), caption=caption)

    def to_bytes(
        self,
        format: str,
        columns: Columns = 1,
        theme: Theme = "light",
        *,
        caption: bool = True,
        dpi: int = 300,
    ) -> bytes:
        """The figure as "svg", "pdf" or "png", or its numbers as "csv" or "npz".

        `dpi` is of a PNG: fewer make a preview of it.

        SVG and PDF keep text as text and carry their fonts; each says the caption in its metadata
        too. The same figure always gives the same bytes. `tables.csv_of` and `tables.npz_of` say
        how the numbers are laid out. The arguments are those of `matplotlib`.

        Raises:
            InvalidChoice: there is no such format, width or theme, or the view cannot be read at
                this width.
        """
        from attention_atlas.views.figures.paper import Paper
        from attention_atlas.views.figures.saving import to_bytes

        return to_bytes(self, format, Paper(columns, theme), caption=caption, dpi=dpi)

    def save(
        self,
        path: str | Path,
        columns: Columns = 1,
        theme: Theme = "light",
        *,
        caption: bool = True,
    ) -> None:
        """Writes `to_bytes` to a file whose suffix names the format, whole or not at all.

        Raises:
            InvalidChoice: the suffix names no format, the file cannot be written there, there is
                no such width or theme, or the view cannot be read at this width.
        """
        from attention_atlas.views.figures.paper import Paper
        from attention_atlas.views.figures.saving import save

        save(self, path, Paper(columns, theme), caption=caption)
