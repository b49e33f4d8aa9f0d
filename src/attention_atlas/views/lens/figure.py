"""The logit lens on paper: a row for each layer, the words its hidden state is read as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.views.figures.blocks import Block, Line, Run, note, token
from attention_atlas.views.figures.labels import ordinal
from attention_atlas.views.figures.numerals import number
from attention_atlas.views.figures.paper import SMALL
from attention_atlas.views.figures.table import Column, Row, Table
from attention_atlas.views.figures.table_cells import (
    Align,
    Cell,
    Said,
    code,
    text,
)
from attention_atlas.views.figures.view_figure import Numbers
from attention_atlas.views.figures.walking import (
    followed,
    percent,
    reading,
    small_percent,
    walked,
)
from attention_atlas.views.lens.lens import lens

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.sheet import Sheet
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

_LEAST = 0.56
"""The room that a word and its share need at least, in inches."""


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """What each layer would predict at the followed token if it were the last.

    Where the paper has no room for all `look.top_k` guesses the first ones are printed; the
    numbers are those of all. Without the prediction head there is one sentence.

    Raises:
        InvalidChoice: there is no such token.
    """
    chosen, index = followed(trace, chosen)
    look = chosen.look
    read, said = reading(trace, index, look)
    picture = lens(trace, index, read=read, use_head=look.use_head, top_k=look.top_k)
    state: Any = picture.state
    arrays = picture.arrays

    def blocks(paper: Paper) -> list[Block]:
        title = Line([Run("The logit lens at ", "ink", bold=True), token(state["token"], own=True)])
        if state["note"]:
            return [title, note(state["note"], "ink_2")]
        table, shown = _table(state, arrays, chosen.layer, paper)
        guesses = len(state["rows"][0])
        found: list[Block] = [title, table, Line(_key(state), size=SMALL)]
        if shown < guesses:
            found.append(note(f"Printed are the first {shown} of {guesses} guesses."))
        return found

    return walked("lens", trace, chosen, _numbers(state, arrays), blocks, layer=True, said=said)


def _numbers(state: Any, arrays: Any) -> dict[str, Numbers]:
    if state["note"]:
        return {}
    rows = state["rows"]
    after = tuple(_after(k) for k in range(len(rows)))
    ranks = tuple(ordinal(k + 1) for k in range(len(rows[0])))
    numbers = {
        "word": Numbers(
            np.array(rows, dtype=np.str_), ("after", "rank"), (after, ranks),
            "The words that the hidden state would be read as, likeliest first.",
        ),
        "probability": Numbers(
            arrays["probabilities"], ("after", "rank"), (after, ranks), "Of each of these words."
        ),
        "entropy": Numbers(arrays["entropy"], ("after",), (after,), "In nats."),
    }  # fmt: skip
    if state["true"] is not None:
        numbers["true_word"] = Numbers(
            arrays["true"], ("after", "of"), (after, ("probability", "rank")),
            "The word that stands there.",
        )  # fmt: skip
    return numbers


def _after(row: int) -> str:
    return f"layer {row}" if row else "embeddings"


@dataclass(frozen=True)
class _Guess:
    """A word, its share below it, and a hair bar as long as the share."""

    said: str
    p: float
    final: bool
    true: bool
    wide: float = 0

    def draw(
        self, sheet: Sheet, left: float, middle: float, width: float, height: float, align: Align
    ) -> None:
        """As `Cell` says."""
        word = Run(
            self.said, "accent" if self.true else "ink" if self.final else "ink_2", mono=True,
            bold=self.final,
        )  # fmt: skip
        Said((word,)).draw(sheet, left, middle - 0.055, width, height, align)
        share = Run(percent(self.p), "ink_3", mono=True, size=SMALL)
        Said((share,)).draw(sheet, left, middle + 0.045, width, height, align)
        if np.isfinite(self.p):
            ink = "accent" if self.true else "data"
            sheet.box(left, middle + 0.095, self.p * width, 0.018, ink, name="share")


def _table(state: Any, arrays: Any, layer: int, paper: Paper) -> tuple[Table, int]:
    """The table, and how many guesses it has room for."""
    right, final = state["true"], state["final"]
    rows, p = state["rows"], arrays["probabilities"]
    told = [] if right is None else ["true word", "rank"]
    tail = sum(Run(name, size=SMALL).wide + 0.12 for name in (*told, "entropy")) + 0.12
    room = paper.width - 0.72 - tail
    shown = max(1, min(len(rows[0]), int(room // _LEAST)))
    lines = []
    for k, texts in enumerate(rows):
        on, last = k == layer + 1, k == len(rows) - 1
        cells: list[Cell | None] = [
            text(_after(k), "accent" if on else "ink_2" if last else "ink_3")
        ]
        cells += [
            _Guess(said, float(p[k, i]), said == final, said == right)
            for i, said in enumerate(texts[:shown])
        ]
        if right is not None:
            cells += [
                code(small_percent(float(arrays["true"][k, 0])), "ink_3", size=SMALL),
                code(f"{int(arrays['true'][k, 1]):,}", "ink_3", size=SMALL),
            ]
        cells.append(code(number(float(arrays["entropy"][k]), 2), "ink_3", size=SMALL))
        lines.append(Row(cells, rule=last, wash=on, height=0.25))
    guesses = ["likeliest", *(ordinal(k + 1) for k in range(1, shown))]
    columns = [
        Column("after"),
        *(Column(name, share=1) for name in guesses),
        *(Column(name, "right") for name in (*told, "entropy")),
    ]
    return Table(columns, lines), shown


def _key(state: Any) -> list[Run]:
    final, right = state["final"], state["true"]
    quiet = {"colour": "ink_3", "size": SMALL}
    runs = [Run(final, "accent" if final == right else "ink", mono=True, bold=True, size=SMALL)]
    if right == final:
        said = ", the model’s first guess and the true word, is bold and coloured."
    elif right is None:
        said = ", the model’s first guess, is bold."
    else:
        runs += [
            Run(", the model’s first guess, is bold; the true word ", **quiet),
            Run(right, "accent", mono=True, size=SMALL),
        ]
        said = " is coloured."
    return [*runs, Run(f"{said} The last row is the prediction itself.", **quiet)]
