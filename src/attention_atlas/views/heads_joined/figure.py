"""The results of all heads side by side on paper, and what each adds to the output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.views.figures.blocks import Block, Line, Run, note, token
from attention_atlas.views.figures.numerals import number
from attention_atlas.views.figures.paper import SMALL
from attention_atlas.views.figures.strips import Legend, top98
from attention_atlas.views.figures.table import Column, Row, Table
from attention_atlas.views.figures.table_cells import (
    Bar,
    Cell,
    Strip,
    code,
    text,
)
from attention_atlas.views.figures.view_figure import Numbers
from attention_atlas.views.figures.walking import (
    followed,
    in_percent,
    most_of,
    shape,
    vector,
    walked,
)
from attention_atlas.views.heads_joined.heads_joined import heads_joined

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.sheet import Sheet
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

_NOTE = (
    "Length is the L2 norm of what a head adds. Along is how far that goes in the direction of the "
    "output, as a share of the output’s length: with the bias these add up to 100\u202f%, and "
    "below 0 a head works against the others."
)
_THICK, _GAP, _LEAST = 0.17, 0.025, 0.16


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The followed token's context in every head, and what each head, and the bias, adds.

    Raises:
        InvalidChoice: there is no such layer, head or token.
    """
    chosen, index = followed(trace, chosen)
    picture = heads_joined(trace, chosen.layer, index)
    state: Any = picture.state
    arrays = picture.arrays

    def blocks(paper: Paper) -> list[Block]:
        ends = [arrays["parts"], arrays["bias"], arrays["attention_output"]]
        high = top98(*(np.ravel(end) for end in ends))
        title = [Run("Heads joined for ", "ink", bold=True), token(state["token"], own=True)]
        return [
            Line(title, [Run(shape(trace), "ink_3", mono=True)]),
            _Joined(arrays["context"], chosen.head),
            Legend(high, [Run("What each head adds", "ink", bold=True)]),
            _parts(state, arrays, chosen.head, high, narrow=paper.columns == 1),
            note(_NOTE),
        ]

    heads = tuple(f"head {head + 1}" for head in range(trace.model.heads))
    whose = (*heads, "bias")
    numbers = {
        "context": Numbers(
            arrays["context"], ("head", "dimension"), (heads, None),
            "The values of each head in their shares, added up.",
        ),
        "parts": Numbers(
            arrays["parts"], ("head", "dimension"), (heads, None),
            "What each head adds to the output: its context times its part of the matrix.",
        ),
        "bias": vector(arrays["bias"], "The bias of the output projection."),
        "attention_output": vector(arrays["attention_output"], "The parts and the bias added up."),
        "length": Numbers(arrays["norms"], ("part",), (whose,), "The L2 norm of each part."),
        "along": Numbers(
            arrays["along"], ("part",), (whose,),
            "How far a part goes the output’s way, as a share of its length; they add up to 1.",
        ),
    }  # fmt: skip
    return walked("heads-joined", trace, chosen, numbers, blocks, layer=True)


def _parts(state: Any, arrays: Any, head: int, high: float, *, narrow: bool) -> Table:
    parts = arrays["parts"]
    lengths = np.append(arrays["norms"], np.float32(state["length"])).astype(np.float64)
    along = np.append(arrays["along"], 1.0)
    longest = most_of(lengths)
    whose = [*(f"head {k + 1}" for k in range(len(parts))), "bias", "= output"]
    vectors = [*parts, arrays["bias"], arrays["attention_output"]]
    known = np.isfinite(arrays["along"]).all()
    rows = []
    for k, (name, values) in enumerate(zip(whose, vectors, strict=True)):
        on, last = k == head, k == len(whose) - 1
        ink = "accent" if on else "ink" if last else "ink_2"
        share = "" if last and not known else in_percent(float(along[k]))
        bar: list[Cell] = [] if narrow else [Bar(float(lengths[k]) / longest)]
        cells: list[Cell | None] = [
            text(name, ink), Strip(values, high, name, gap=False), *bar,
            code(number(float(lengths[k]), 3), ink, size=SMALL), code(share, ink, size=SMALL),
        ]  # fmt: skip
        rows.append(Row(cells, rule=k == len(parts), wash=on, height=0.145))
    columns = [
        Column("head"),
        Column("context × matrix", share=1),
        *([] if narrow else [Column(share=0.22)]),
        Column("length", "right"),
        Column("along", "right"),
    ]
    return Table(columns, rows)


@dataclass(frozen=True, eq=False)
class _Joined:
    """A strip for each head, side by side, in as many lines as they need; a block."""

    context: np.ndarray
    chosen: int

    def height(self, width: float) -> float:
        """As `Block` says."""
        return self._lines(width) * (_THICK + 0.16) - 0.03

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """As `Block` says."""
        heads = len(self.context)
        across = -(-heads // self._lines(width))
        each = (width + _GAP) / across - _GAP
        high = top98(self.context)
        for k, values in enumerate(self.context):
            x = left + (k % across) * (each + _GAP)
            y = top + (k // across) * (_THICK + 0.16)
            sheet.cells(x, y, each, _THICK, values, high=high, name=f"context {k + 1}")
            own = k == self.chosen
            if own:
                sheet.box(x, y, each, _THICK, "accent", outline=True, name="chosen")
            sheet.text(
                x + each / 2, y + _THICK + 0.09, str(k + 1), size=SMALL, mono=True, across="center",
                colour="accent" if own else "ink_3", bold=own,
            )  # fmt: skip

    def _lines(self, width: float) -> int:
        return max(1, int(np.ceil(len(self.context) * (_LEAST + _GAP) / width)))
