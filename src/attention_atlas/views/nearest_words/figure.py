"""The words nearest to a token, on paper: the cosine as bar and number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.views.figures.blocks import Block, Line, Run, token
from attention_atlas.views.figures.numerals import number
from attention_atlas.views.figures.paper import SMALL
from attention_atlas.views.figures.table import Column, Row, Table
from attention_atlas.views.figures.table_cells import (
    Bar,
    Said,
    code,
)
from attention_atlas.views.figures.view_figure import Numbers
from attention_atlas.views.figures.walking import followed, walked
from attention_atlas.views.nearest_words.nearest_words import nearest_words

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The eight nearest words of the followed token.

    Raises:
        InvalidChoice: there is no such token.
    """
    chosen, index = followed(trace, chosen)
    state: Any = nearest_words(trace, index).state
    words = state["words"]

    def blocks(paper: Paper) -> list[Block]:
        own = token(state["token"], own=True)
        if not words:
            none = "No other word of the vocabulary has a vector that "
            return [Line([Run(none), own, Run(" could be compared with.")])]
        others = f" among the {state['vocabulary'] - 1:,} other words of the vocabulary, by cosine"
        table = Table(
            [Column(most=1.6), Column(share=1), Column(align="right")],
            [_row(word) for word in words],
            head=False,
        )
        return [Line([Run("Nearest to "), own, Run(others)]), table]

    cosines = np.array([word["cosine"] for word in words], dtype=np.float32)
    labels = tuple(word["text"] for word in words)
    about = "The cosine of the word’s embedding with the token’s, −1 to 1."
    numbers = {"cosine": Numbers(cosines, ("word",), (labels,), about)}
    return walked("nearest-words", trace, chosen, numbers, blocks)


def _row(word: Any) -> Row:
    kind = "word piece" if word["piece"] else "special" if word["special"] else ""
    name = [Run(word["text"], "ink", mono=True)]
    if kind:
        name.append(Run(f"  {kind}", "ink_3", size=SMALL))
    below = word["cosine"] < 0
    bar = Bar(abs(word["cosine"]), "negative" if below else "data")
    return Row([Said(tuple(name)), bar, code(number(word["cosine"], 3))])
