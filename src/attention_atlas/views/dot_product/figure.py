"""Scaled dot-product attention of one token on paper, key by key, with its real numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.analysis.attention_steps import attention_steps
from attention_atlas.views.dot_product.dot_product import dot_product
from attention_atlas.views.dot_product.figures import MINUS
from attention_atlas.views.figures.blocks import (
    Beside,
    Block,
    Line,
    Run,
    Stack,
    heading,
    note,
    token,
)
from attention_atlas.views.figures.paper import SMALL, TEXT
from attention_atlas.views.figures.strips import Legend, top98
from attention_atlas.views.figures.table import Column, Row, Table
from attention_atlas.views.figures.table_cells import (
    Bar,
    Cell,
    Said,
    SignedBar,
    Strip,
    code,
    text,
)
from attention_atlas.views.figures.view_figure import Numbers
from attention_atlas.views.figures.walking import followed, most_of, names, vector, walked

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

_FIGURES = ("raw", "scaled", "shifted", "exp", "share")


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The strongest key compared in detail, the softmax over all keys, and the values mixed.

    As on the page the strongest keys of a long text stand one by one and the others as their sum;
    the numbers are those of all.

    Raises:
        InvalidChoice: there is no such layer, head or token.
    """
    chosen, index = followed(trace, chosen)
    picture = dot_product(trace, chosen.layer, chosen.head, index)
    state, arrays = dict(picture.state), picture.arrays
    weights = np.nan_to_num(arrays["weights"], nan=-1.0)
    picked = int(weights.argmax())

    def blocks(paper: Paper) -> list[Block]:
        narrow = paper.columns == 1
        return [
            *_compare(state, arrays, picked, narrow),
            heading("Score and softmax"),
            _scores(state, arrays, picked, narrow),
            *_notes(state),
            *_mixing(state, arrays, narrow),
        ]

    return walked(
        "scaled-dot-product", trace, chosen, _numbers(trace, chosen, index), blocks, layer=True,
        head=True,
    )  # fmt: skip


def _numbers(trace: Trace, chosen: Chosen, index: int) -> dict[str, Numbers]:
    seen, head = trace.layers[chosen.layer], chosen.head
    query, key, value = seen.query[head, index], seen.key[head], seen.value[head]
    scores, weights = seen.scores[head, index], seen.attention[head, index]
    raw = attention_steps(query, key, value, scores, weights).raw.astype(np.float32)
    labels = names(trace)

    def of_keys(values: np.ndarray, about: str) -> Numbers:
        axes = ("key", "dimension")[: values.ndim]
        return Numbers(values, axes, (labels, None)[: values.ndim], about)

    return {
        "query": vector(query, "The query of the token."),
        "key": of_keys(key, "The key of each token."),
        "raw": of_keys(raw, "q · k, in double precision and rounded to single."),
        "score": of_keys(scores, "q · k / √d_h as the model has it, before the softmax."),
        "attention": of_keys(weights, "The softmax of the scores: the share of each key."),
        "value": of_keys(value, "The value of each token."),
        "context": vector(seen.context[head, index], "The values in their shares, added up."),
    }


def _compare(state: Any, arrays: Any, picked: int, narrow: bool) -> list[Block]:
    """One query and one key: their vectors, what becomes of them, the dimensions that decide."""
    key = state["keys"][picked]
    q, k = arrays["query"], arrays["key"][picked]
    with np.errstate(invalid="ignore", over="ignore"):
        product = q * k
    high = top98(q, k)
    own, other = token(state["token"], own=True), token(key["piece"])
    names_ = [
        Said((Run("q of "), own)), Said((Run("k of "), other)), Said((Run("q × k"),)),
    ]  # fmt: skip
    strips = Table(
        [Column(most=0.95), Column(share=1)],
        [
            Row([said, Strip(values, end, name)])
            for said, (name, values, end) in zip(
                names_,
                [("query", q, high), ("key", k, high), ("product", product, top98(product))],
                strict=True,
            )
        ],
        head=False,
    )
    links = (
        ("q · k = ", key["raw"]),
        (f"÷ √{state['head_size']} = ", key["scaled"]),
        (f"{_taken_off(state['maximum'])} = ", key["shifted"]),
        (f"exp({key['shifted']}) = ", key["exp"]),
        (f"÷ {state['exp_sum']} = ", key["share"]),
    )
    chain = Line([run for said, value in links for run in _link(said, value)])
    title = Line(
        [Run("Compare: ", "ink", bold=True), own, Run(" with ", "ink", bold=True), other],
        [Run(f"{state['n']:,} keys × {state['head_size']}", "ink_3", mono=True)],
    )
    left, right = Stack([strips, chain]), _terms(state, key, narrow)
    return [title, *([left, right] if narrow else [Beside([left, right], [1.25, 1])])]


def _terms(state: Any, key: Any, narrow: bool) -> Table:
    terms = key["terms"]
    products = np.array([_read(term["product"]) for term in terms])
    most = most_of(products)
    rows = [
        Row(
            [
                code(f"[{term['dimension']}]", "ink_3", size=SMALL),
                *(code(term[name], size=SMALL) for name in ("q", "k", "product")),
                SignedBar(float(product) / most),
            ],
            height=0.135,
        )
        for term, product in zip(terms, products, strict=True)
    ]
    none: list[Cell | None] = [None]
    if key["rest"] is not None:
        left = state["head_size"] - len(terms)
        said = text(f"{left:,} other{'' if left == 1 else 's'}", "ink_3", size=SMALL)
        rest = code(key["rest"], size=SMALL)
        rows.append(Row([said, None, None, rest, None], height=0.135))
    total = code(key["raw"], "ink", size=SMALL)
    rows.append(
        Row([text("sum = q · k", size=SMALL), *none, *none, total, None], rule=True, height=0.135)
    )
    columns = [
        Column("dimension", most=0.75),
        *(Column(name, "right") for name in ("q", "k", "q × k")),
        Column(share=1, gap=0.14),
    ]
    return Table(columns, rows)


