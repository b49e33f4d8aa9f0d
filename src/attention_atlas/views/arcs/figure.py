"""One head's weights on paper, as arcs over the sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.views.arcs.arcs import arcs
from attention_atlas.views.figures.blocks import Block, Line, Run, note, token
from attention_atlas.views.figures.fonts import cut, width_of
from attention_atlas.views.figures.paper import SMALL, TEXT
from attention_atlas.views.figures.view_figure import Numbers
from attention_atlas.views.figures.walking import followed, many, names, walked

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.sheet import Sheet
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

_FAINTEST, _FAINTEST_PICKED = 0.05, 0.03
_FLAT = 0.52
"""The height of an arc, as a share of half its width."""
_MARGIN = 0.22
_LONGEST = 0.7
_POINTS = 40


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The weights of one head as arcs, those of the followed token in the accent colour.

    Labels stand across where all fit, upright where they do not, and of a long text only those
    that can be read: the followed token's and those of the tokens it looks at most come first.

    Raises:
        InvalidChoice: there is no such layer, head or token.
    """
    chosen, index = followed(trace, chosen)
    picture = arcs(trace, chosen.layer, chosen.head, index)
    state: Any = picture.state
    weights = picture.arrays["attention"]

    def blocks(paper: Paper) -> list[Block]:
        drawn = _Arcs(weights, state["tokens"], index)
        said = f" looks at in layer {chosen.layer + 1}, head {chosen.head + 1}"
        found: list[Block] = [
            Line(
                [
                    Run("What ", "ink", bold=True), token(state["tokens"][index]["text"], own=True),
                    Run(said, "ink", bold=True),
                ]
            ),
            drawn,
        ]  # fmt: skip
        if not np.isfinite(weights).all():
            found.append(note("Weights that are no finite numbers have no arcs."))
        named = len(drawn.named(paper.width))
        if named < len(weights):
            found.append(note(f"Named are {named} of {many(len(weights), 'token')}."))
        return found

    labels = names(trace)
    about = "How much the token of the row takes from the token of the column, 0 to 1."
    numbers = {"attention": Numbers(weights, ("from", "to"), (labels, labels), about)}
    least = "arcs from 0.03 on of the focused token, from 0.05 on of the others"
    return walked("arcs", trace, chosen, numbers, blocks, layer=True, head=True, said=(least,))


@dataclass(frozen=True, eq=False)
class _Arcs:
    """The arcs and the tokens below them; a block."""

    weights: np.ndarray
    tokens: Sequence[Any]
    focus: int

    def height(self, width: float) -> float:
        """As `Block` says."""
        return self._rise(width) + self._below(width)

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """As `Block` says."""
        x = left + self._places(width)
        base = top + self._rise(width)
        for own in (False, True):
            self._lines(sheet, x, base, own)
        across = self._across(width)
        for k in self.named(width):
            colour = (
                "accent" if k == self.focus else "ink_3" if self.tokens[k]["special"] else "ink_2"
            )
            style: dict[str, Any] = {"mono": True, "colour": colour, "bold": k == self.focus}
            if across:
                sheet.text(x[k], base + 0.14, self.tokens[k]["text"], across="center", **style)
            else:
                said = cut(self.tokens[k]["text"], _LONGEST, SMALL, mono=True, bold=k == self.focus)
                sheet.text(
                    x[k] + 0.36 * SMALL / 72, base + 0.04, said, size=SMALL, across="right",
                    rotation=90, **style,
                )  # fmt: skip

    def named(self, width: float) -> list[int]:
        """The tokens that have a label."""
        n = len(self.tokens)
        if self._across(width):
            return list(range(n))
        x = self._places(width)
        row = np.nan_to_num(self.weights[self.focus], nan=0.0)
        looked = [int(k) for k in np.argsort(-row, kind="stable") if row[k] >= _FAINTEST_PICKED]
        found: list[int] = []
        for k in dict.fromkeys([self.focus, *looked, *range(n)]):
            if all(abs(x[k] - x[other]) >= 1.25 * SMALL / 72 for other in found):
                found.append(k)
        return sorted(found)

    def _lines(self, sheet: Sheet, x: np.ndarray, base: float, own: bool) -> None:
        from matplotlib.collections import LineCollection
        from matplotlib.colors import to_rgb

        rows = [self.focus] if own else [k for k in range(len(x)) if k != self.focus]
        least = _FAINTEST_PICKED if own else _FAINTEST
        turn = np.linspace(0, np.pi, 4 * _POINTS if own else _POINTS)
        lines, widths, colours = [], [], []
        # Many arcs would be one dark mass: the more tokens, the thinner and the fainter they are.
        thin, faint = (1.0, 1.0) if own else (min(1.0, 60 / len(x)), min(1.0, 150 / len(x)))
        ink = to_rgb(sheet.colour("accent" if own else "ink_3"))
        for i in rows:
            for j in np.flatnonzero(self.weights[i] >= least):
                if i == j:  # what a token keeps to itself has no arc
                    continue
                w = float(self.weights[i, j])
                half, middle = abs(x[i] - x[j]) / 2, (x[i] + x[j]) / 2
                arc = [middle - half * np.cos(turn), base - _FLAT * half * np.sin(turn)]
                lines.append(np.stack(arc, axis=-1))
                widths.append(0.6 + 2.9 * w if own else thin * (0.35 + 1.4 * w))
                colours.append((*ink, 0.35 + 0.65 * w**0.5 if own else faint * (0.1 + 0.3 * w)))
        drawn = LineCollection(lines, linewidths=widths, colors=colours, zorder=2 if own else 1)
        drawn.set_gid("picked" if own else "others")
        sheet.axes.add_collection(drawn)

    def _places(self, width: float) -> np.ndarray:
        n = len(self.tokens)
        if n == 1:
            return np.array([width / 2])
        return np.linspace(_MARGIN, width - _MARGIN, n)

    def _rise(self, width: float) -> float:
        """How high the widest arc goes, in inches."""
        x = self._places(width)
        rows, columns = np.nonzero(self.weights >= _FAINTEST_PICKED)
        far = np.abs(x[rows] - x[columns]).max(initial=0.2)
        return _FLAT * float(far) / 2 + 0.05

    def _across(self, width: float) -> bool:
        """Whether all labels fit beside each other."""
        n = len(self.tokens)
        wide = [width_of(token["text"], TEXT, mono=True, bold=True) for token in self.tokens]
        if n == 1:
            return wide[0] <= width
        pitch = (width - 2 * _MARGIN) / (n - 1)
        near = max((a + b) / 2 for a, b in pairwise(wide))
        return near + 0.05 <= pitch and max(wide[0], wide[-1]) / 2 <= _MARGIN

    def _below(self, width: float) -> float:
        if self._across(width):
            return 0.18
        said = [cut(self.tokens[k]["text"], _LONGEST, SMALL, mono=True) for k in self.named(width)]
        return 0.08 + max(width_of(text, SMALL, mono=True, bold=True) for text in said)
