"""Tables of texts, bars and strips; a column takes what it needs, bars and strips the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from attention_atlas.views.figures.blocks import Run
from attention_atlas.views.figures.paper import SMALL
from attention_atlas.views.figures.sheet import Sheet
from attention_atlas.views.figures.table_cells import Align, Cell, Said

ROW = 0.165
"""The height of a row, in inches."""
HEAD = 0.15


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    title: str = ""
    align: Align = "left"
    share: float = 0
    """Its share of the room that the texts leave, beside the other columns that have one; 0 for
    a column that is as wide as its widest text."""
    most: float = math.inf
    """How wide it is at most, in inches; texts that are longer are cut."""
    mono: bool = False
    """Whether its title is set like a token."""
    gap: float = 0.1
    """Between it and the column before, in inches."""


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    cells: Sequence[Cell | None]
    rule: bool = False
    """Whether a line stands above it."""
    wash: bool = False
    """Whether it is the one that is followed."""
    height: float = ROW


@dataclass(frozen=True)
class Table:
    """Rows below a head; a block."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    head: bool = True

    def height(self, width: float) -> float:
        """As the Protocol says."""
        return (HEAD + 0.05 if self.head else 0) + sum(
            row.height + (0.04 if row.rule else 0) for row in self.rows
        )

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """As the Protocol says."""
        places = self.places(left, width)
        y = top
        if self.head:
            for column, (x, room) in zip(self.columns, places, strict=True):
                title = Said((Run(column.title, "ink_3", mono=column.mono, size=SMALL),))
                title.draw(sheet, x, y + HEAD / 2, max(room, title.wide), HEAD, column.align)
            y += HEAD
            sheet.rule(left, y, width, "rule")
            y += 0.05
        for row in self.rows:
            if row.rule:
                sheet.rule(left, y + 0.02, width)
                y += 0.04
            if row.wash:
                sheet.box(left - 0.03, y, width + 0.06, row.height, "accent", alpha=0.08)
            for column, cell, (x, room) in zip(self.columns, row.cells, places, strict=True):
                if cell is not None:
                    cell.draw(sheet, x, y + row.height / 2, room, row.height, column.align)
            y += row.height

    def places(self, left: float, width: float) -> list[tuple[float, float]]:
        """Where each column begins and how wide it is, in inches."""
        needs = self._needs()
        gaps = sum(column.gap for column in self.columns[1:])
        rest = max(0.0, width - sum(needs) - gaps)
        shares = sum(column.share for column in self.columns) or 1.0
        out = []
        for k, (column, need) in enumerate(zip(self.columns, needs, strict=True)):
            left += column.gap if k else 0
            room = need + rest * column.share / shares
            out.append((left, room))
            left += room
        return out

    def _needs(self) -> list[float]:
        needs = []
        for k, column in enumerate(self.columns):
            title = Run(column.title, mono=column.mono, size=SMALL).wide if self.head else 0
            cells = [row.cells[k] for row in self.rows]
            texts = max((cell.wide for cell in cells if cell is not None), default=0)
            # What takes the room it gets makes room for the texts beside it in its column.
            flexible = column.share and any(cell is not None and not cell.wide for cell in cells)
            needs.append(0 if flexible else min(column.most, max(texts, title)))
        return needs