def _scores(state: Any, arrays: Any, picked: int, narrow: bool) -> Table:
    """One row for each key: q·k, the score, the parts of the softmax, the share."""
    size, high = (SMALL, 0.125) if narrow else (TEXT, 0.145)
    far, widest = most_of(arrays["raw"]), most_of(arrays["weights"])
    rows = []
    for k, key in enumerate(state["keys"]):
        mine = key["index"] == state["index"]
        name = [Run(key["piece"], "accent" if mine else "ink_2", mono=True, size=size)]
        if state["others"]:
            name.append(Run(f" {key['index']}", "ink_3", mono=True, size=SMALL))
        ink = "ink" if k == picked else "ink_2"
        raw, scaled, shifted, exp, share = (code(key[f], ink, size=size) for f in _FIGURES)
        signed = [] if narrow else [SignedBar(float(arrays["raw"][k]) / far)]
        bar = Bar(float(arrays["weights"][k]) / widest)
        cells = [Said(tuple(name)), raw, *signed, scaled, shifted, exp, share, bar]
        rows.append(Row(cells, wash=k == picked, height=high))
    gap: list[None] = [] if narrow else [None]
    if state["others"]:
        others = state["others"]
        said = text(f"{others['count']:,} other keys", "ink_3", size=size)
        exp, share = (code(others[name], size=size) for name in ("exp", "share"))
        rows.append(Row([said, None, *gap, None, None, exp, share, None], height=high))
    top, total = code(state["maximum"], "ink", size=size), code(state["total"], "ink", size=size)
    most, sums = text("max", "ink_3", size=size), text("sum", "ink_3", size=size)
    last = code(state["exp_sum"], "ink", size=size)
    rows.append(Row([None, most, *gap, top, sums, last, total, None], rule=True))
    columns = [
        Column("key", most=0.7 if narrow else 1.0),
        Column("q · k", "right"),
        *([] if narrow else [Column(share=0.7, gap=0.12)]),
        Column(f"÷ √{state['head_size']}", "right"),
        Column(f"{MINUS} max", "right"),
        Column("exp", "right"),
        Column("÷ sum", "right"),
        Column(share=1),
    ]
    return Table(columns, rows)


def _notes(state: Any) -> list[Block]:
    said = []
    if state["others"]:
        count = state["others"]["count"]
        said.append(
            f"The {len(state['keys'])} strongest keys stand here one by one, each with its place "
            f"in the text, counted from 0. The row below them adds up the other {count:,}, so that "
            f"the sums are those of all {state['n']:,}."
        )
    if state["rounding"]:
        said.append(
            "These numbers are large, and the model computes in single precision: its scores are "
            f"off from q · k ÷ √{state['head_size']} by up to {state['rounding']}."
        )
    return [note(" ".join(said))] if said else []


def _mixing(state: Any, arrays: Any, narrow: bool) -> list[Block]:
    """The values in their shares, added up key by key until they are the context vector."""
    keys, others, context = state["keys"], state["others"], arrays["context"]
    with np.errstate(invalid="ignore", over="ignore"):
        parts = [
            weight * value for weight, value in zip(arrays["weights"], arrays["value"], strict=True)
        ]
        if others:
            parts.append(arrays["others"])
        added = np.cumsum(np.asarray(parts, dtype=np.float64), axis=0).astype(np.float32)
    high = top98(context, *parts)
    size, each = (SMALL, 0.125) if narrow else (TEXT, 0.145)
    rows = []
    for k, (part, so_far) in enumerate(zip(parts, added, strict=True)):
        if k < len(keys):
            mine = keys[k]["index"] == state["index"]
            name: Cell = code(keys[k]["piece"], "accent" if mine else "ink_2", size=size)
            share = keys[k]["share"]
        else:
            name, share = text(f"{others['count']:,} others", "ink_3", size=size), others["share"]
        cells = [name, code(share, size=size), Strip(part, high, f"part {k}")]
        rows.append(Row([*cells, Strip(so_far, high, f"so far {k}")], height=each))
    said = Said(
        (Run("= context of ", size=size), Run(state["token"], "accent", mono=True, size=size))
    )
    last = [text("sum", size=size), code(state["total"], "ink", size=size)]
    rows.append(Row([*last, said, Strip(context, high, "context")], rule=True))
    columns = [
        Column("key", most=0.75),
        Column("share", "right"),
        Column("share × value", share=1),
        Column("added up so far", share=1),
    ]
    return [Legend(high, [Run("Mix the values", "ink", bold=True)]), Table(columns, rows)]


def _link(said: str, value: str) -> tuple[Run, Run]:
    """One step of the chain, its result in full ink."""
    step = Run(said, "ink_3", mono=True, size=SMALL)
    return step, Run(f"{value}  ", "ink", mono=True, size=SMALL, glued=True)


def _taken_off(x: str) -> str:
    """ "− 3.4", and "− (−3.4)"."""
    return f"{MINUS} ({x})" if x.startswith(MINUS) else f"{MINUS} {x}"


def _read(written: str) -> float:
    """The number that stands there."""
    return float(written.replace(MINUS, "-").replace("∞", "inf"))
