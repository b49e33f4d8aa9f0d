"""Blocks that stand below or beside each other and so make a figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Protocol

from attention_atlas.views.figures.fonts import cut, runs_left, width_of, wrapped
from attention_atlas.views.figures.frame import height_of
from attention_atlas.views.figures.paper import SMALL, TEXT, Paper
from attention_atlas.views.figures.sheet import Ink, Sheet
from attention_atlas.views.figures.view_figure import Numbers, ViewFigure

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

SPACE = 0.11
"""Between blocks, in inches."""


class Block(Protocol):
    """A part of a figure that is as wide as it is told."""

    def height(self, width: float) -> float:
        """In inches, at this width."""
        ...

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """Draws itself there."""
        ...


def composed(
    view: str,
    title: str,
    caption: str,
    numbers: Mapping[str, Numbers],
    blocks: Callable[[Paper], Sequence[Block]],
) -> ViewFigure:
    """A ViewFigure of blocks below each other; which they are may depend on the paper.

    What `blocks` raises for a paper that is too narrow, `height` and `paint` raise too; the
    numbers can be taken all the same.
    """

    def paint(figure: Figure | SubFigure, paper: Paper) -> None:
        Stack(blocks(paper)).draw(Sheet(figure, paper), 0, 0, paper.width)

    def height(paper: Paper) -> float:
        return Stack(blocks(paper)).height(paper.width)

    return ViewFigure(view, title, caption, numbers, paint, height)


@dataclass(frozen=True)
class Stack:
    """Blocks below each other."""

    blocks: Sequence[Block]
    space: float = SPACE

    def height(self, width: float) -> float:
        """As the Protocol says."""
        gaps = self.space * max(0, len(self.blocks) - 1)
        return sum(block.height(width) for block in self.blocks) + gaps

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """As the Protocol says."""
        for block in self.blocks:
            block.draw(sheet, left, top, width)
            top += block.height(width) + self.space


@dataclass(frozen=True)
class Beside:
    """Blocks beside each other, their tops on one line."""

    blocks: Sequence[Block]
    shares: Sequence[float]
    """How wide each is, relative to the others."""
    gap: float = 0.25

    def height(self, width: float) -> float:
        """As the Protocol says."""
        return max(
            block.height(w) for block, w in zip(self.blocks, self._widths(width), strict=True)
        )

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """As the Protocol says."""
        for block, own in zip(self.blocks, self._widths(width), strict=True):
            block.draw(sheet, left, top, own)
            left += own + self.gap

    def _widths(self, width: float) -> list[float]:
        room = width - self.gap * (len(self.blocks) - 1)
        return [room * share / sum(self.shares) for share in self.shares]


@dataclass(frozen=True)
class Run:
    """A piece of a line in one kind of type."""

    said: str
    colour: Ink = "ink_2"
    mono: bool = False
    bold: bool = False
    size: float = TEXT
    glued: bool = False
    """Whether it never begins a line."""

    @property
    def wide(self) -> float:
        """In inches, with the blanks at its ends and the room about its letters."""
        style = {"mono": self.mono, "bold": self.bold}
        between = width_of(f"n{self.said}n", self.size, **style)
        return between - width_of("nn", self.size, **style)


@cache
def _blank(size: float, mono: bool) -> float:
    """How wide a blank is, in inches."""
    return Run(" ", mono=mono, size=size).wide


def token(text: str, *, own: bool = False, bold: bool = False) -> Run:
    """A token in a sentence, in the accent colour where it is the one that is followed."""
    return Run(text, "accent" if own else "ink", mono=True, bold=bold)


@dataclass(frozen=True)
class Line:
    """One line of runs from the left, wrapped word by word where it is too long.

    Tokens are never broken unless they are longer than a line; what stands at the right of the
    first line stays there.
    """

    runs: Sequence[Run]
    right: Sequence[Run] = ()
    size: float = TEXT

    def height(self, width: float) -> float:
        """As the Protocol says."""
        return height_of(len(self._lines(width)), self.size)

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """As the Protocol says."""
        for k, line in enumerate(self._lines(width)):
            runs_at(sheet, left, top + height_of(k, self.size) + self.size / 72, line)
        runs_to(sheet, left + width, top + self.size / 72, self.right)

    def _lines(self, width: float) -> list[list[Run]]:
        room = width - sum(run.wide + 0.1 for run in self.right)
        lines: list[list[Run]] = [[]]
        used = 0.0
        for group in self._groups(width):
            long = sum(word.wide for word in group[:-1]) + _trimmed(group[-1]).wide
            if used and used + long > room:
                lines.append([])
                used, room = 0.0, width
                group = [_trimmed(group[0], left=True), *group[1:]]
            lines[-1] += [word for word in group if word.said]
            used += sum(word.wide for word in group)
        return [_joined(line) for line in lines]

    def _groups(self, width: float) -> list[list[Run]]:
        """Words between which a line may end."""
        groups: list[list[Run]] = []
        for run in self.runs:
            words = _words(run, width)
            if run.glued and groups and words:
                groups[-1].append(words.pop(0))
            groups += [[word] for word in words]
        return groups


def note(text: str, colour: Ink = "ink_3") -> Line:
    """A sentence in small quiet type."""
    return Line([Run(text, colour, size=SMALL)], size=SMALL)


def heading(text: str, *right: Run) -> Line:
    """The title of a part."""
    return Line([Run(text, "ink", bold=True)], right)


def runs_at(sheet: Sheet, left: float, base: float, runs: Sequence[Run]) -> None:
    """Sets runs one after the other on a base line."""
    for run in runs:
        said = run.said.lstrip(" ")
        start = left + (len(run.said) - len(said)) * _blank(run.size, run.mono)
        if said.strip():
            sheet.text(
                start, base, said.rstrip(),
                colour=run.colour, size=run.size, mono=run.mono, bold=run.bold,
            )  # fmt: skip
        left += run.wide


def runs_to(sheet: Sheet, right: float, base: float, runs: Sequence[Run]) -> None:
    """Sets runs on a base line so that the last of them ends at `right`."""
    for run in reversed(runs):
        said = run.said.rstrip(" ")
        if said.strip():
            end = right - (len(run.said) - len(said)) * _blank(run.size, run.mono)
            sheet.text(
                end, base, said.lstrip(), colour=run.colour, size=run.size, mono=run.mono,
                bold=run.bold, across="right",
            )  # fmt: skip
        right -= run.wide


def _words(run: Run, width: float) -> list[Run]:
    """The words of a run with the blank after each; a token of code is one word."""
    if run.mono:
        if run.wide <= width:
            return [run]
        return [replace(run, said=cut(run.said, width, run.size, mono=True, bold=run.bold))]
    parts = run.said.split(" ")
    said = [f"{part} " for part in parts[:-1]] + [parts[-1]]
    out: list[Run] = []
    for word in said:
        if width_of(word.strip(), run.size, bold=run.bold) <= width:
            out.append(replace(run, said=word))
        else:
            broken = wrapped(word, width, run.size)
            out += [replace(run, said=part) for part in broken]
    return [word for word in out if word.said]


def _trimmed(run: Run, *, left: bool = False) -> Run:
    return replace(run, said=run.said.lstrip(" ") if left else run.said.rstrip(" "))


def _joined(line: list[Run]) -> list[Run]:
    """Neighbours of one kind in one piece, so that a file holds lines and not words.

    What runs from right to left stays apart: it would take its neighbours' places.
    """
    out: list[Run] = []
    for run in line:
        alike = out and replace(out[-1], said="", glued=False) == replace(run, said="", glued=False)
        if alike and not runs_left(out[-1].said + run.said):
            out[-1] = replace(run, said=out[-1].said + run.said)
        else:
            out.append(run)
    return out
