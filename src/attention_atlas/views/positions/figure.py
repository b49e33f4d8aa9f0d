"""The learned positions on paper, beside the sinusoids: how alike they are, and both tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.analysis.positions import cosines, sinusoidal_encoding
from attention_atlas.views.figures.blocks import Beside, Block, Run, heading, note
from attention_atlas.views.figures.matrix import Matrix, room_for, row_height
from attention_atlas.views.figures.numerals import number
from attention_atlas.views.figures.paper import SMALL
from attention_atlas.views.figures.strips import Legend, plus_minus, top98
from attention_atlas.views.figures.view_figure import Numbers
from attention_atlas.views.figures.walking import followed, names, walked
from attention_atlas.views.positions.positions import positions

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

_KINDS = {"learned": "Learned", "sinusoidal": "Sinusoids"}
_NOTE = (
    "“Neighbours” is the mean cosine of positions next to each other. The sinusoids of the first "
    "transformer (Vaswani et al., 2017) are here to compare with; they play no part in this model."
)


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The cosine of each position of the text with each other, and the vectors themselves.

    Raises:
        InvalidChoice: there is no such token.
    """
    chosen, index = followed(trace, chosen)
    rows = [token.position for token in trace.tokens]
    learned = trace.embeddings.position
    sinusoidal = sinusoidal_encoding(max(rows) + 1, learned.shape[1])[rows]
    tables = {"learned": learned, "sinusoidal": sinusoidal}
    alike = {kind: cosines(table).astype(np.float32) for kind, table in tables.items()}
    neighbours: Any = positions(trace).state["neighbours"]
    labels = names(trace)

    def blocks(paper: Paper) -> list[Block]:
        room, gap = room_for(labels), 0.2 if paper.columns == 2 else 0.1
        side = (paper.width - room - gap) / 2
        maps = [
            Matrix(
                alike[kind], 1, side / len(labels), _title(said), _mean(neighbours[kind]),
                gap=False, labels=labels if kind == "learned" else None, label_room=room,
                mark=index, mark_column=index, name=kind,
            )
            for kind, said in _KINDS.items()
        ]  # fmt: skip
        return [
            Legend(1, [Run("Cosine of position with position", "ink", bold=True)], digits=0),
            Beside(maps, [side + room, side], gap=gap),
            heading("Both tables, number by number"),
            *(_table(kind, table, index) for kind, table in tables.items()),
            note(_NOTE),
        ]

    about = {
        "learned": "What this model adds for the position of each token.",
        "sinusoidal": "The encoding of Vaswani et al. (2017); it plays no part in this model.",
    }
    numbers = {
        kind: Numbers(table, ("token", "dimension"), (labels, None), about[kind])
        for kind, table in tables.items()
    } | {
        f"{kind}_cosine": Numbers(
            table, ("token", "other"), (labels, labels), "The cosine of two of them, −1 to 1."
        )
        for kind, table in alike.items()
    }
    return walked("positions", trace, chosen, numbers, blocks)


def _title(said: str) -> list[Run]:
    return [Run(said)]


def _mean(cosine: float | None) -> list[Run]:
    if cosine is None:
        return []
    return [Run(f"neighbours {number(cosine, 2)}", "ink_3", size=SMALL)]


def _table(kind: str, table: np.ndarray, index: int) -> Matrix:
    learned = kind == "learned"
    high = top98(table) if learned else 1.0
    row = row_height(len(table), most=0.075, room=1.1, least=0.002)
    return Matrix(
        table, high, row, _title(_KINDS[kind]), [plus_minus(high)], mark=index, gap=False,
        middle=not learned, name=f"{kind} table",
    )  # fmt: skip
