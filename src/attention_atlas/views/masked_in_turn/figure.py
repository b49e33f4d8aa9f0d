"""Each word piece hidden in turn, on paper: what the model puts in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.tracing.distributions import distributions
from attention_atlas.views.figures.blocks import Block, Run, heading, note
from attention_atlas.views.figures.labels import ordinal
from attention_atlas.views.figures.paper import SMALL
from attention_atlas.views.figures.table import Column, Row, Table
from attention_atlas.views.figures.table_cells import (
    Bar,
    Cell,
    Groups,
    Said,
    code,
)
from attention_atlas.views.figures.view_figure import Numbers
from attention_atlas.views.figures.walking import (
    around,
    followed,
    many,
    percent,
    small_percent,
    walked,
)
from attention_atlas.views.masked_in_turn.masked_in_turn import (
    AT_ONCE_UP_TO,
    MOST_GUESSES,
    masked_in_turn,
    words_to_mask,
)

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

MOST = 32
"""Of longer ones so many words are hidden, those about the followed token: each takes a pass."""
_NOTHING = "There is no word in this text that could be hidden."


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The first guesses for each word of the text; of a text of more than 64 tokens, for 32.

    Raises:
        InvalidChoice: there is no such token, or the tokenizer has no mask token.
        NoPredictionHead: the checkpoint has no masked-language-model head.
    """
    chosen, index = followed(trace, chosen)
    words = words_to_mask(trace)
    here = min(range(len(words)), key=lambda k: abs(words[k] - index), default=0)
    most = len(words) if len(trace.tokens) <= AT_ONCE_UP_TO else MOST
    positions = [words[k] for k in around(len(words), here, most)]
    top_k = min(chosen.look.top_k, MOST_GUESSES)
    found = distributions(trace, top_k=top_k, masked=True, positions=positions)
    picture = masked_in_turn(trace, found, positions, top_k=top_k)
    state: Any = picture.state
    p = picture.arrays["probabilities"]

    def blocks(paper: Paper) -> list[Block]:
        rows = state["rows"]
        if not rows:
            return [heading("Each word masked in turn"), note(_NOTHING)]
        right = f"{state['right']:,} of {len(rows):,} right at the first guess"
        table = _table(rows, p, index, narrow=paper.columns == 1)
        found: list[Block] = [heading("Each word masked in turn", Run(right, "ink_3")), table]
        if len(positions) < len(words):
            found.append(note(f"Hidden were {len(positions)} of {many(len(words), 'word piece')}."))
        return found

    said = []
    if len(positions) < len(words):
        said.append(
            f"the {len(positions)} word pieces about position {index} of {len(trace.tokens):,}"
        )
    numbers = _numbers(state["rows"], p)
    return walked("masked-in-turn", trace, chosen, numbers, blocks, token=False, said=said)


def _numbers(rows: Any, p: np.ndarray) -> dict[str, Numbers]:
    if not rows:
        return {}
    pieces = tuple(row["piece"] for row in rows)
    ranks = tuple(ordinal(k + 1) for k in range(len(rows[0]["guesses"])))
    guesses = [[guess["text"] for guess in row["guesses"]] for row in rows]
    return {
        "token": Numbers(
            np.array([row["token"] for row in rows]), ("hidden",), (pieces,),
            "The index of the hidden piece in the text.",
        ),
        "guess": Numbers(
            np.array(guesses, dtype=np.str_), ("hidden", "rank"), (pieces, ranks),
            "What the model puts there, likeliest first.",
        ),
        "probability": Numbers(
            p[:, 1:], ("hidden", "rank"), (pieces, ranks), "Of each of these words."
        ),
        "true_probability": Numbers(
            p[:, 0], ("hidden",), (pieces,), "Of the word that stands there."
        ),
        "true_rank": Numbers(
            np.array([row["rank"] for row in rows]), ("hidden",), (pieces,), "1 is the likeliest."
        ),
    }  # fmt: skip


def _table(rows: Any, p: np.ndarray, index: int, *, narrow: bool) -> Table:
    lines = []
    for row, shares in zip(rows, p, strict=True):
        on = row["token"] == index
        best, *others = row["guesses"]
        right = best["true"]
        then = tuple(
            (
                _word(guess, on, size=SMALL),
                Run(f" {percent(float(share))}", "ink_3", mono=True, size=SMALL),
            )
            for guess, share in zip(others, shares[2:], strict=True)
        )
        ink = "accent" if on else "data"
        cells: list[Cell | None] = [
            code(row["piece"], "accent" if on else "ink_2"),
            Said((_word(best, on),)),
            *([] if narrow else [Bar(float(shares[1]), ink, alpha=None if right or on else 0.5)]),
            code(percent(float(shares[1])), size=SMALL),
            code(small_percent(float(shares[0])), "ink_3", size=SMALL),
            code(ordinal(row["rank"]), size=SMALL),
            *([] if narrow else [Groups(then)]),
        ]
        lines.append(Row(cells, wash=on, height=0.145))
    columns = [
        Column("hidden", most=0.7 if narrow else 0.9),
        Column("first guess", most=0.7 if narrow else 0.9, share=1 if narrow else 0),
        *([] if narrow else [Column(share=0.5)]),
        Column("", "right"),
        Column("true word", "right"),
        Column("rank", "right"),
        *([] if narrow else [Column("then", share=1, gap=0.16)]),
    ]
    return Table(columns, lines)


def _word(guess: Any, on: bool, *, size: float = 7.0) -> Run:
    right = guess["true"]
    ink = "accent" if right and on else "ink" if right else "ink_3" if size == SMALL else "ink_2"
    return Run(guess["text"], ink, mono=True, bold=right, size=size)
