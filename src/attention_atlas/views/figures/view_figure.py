"""A view to take away: a figure for a paper, and the numbers it is drawn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.analysis.metrics import THRESHOLD
from attention_atlas.views.look import DEFAULT_LOOK, Look
from attention_atlas.views.weights import WEIGHTS, Shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from attention_atlas.views.figures.paper import Paper


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
