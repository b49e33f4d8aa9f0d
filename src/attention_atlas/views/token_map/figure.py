"""The tokens of a sentence as points in a plane, on paper: after one layer, with the way there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.analysis.principal import Plane, principal_plane
from attention_atlas.views.figures.blocks import Block, Line, Run, heading, note, token
from attention_atlas.views.figures.fonts import cut, width_of
from attention_atlas.views.figures.labels import distinct
from attention_atlas.views.figures.numerals import number
from attention_atlas.views.figures.paper import SMALL, TEXT
from attention_atlas.views.figures.view_figure import Numbers
from attention_atlas.views.figures.walking import followed, many, names, walked

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Token, Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.sheet import Sheet
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

_SHAPE, _HIGHEST = 0.56, 3.0
_PAD = 0.2
_LONGEST = 0.9
"""Where a label is cut, in inches."""
_ALONE = "The tokens of this text do not differ here, so they are all at one point."


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The map after the chosen layer, and the followed token's way through all layers.

    Raises:
        InvalidChoice: there is no such token, or a hidden state is not a finite number.
    """
    chosen, index = followed(trace, chosen)
    plane = principal_plane(trace.hidden_states)
    state = chosen.layer + 1

    def blocks(paper: Paper) -> list[Block]:
        points = _Map(trace.tokens, plane.points, state, index)
        where = f"After layer {state} of {trace.model.layers}"
        found: list[Block] = [heading("A map of the tokens", Run(where)), points]
        missing = len(trace.tokens) - len(points.labels(paper.width))
        keys = []
        if len({one.segment for one in trace.tokens}) > 1:
            keys.append("Discs: segment A, squares: segment B.")
        if missing:
            fit = len(trace.tokens) - missing
            keys.append(f"{fit} of {many(len(trace.tokens), 'label')} fit.")
        if keys:
            found.append(note(" ".join(keys)))
        return [*found, *_told(trace, plane, state, index)]

    labels = names(trace)
    states = ("embeddings", *(f"layer {k + 1}" for k in range(trace.model.layers)))
    numbers = {
        "points": Numbers(
            plane.points, ("after", "token", "component"), (states, labels, None),
            "The place of a token on the map, in units of the layer’s spread.",
        ),
        "nearest": Numbers(
            plane.nearest, ("after", "token"), (states, labels),
            "The index of the token that is nearest in all dimensions; −1 if there is none.",
        ),
        "share": Numbers(
            plane.share, ("after",), (states,),
            "The share of the spread between the tokens that the map holds.",
        ),
    }  # fmt: skip
    return walked("token-map", trace, chosen, numbers, blocks, layer=True)


def _told(trace: Trace, plane: Plane, state: int, index: int) -> list[Block]:
    held, best = float(plane.share[state]), float(plane.best[state])
    if not math.isfinite(held):
        return [note(_ALONE)]
    share = note(
        f"These two directions hold {number(100 * held, 0)}\u202f% of the spread between the "
        "tokens here; the best two for this layer alone would hold "
        f"{number(100 * best, 0)}\u202f%."
    )
    neighbour = int(plane.nearest[state, index])
    if neighbour < 0:
        return [share]
    text = distinct([one.text for one in trace.tokens])
    said = f"In all {trace.model.hidden_size:,} dimensions the nearest to "
    near = Line(
        [Run(said), token(text[index], own=True), Run(" is "), token(text[neighbour]), Run(".")]
    )
    return [share, near]


@dataclass(frozen=True)
class _Label:
    token: int
    x: float
    """Of its left end, in inches; y is that of its middle."""
    y: float
    said: str


