"""Two candidates for one position on paper, and the dimensions that decide between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.views.figures.blocks import Block, Line, Run, note, token
from attention_atlas.views.figures.numerals import number, significant
from attention_atlas.views.figures.paper import SMALL
from attention_atlas.views.figures.strips import top98
from attention_atlas.views.figures.table import Column, Row, Table
from attention_atlas.views.figures.table_cells import (
    Cell,
    SignedBar,
    Strip,
    code,
    text,
)
from attention_atlas.views.figures.view_figure import Numbers
from attention_atlas.views.figures.walking import followed, most_of, reading, vector, walked
from attention_atlas.views.two_candidates.two_candidates import two_candidates

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

_SHOWN = 8
"""How many dimensions are listed."""


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The likeliest word against the second, dimension by dimension.

    The numbers are those of all `look.top_k` words. Without the prediction head there is one
    sentence.

    Raises:
        InvalidChoice: there is no such token.
    """
    chosen, index = followed(trace, chosen)
    look = chosen.look
    read, said = reading(trace, index, look)
    picture = two_candidates(trace, index, read=read, use_head=look.use_head, top_k=look.top_k)
    state: Any = picture.state
    arrays = picture.arrays

    def blocks(paper: Paper) -> list[Block]:
        title = Line([Run("Two candidates at ", "ink", bold=True), token(state["token"], own=True)])
        if state["note"]:
            return [title, note(state["note"], "ink_2")]
        names = [word["text"] for word in state["words"]]
        return [title, _told(names, arrays["logits"]), _table(state, arrays)]

    return walked("two-candidates", trace, chosen, _numbers(state, arrays), blocks, said=said)


def _numbers(state: Any, arrays: Any) -> dict[str, Numbers]:
    if state["note"]:
        return {}
    words = tuple(word["text"] for word in state["words"])
    return {
        "transformed": vector(
            arrays["transformed"], "t(h), what the head makes of the final hidden state."
        ),
        "weights": Numbers(
            arrays["weights"], ("word", "dimension"), (words, None), "The decoder’s row of each."
        ),
        "bias": Numbers(arrays["bias"], ("word",), (words,), "The decoder’s bias of each."),
        "logit": Numbers(arrays["logits"], ("word",), (words,), "Before the softmax."),
        "probability": Numbers(arrays["probabilities"], ("word",), (words,), "After the softmax."),
    }


def _told(names: list[str], logits: np.ndarray) -> Line:
    a, b = float(logits[0]), float(logits[1])
    first, second = token(names[0]), token(names[1])
    likelier, other = (first, second) if a >= b else (second, first)
    apart = abs(a - b)
    with np.errstate(over="ignore"):
        times = significant(float(np.exp(apart)), 2)
    return Line(
        [
            Run("The logit of "), first, Run(f" is {number(a)}, that of "), second,
            Run(f" {number(b)}: a difference of {number(a - b, 2)}. So "), likelier,
            Run(f" is {times} times as likely, e to the {number(apart, 2)}, as "), other, Run("."),
        ]
    )  # fmt: skip


def _table(state: Any, arrays: Any) -> Table:
    t, weights = arrays["transformed"], arrays["weights"]
    with np.errstate(all="ignore"):
        factors = weights[0].astype(np.float64) - weights[1]
        products = t * factors
    order = np.argsort(-np.abs(np.nan_to_num(products)), kind="stable")
    listed, left = order[:_SHOWN], order[_SHOWN:]
    rest = float(products[left].sum())
    bias = float(arrays["bias"][0]) - float(arrays["bias"][1])
    far = most_of(np.array([*products[listed], rest, bias]))
    rows = [
        Row(
            [
                code(f"[{k}]", "ink_3"), code(number(float(t[k]), 4)),
                code(number(float(factors[k]), 5)), code(number(float(products[k]))),
                SignedBar(float(products[k]) / far),
            ]
        )
        for k in listed
    ]  # fmt: skip
    sums = [(f"{len(left):,} other dimensions", rest)] if len(left) else []
    if state["bias"]:
        sums.append(("bias", bias))
    for said, value in sums:
        cells: list[Cell | None] = [text(said, "ink_3"), None, None, code(number(value))]
        rows.append(Row([*cells, SignedBar(value / far)]))
    total = float(arrays["logits"][0]) - float(arrays["logits"][1])
    end = [text("difference of the logits"), None, None, code(number(total), "ink"), None]
    rows.append(Row(end, rule=True))
    strip = Strip(products.astype(np.float32), top98(products), "products", gap=False)
    rows.append(Row([text("all dimensions", "ink_3", size=SMALL), None, None, None, strip]))
    columns = [
        Column("dimension", most=1.25),
        Column("t(h)", "right"),
        Column("W_a − W_b", "right"),
        Column("product", "right"),
        Column(share=1, gap=0.14),
    ]
    return Table(columns, rows)
