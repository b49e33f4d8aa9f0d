"""How the numbers of a head become colours: heatmap/scale.js for print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from attention_atlas.views.figures.numerals import brief
from attention_atlas.views.figures.paper import Paper
from attention_atlas.views.look import Scale
from attention_atlas.views.weights import Measure

if TYPE_CHECKING:
    from matplotlib.colors import ListedColormap, Normalize

Kind = Literal["linear", "root", "log"]
LINEAR_UP_TO = 64
"""In longer texts nearly all weights are so small that a linear scale shows none of them."""
DECADES: dict[Measure, int] = {"weights": 4, "scores": 3, "norms": 3, "difference": 3}
"""From the end of a logarithmic scale to its floor."""
NAMES: dict[Kind, str] = {
    "linear": "",
    "root": "colours in steps of the square root",
    "log": "colours in steps of the logarithm",
}
"""What a caption says of a scale; nothing of the plain one."""


@dataclass(frozen=True)
class HeadScale:
    """From the numbers of a head to a colour map and its legend."""

    colours: ListedColormap
    norm: Normalize
    """From a number to its place on the map, 0 to 1."""
    shown: tuple[float, float]
    """Which part of the map the legend shows."""
    marks: list[tuple[float, str]]
    """Of the legend: place on the map, text."""


def signed(measure: Measure) -> bool:
    """Whether it has numbers below 0."""
    return measure in ("scores", "difference")


def end_of(measure: Measure, limits: tuple[float, float]) -> float:
    """The end of a measure's scale, which is never 0: 1 for weights."""
    return 1.0 if measure == "weights" else max(abs(limits[0]), abs(limits[1])) or 1.0


def kind_of(scale: Scale, n: int) -> Kind:
    """The scale of a map of n units; "auto" bends where n is large."""
    if scale == "auto":
        return "linear" if n <= LINEAR_UP_TO else "root"
    return scale


def head_scale(
    paper: Paper, measure: Measure, kind: Kind, limits: tuple[float, float]
) -> HeadScale:
    """The scale of one head's numbers; `limits` are the lowest and the highest of them."""
    end = end_of(measure, limits)
    decades = DECADES[measure]
    faint = brief(end * 10.0**-decades)
    bend, back = _bends(kind, decades)
    if not signed(measure):
        quarters = measure == "weights"
        at = {
            "linear": (0, 0.25, 0.5, 0.75, 1) if quarters else (0, 0.5, 1),
            "root": (0, 0.05, 0.25, 0.5, 1) if quarters else (0, 0.25, 1),
            "log": (0.01, 0.1, 1) if quarters else (0.1, 1),
        }[kind]
        marks = [(float(bend(np.asarray(u, dtype=float))), brief(u * end)) for u in at]
        if kind == "log":
            marks = [(0.0, f"≤{faint}"), *marks]
        norm = _norm(lambda x: bend(x / end), lambda t: back(t) * end, 0.0, end)
        return HeadScale(paper.sequential(), norm, (0.0, 1.0), marks)

    def level(x: np.ndarray) -> np.ndarray:
        return 0.5 + np.sign(x) * bend(np.abs(x) / end) / 2

    def number(t: np.ndarray) -> np.ndarray:
        return np.sign(t - 0.5) * back(np.abs(t - 0.5) * 2) * end

    low, high = (
        (-end, end) if measure == "difference" else (min(0.0, limits[0]), max(0.0, limits[1]))
    )
    ends = [float(level(np.asarray(x, dtype=float))) for x in (low, high)]
    zero = (0.5, f"±{faint}" if kind == "log" else "0")
    marks = [(ends[0], brief(low)), zero, (ends[1], brief(high))]
    marks = [one for k, one in enumerate(marks) if k == 1 or one[0] != 0.5]
    return HeadScale(paper.diverging(), _norm(level, number, -end, end), (ends[0], ends[1]), marks)


def linear(high: float, low: float = 0.0) -> Normalize:
    """From `low` … `high` to 0 … 1."""
    from matplotlib.colors import Normalize

    return Normalize(low, high, clip=True)


Bend = Callable[[np.ndarray], np.ndarray]


def _bends(kind: Kind, decades: int) -> tuple[Bend, Bend]:
    """From a share of the end to a place on the map, and back."""
    if kind == "root":
        return lambda u: np.sqrt(np.maximum(u, 0)), lambda t: np.square(t)
    if kind == "log":
        floor = 10.0**-decades
        return (
            lambda u: np.maximum(0, 1 + np.log10(np.maximum(u, floor)) / decades),
            lambda t: 10 ** ((t - 1) * decades),
        )
    return lambda u: np.asarray(u), lambda t: np.asarray(t)


def _norm(forth: Bend, back: Bend, low: float, high: float) -> Normalize:
    from matplotlib.colors import FuncNorm

    return FuncNorm((forth, back), vmin=low, vmax=high, clip=True)