@dataclass(frozen=True, eq=False)
class _Map:
    """The points of one state on one scale for all; a block."""

    tokens: Sequence[Token]
    points: np.ndarray
    state: int
    focus: int

    def height(self, width: float) -> float:
        """As `Block` says."""
        return min(_SHAPE * width, _HIGHEST)

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """As `Block` says."""
        origin = np.array([left, top])
        centre = self._put(np.zeros(2), width) + origin
        high = self.height(width)
        sheet.rule(left, float(centre[1]), width, "rule")
        x = float(centre[0])
        sheet.shape([(x, top), (x, top + high)], "rule", closed=False, width=0.5)
        trail = self._put(self.points[:, self.focus], width) + origin
        sheet.shape(trail.tolist(), "accent", closed=False, alpha=0.55, width=0.9)
        steps = sheet.axes.scatter(
            trail[:, 0], trail[:, 1], s=3, c=sheet.colour("accent"), linewidths=0, zorder=1.5
        )
        steps.set_gid("trail")
        self._dots(sheet, self._put(self.points[self.state], width) + origin)
        for label in self.labels(width):
            self._write(sheet, label, origin)

    def labels(self, width: float) -> list[_Label]:
        """Those that fit beside their points without covering another label or another point."""
        where = self._put(self.points[self.state], width)
        high = self.height(width)
        line = 1.2 * SMALL / 72
        taken: list[tuple[float, float, float, float]] = []
        found = []
        order = sorted(
            range(len(self.tokens)), key=lambda i: (i != self.focus, self.tokens[i].special, i)
        )
        for i in order:
            size = TEXT if i == self.focus else SMALL
            said = cut(self.tokens[i].text, _LONGEST, size, mono=True)
            long = width_of(said, size, mono=True)
            x, y = where[i]
            away = 0.07
            for dx, dy in (
                (away, 0), (-away - long, 0), (-long / 2, -line), (-long / 2, line)
            ):  # fmt: skip
                box = (x + dx, x + dx + long, y + dy - line / 2, y + dy + line / 2)
                if box[0] < 0 or box[1] > width or box[2] < 0 or box[3] > high:
                    continue
                if any(_meet(box, other) for other in taken):
                    continue
                inside = (
                    (where[:, 0] > box[0] - 0.03) & (where[:, 0] < box[1] + 0.03)
                    & (where[:, 1] > box[2]) & (where[:, 1] < box[3])
                )  # fmt: skip
                inside[i] = False
                if inside.any():
                    continue
                taken.append(box)
                found.append(_Label(i, float(box[0]), float(y + dy), said))
                break
        return found

    def _put(self, points: np.ndarray, width: float) -> np.ndarray:
        """Places on the map in inches: one scale and one middle for all states."""
        high = self.height(width)
        flat = np.concatenate([self.points.reshape(-1, 2), np.zeros((1, 2))]).astype(np.float64)
        low, top = flat.min(axis=0), flat.max(axis=0)
        span = np.where(top > low, top - low, 1.0)
        scale = min((width - 2 * _PAD) / span[0], (high - 2 * _PAD) / span[1])
        away = (points - (low + top) / 2) * scale
        return np.stack([width / 2 + away[..., 0], high / 2 - away[..., 1]], axis=-1)

    def _dots(self, sheet: Sheet, where: np.ndarray) -> None:
        size = min(4.5, max(1.8, 22 / math.sqrt(len(where))))
        for marker, segment in (("o", 0), ("s", 1)):
            own = [k for k, one in enumerate(self.tokens) if (one.segment == 1) == (segment == 1)]
            if not own:
                continue
            colours = [sheet.colour(self._colour(k)) for k in own]
            sizes = [(size * (1.4 if k == self.focus else 1)) ** 2 for k in own]
            dots = sheet.axes.scatter(
                where[own, 0], where[own, 1], s=sizes, c=colours, marker=marker, linewidths=0,
                zorder=2,
            )  # fmt: skip
            dots.set_gid(f"segment {'AB'[segment]}")

    def _colour(self, k: int):
        token = self.tokens[k]
        if k == self.focus:
            return "accent"
        return "ink_3" if token.special else "positive" if token.segment else "data"

    def _write(self, sheet: Sheet, label: _Label, origin: np.ndarray) -> None:
        from matplotlib.patheffects import withStroke

        own = label.token == self.focus
        size = TEXT if own else SMALL
        text = sheet.text(
            origin[0] + label.x, origin[1] + label.y + 0.36 * size / 72, label.said, size=size,
            mono=True, colour="accent" if own else "ink_2", bold=own,
        )  # fmt: skip
        text.set_path_effects([withStroke(linewidth=1.6, foreground=sheet.colour("ground"))])


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[1] + 0.03 and b[0] < a[1] + 0.03 and a[2] < b[3] and b[2] < a[3]
