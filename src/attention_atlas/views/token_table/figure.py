"""The tokens as a table on paper, in as many bands as the text needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.views.figures.blocks import Block, Run, heading, note
from attention_atlas.views.figures.fonts import cut, width_of
from attention_atlas.views.figures.paper import SMALL, TEXT
from attention_atlas.views.figures.view_figure import Numbers
from attention_atlas.views.figures.walking import around, followed, many, names, walked
from attention_atlas.views.token_table.token_table import token_table

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.sheet import Sheet
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

_ROWS = ("id", "position", "segment", "characters")
_SIDE = 0.56
"""The room for the names of the rows, in inches."""
_LINE = 0.145
_BETWEEN = 0.14
"""Between bands, in inches."""
_MOST_BANDS = 6
_LONGEST = 1.1
"""Where a piece is cut, in inches."""


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """Word, piece, id, position, segment and characters of each token.

    Of a text that fills more than six bands those about the followed token are printed; the
    numbers are those of all.

    Raises:
        InvalidChoice: there is no such token.
    """
    chosen, index = followed(trace, chosen)
    state: Any = token_table(trace).state
    size = f"{many(len(trace.tokens), 'token')}, vocabulary {trace.model.vocabulary_size:,}"

    def blocks(paper: Paper) -> list[Block]:
        table = _Bands(state["tokens"], state["words"], index)
        shown = table.shown(paper.width)
        found: list[Block] = [
            heading("Tokens", Run(size, "ink_3", mono=True)), table, note(state["summary"]),
        ]  # fmt: skip
        if len(shown) < len(trace.tokens):
            found.append(
                note(
                    f"Printed are the tokens at positions {shown[0]} to {shown[-1]} of "
                    f"{len(trace.tokens):,}, those about {trace.tokens[index].text}."
                )
            )
        return found

    labels = names(trace)
    numbers = {
        name: Numbers(
            np.array([getattr(token, name) for token in trace.tokens]), ("token",), (labels,), about
        )
        for name, about in (
            ("id", "The token’s row in the vocabulary."),
            ("position", "Its row in the position embeddings."),
            ("segment", "Its row in the segment embeddings: 0 for A, 1 for B."),
        )
    }
    spans = [token.span or (-1, -1) for token in trace.tokens]
    numbers["characters"] = Numbers(
        np.array(spans), ("token", "end"), (labels, ("first", "after last")),
        "The characters of its sentence that it stands for; −1 where it was added.",
    )  # fmt: skip
    return walked("tokens", trace, chosen, numbers, blocks)


@dataclass(frozen=True)
class _Bands:
    """The table in bands; a block."""

    tokens: Sequence[Any]
    words: Sequence[Any]
    focus: int

    def height(self, width: float) -> float:
        """As `Block` says."""
        bands = len(self._bands(width))
        return bands * self._band() + (bands - 1) * _BETWEEN

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """As `Block` says."""
        for band in self._bands(width):
            self._draw(sheet, left, top, width, band)
            top += self._band() + _BETWEEN

    def shown(self, width: float) -> list[int]:
        """The tokens that are printed."""
        return [k for band in self._bands(width) for k in band]

    def _draw(
        self, sheet: Sheet, left: float, top: float, width: float, band: Sequence[int]
    ) -> None:
        lines = [*(["word"] if self._typed() else []), "piece", *_ROWS]
        at = left + _SIDE
        place: dict[int, tuple[float, float]] = {}
        for k in band:
            place[k] = at, self._wide(k)
            at += self._wide(k)
        if self._typed():
            self._type(sheet, top + _LINE / 2 + 0.36 * TEXT / 72, band, place)
        for line, name in enumerate(lines):
            middle = top + (line + 0.5) * _LINE + (0.05 if lines.index("piece") < line else 0)
            base = middle + 0.36 * SMALL / 72
            sheet.text(left, base, name, size=SMALL, colour="ink_3")
            if name == "word":
                continue
            for k in band:
                self._cell(sheet, k, name, middle, *place[k])
        rule = top + (lines.index("piece") + 1) * _LINE + 0.02
        sheet.rule(left, rule, at - left, "rule")

    def _cell(self, sheet: Sheet, k: int, name: str, middle: float, at: float, wide: float) -> None:
        token = self.tokens[k]
        own = k == self.focus
        if name != "piece":
            sheet.text(
                at + wide / 2, middle + 0.36 * SMALL / 72, str(token[name]), size=SMALL, mono=True,
                across="center", colour="accent" if own else "ink_3",
            )  # fmt: skip
            return
        if token["part"] != "only":
            self._tile(sheet, token["part"], at, middle, wide)
        piece = cut(token["piece"], _LONGEST, TEXT, mono=True)
        base = middle + 0.36 * TEXT / 72
        colour = "accent" if own else "ink_3" if token["special"] else "ink"
        sheet.text(at + wide / 2, base, piece, mono=True, across="center", colour=colour)
        if token["original"] is not None:
            half = width_of(piece, TEXT, mono=True) / 2
            centre = at + wide / 2
            under = [(centre - half, base + 0.022), (centre + half, base + 0.022)]
            sheet.shape(under, "alert", closed=False, width=0.7)

    def _tile(self, sheet: Sheet, part: str, at: float, middle: float, wide: float) -> None:
        """The pieces of one word share a tile."""
        start = at + (0.02 if part == "first" else 0)
        end = at + wide - (0.02 if part == "last" else 0)
        up, down = middle - _LINE / 2 + 0.005, middle + _LINE / 2 - 0.005
        sheet.box(start, up, end - start, down - up, "surface", name="tile")
        edges = [[(start, up), (end, up)], [(start, down), (end, down)]]
        if part == "first":
            edges.append([(start, up), (start, down)])
        if part == "last":
            edges.append([(end, up), (end, down)])
        for edge in edges:
            sheet.shape(edge, "rule_2", closed=False, width=0.5)

    def _type(
        self, sheet: Sheet, base: float, band: Sequence[int], place: dict[int, tuple[float, float]]
    ) -> None:
        """Each word as it was typed, over those of its pieces that are in this band."""
        first = 0
        for word in self.words:
            own = [k for k in range(first, first + word["pieces"]) if k in place]
            first += word["pieces"]
            if not own or not word["text"]:
                continue
            start = place[own[0]][0]
            room = sum(place[k][1] for k in own)
            said = cut(word["text"], room - 0.02, TEXT)
            sheet.text(start + room / 2, base, said, across="center")

    def _typed(self) -> bool:
        """Whether the row of words says anything that the pieces do not."""
        first = 0
        for word in self.words:
            if word["text"] and (word["pieces"] > 1 or word["text"] != self.tokens[first]["piece"]):
                return True
            first += word["pieces"]
        return False

    def _band(self) -> float:
        return _LINE * (len(_ROWS) + 1 + self._typed()) + 0.05

    def _wide(self, k: int) -> float:
        token = self.tokens[k]
        small = max(width_of(str(token[name]), SMALL, mono=True) for name in _ROWS)
        piece = cut(token["piece"], _LONGEST, TEXT, mono=True)
        return max(0.26, width_of(piece, TEXT, mono=True), small) + 0.08

    def _bands(self, width: float) -> list[list[int]]:
        bands: list[list[int]] = [[]]
        room = width - _SIDE
        first = 0
        for word in self.words:
            pieces = range(first, first + word["pieces"])
            first = pieces.stop
            if bands[-1] and sum(map(self._wide, pieces)) > room:  # words stay whole if they can
                bands.append([])
                room = width - _SIDE
            for k in pieces:
                if bands[-1] and self._wide(k) > room:
                    bands.append([])
                    room = width - _SIDE
                bands[-1].append(k)
                room -= self._wide(k)
        own = next(i for i, band in enumerate(bands) if self.focus in band)
        return [bands[i] for i in around(len(bands), own, _MOST_BANDS)]
