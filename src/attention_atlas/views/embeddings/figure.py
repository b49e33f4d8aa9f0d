"""The first vector of one token, on paper: word + position + segment, and its LayerNorm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attention_atlas.views.embeddings.embeddings import embeddings
from attention_atlas.views.figures.blocks import Block, Line, Run, note, token
from attention_atlas.views.figures.numerals import number
from attention_atlas.views.figures.strips import Sums
from attention_atlas.views.figures.walking import followed, many, shape, vector, walked

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

_ABOUT = {
    "word": "Looked up by the token’s id.",
    "position": "Looked up by where the token stands.",
    "segment": "Looked up by which sentence of a pair the token is in.",
    "sum": "word + position + segment.",
    "output": "LayerNorm of the sum: what enters the first layer.",
    "segment_a": "What is added to each token of the first sentence.",
    "segment_b": "What is added to each token of the second sentence.",
}
_ALIKE = (
    "This model has one segment vector: both sentences get it, and it cannot tell them apart by it."
)


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The addition for the followed token, and of a pair the two segment vectors.

    Raises:
        InvalidChoice: there is no such token.
    """
    chosen, index = followed(trace, chosen)
    picture = embeddings(trace, index)
    state: Any = picture.state

    def blocks(paper: Paper) -> list[Block]:
        found: list[Block] = [
            Line(
                [Run("Embeddings of ", "ink", bold=True), token(state["token"], own=True)],
                [Run(shape(trace), "ink_3", mono=True)],
            ),
            Sums(state["rows"], picture.arrays),
        ]
        if state["one_segment"]:
            found.append(note(_ALIKE))
        if state["pair"]:
            found += [note(_told(state["pair"])), Sums(state["pair"]["rows"], picture.arrays)]
        return found

    numbers = {name: vector(values, _ABOUT[name]) for name, values in picture.arrays.items()}
    return walked("embeddings", trace, chosen, numbers, blocks)


def _told(pair: Any) -> str:
    a, b = pair["tokens"]
    alike = (
        ""
        if pair["cosine"] is None
        else (f"; the cosine of the two is {number(pair['cosine'], 2)}")
    )
    added = f"Segment A is added to {many(a, 'token')}, segment B to {many(b, 'token')}"
    return f"{added}{alike}."
