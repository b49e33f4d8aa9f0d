"""All layers for one token on paper, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.views.figures.blocks import Block, Line, Run, note, token
from attention_atlas.views.figures.numerals import number
from attention_atlas.views.figures.paper import SMALL
from attention_atlas.views.figures.table import Column, Row, Table
from attention_atlas.views.figures.table_cells import (
    Bar,
    Cell,
    TwoParts,
    code,
    text,
)
from attention_atlas.views.figures.view_figure import Numbers
from attention_atlas.views.figures.walking import followed, in_percent, many, most_of, walked
from attention_atlas.views.layer_stack.layer_stack import layer_stack

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

_NOTE = (
    "Length is the L2 norm of the vector. Change compares a layer’s output with its input: 0 is "
    "the same direction, 1 a right angle. The last column compares the lengths of what attention "
    "and feed-forward added, both as they stand in the layer’s output, after the LayerNorms have "
    "scaled them: attention ÷ (attention + feed-forward)."
)


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """How each layer changes the followed token; the chosen layer is marked.

    Raises:
        InvalidChoice: there is no such token.
    """
    chosen, index = followed(trace, chosen)
    picture = layer_stack(trace, index)
    state: Any = picture.state
    arrays = picture.arrays

    def blocks(paper: Paper) -> list[Block]:
        title = [Run("All layers for ", "ink", bold=True), token(state["token"], own=True)]
        size = f"{many(trace.model.layers, 'layer')}"
        table = _table(arrays, chosen.layer, narrow=paper.columns == 1)
        return [Line(title, [Run(size, "ink_3", mono=True)]), table, note(_NOTE)]

    layers = tuple(f"layer {k + 1}" for k in range(trace.model.layers))
    numbers = {
        "length": Numbers(
            arrays["norm"], ("after",), (("embeddings", *layers),),
            "The L2 norm of the token’s hidden state.",
        ),
        "change": Numbers(
            arrays["change"], ("layer",), (layers,), "1 − cos of a layer’s output and its input."
        ),
        "attention": Numbers(
            arrays["attention"], ("layer",), (layers,),
            "The length of what attention added, as it stands in the layer’s output.",
        ),
        "feed_forward": Numbers(
            arrays["ffn"], ("layer",), (layers,),
            "The length of what the feed-forward network added, as it stands there.",
        ),
    }  # fmt: skip
    return walked("stack", trace, chosen, numbers, blocks, layer=True)


def _table(arrays: Any, layer: int, *, narrow: bool) -> Table:
    norm, change = arrays["norm"], arrays["change"]
    attention, ffn = arrays["attention"].astype(np.float64), arrays["ffn"]
    with np.errstate(all="ignore"):
        shares = attention / (attention + ffn)
    longest, largest = most_of(norm), most_of(change)
    size = SMALL if narrow else 7.0
    rows = []
    for k in range(len(norm)):
        on = k == layer + 1
        name = text("Embeddings" if k == 0 else f"Layer {k}", "accent" if on else "ink_2", bold=on)
        cells: list[Cell | None] = [
            name, Bar(float(norm[k]) / longest, name="length"),
            code(number(float(norm[k]), 2), size=size),
        ]  # fmt: skip
        if k:
            share = float(shares[k - 1])
            cells += [
                Bar(float(change[k - 1]) / largest, name="change"),
                code(number(float(change[k - 1])), size=size),
                code(in_percent(share, 0), size=size), TwoParts(share),
                code(in_percent(1 - share, 0), size=size),
            ]  # fmt: skip
        else:
            cells += [None] * 5
        rows.append(Row(cells, wash=on, height=0.155))
    short = "attn." if narrow else "attention"
    columns = [
        Column("after"),
        Column("length" if narrow else "length ‖h‖", share=1),
        Column(align="right", gap=0.05),
        Column("change" if narrow else "change, 1 − cos", share=1, gap=0.14),
        Column(align="right", gap=0.05),
        Column(short, "right", gap=0.14),
        Column(share=1.3, gap=0.05),
        Column("FFN" if narrow else "feed-forward", gap=0.05),
    ]
    return Table(columns, rows)
