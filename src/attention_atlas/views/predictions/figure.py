"""Which words the model expects at one position, on paper, and how sure it is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.views.figures.blocks import (
    Beside,
    Block,
    Line,
    Run,
    Stack,
    note,
    token,
)
from attention_atlas.views.figures.numerals import number, significant
from attention_atlas.views.figures.paper import SMALL, TEXT
from attention_atlas.views.figures.strips import Sums
from attention_atlas.views.figures.table import Column, Row, Table
from attention_atlas.views.figures.table_cells import (
    Bar,
    code,
    text,
)
from attention_atlas.views.figures.view_figure import Numbers
from attention_atlas.views.figures.walking import (
    around,
    followed,
    many,
    percent,
    reading,
    small_percent,
    vector,
    walked,
)
from attention_atlas.views.predictions.predictions import predictions

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

_FULL = 0.4
"""A bar of full length stands for at least this probability, so that a small one looks small."""
_MOST_PIECES = 48
"""Of a longer text the pieces about the position are printed."""


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The likeliest words at the followed token with the softmax of the first.

    Without the prediction head the final hidden state is shown, as on the page.

    Raises:
        InvalidChoice: there is no such token.
    """
    chosen, index = followed(trace, chosen)
    look = chosen.look
    read, said = reading(trace, index, look)
    picture = predictions(trace, index, read=read, use_head=look.use_head, top_k=look.top_k)
    state: Any = picture.state
    arrays = picture.arrays
    words = state["shows"] == "words"

    def blocks(paper: Paper) -> list[Block]:
        size = f"{many(len(trace.tokens), 'token')} × {trace.model.vocabulary_size:,}"
        title = Line(
            [Run("Predictions at ", "ink", bold=True), token(state["token"], own=True)],
            [Run(size, "ink_3", mono=True)],
        )
        told: list[Block] = [note(state["note"], "ink_2")] if state["note"] else []
        if not words:
            return [title, *told, Sums([state["row"]], arrays)]
        facts, chain = _facts(state, arrays), _chain(state, arrays)
        found = [facts, chain] if paper.columns == 1 else [Beside([facts, chain], [1, 1.15])]
        return [title, *told, _sentence(state), _bars(state, arrays), *found]

    numbers = _numbers(state, arrays) if words else {"hidden_state": vector(
        arrays["hidden_state"], "The last layer’s output at the token."
    )}  # fmt: skip
    return walked("predictions", trace, chosen, numbers, blocks, said=said)


def _numbers(state: Any, arrays: Any) -> dict[str, Numbers]:
    words = tuple(word["text"] for word in state["words"])
    return {
        "probability": Numbers(arrays["probabilities"], ("word",), (words,), "After the softmax."),
        "logit": Numbers(arrays["logits"], ("word",), (words,), "Before the softmax."),
        "rank": Numbers(
            np.array([word["rank"] for word in state["words"]]), ("word",), (words,),
            "1 is the likeliest.",
        ),
        "figures": Numbers(
            arrays["figures"], ("figure",), (("largest logit", "sum of exponentials", "entropy"),),
            "The largest logit m, the sum of exp(z − m) over the vocabulary, the entropy in nats.",
        ),
    }  # fmt: skip


def _sentence(state: Any) -> Line:
    """The sentence as the model reads it."""
    pieces = state["sentence"]
    shown = around(len(pieces), state["index"], _MOST_PIECES)
    runs = [Run("… ", "ink_3", mono=True)] if shown.start else []
    for k in shown:
        piece = pieces[k]
        said = state["mask"] if k in state["hidden"] else piece["text"]
        ink = (
            "accent" if piece["here"] else "ink_3" if piece["special"] or k in state["hidden"]
            else "ink_2"
        )  # fmt: skip
        bold = piece["here"]
        runs += [Run(said, ink, mono=True, bold=bold), Run(" ", mono=True)]
    if shown.stop < len(pieces):
        runs.append(Run("…", "ink_3", mono=True))
    return Line(runs)


def _bars(state: Any, arrays: Any) -> Table:
    p = arrays["probabilities"]
    full = max(float(np.nan_to_num(p[0])), _FULL)
    rows = []
    for k, word in enumerate(state["words"]):
        share, beyond = float(p[k]), k >= state["best"]
        ink = "accent" if word["true"] else "ink"
        said = small_percent(share) if beyond else percent(share)
        bar = Bar(share / full, "accent" if word["true"] else "data")
        rank = code(f"{word['rank']:,}", "ink_3", size=SMALL)
        rows.append(Row([rank, code(word["text"], ink), bar, code(said)], rule=beyond))
    columns = [
        Column(align="right"), Column(most=1.2), Column(share=1), Column(align="right"),
    ]  # fmt: skip
    return Table(columns, rows, head=False)


def _facts(state: Any, arrays: Any) -> Block:
    at, size = state["true"], f"{state['vocabulary']:,}"
    entropy = float(arrays["figures"][2])
    if at is None:
        true = [Run(f"none, since {state['token']} is what you wrote")]
    else:
        word = state["words"][at]
        share = small_percent(float(arrays["probabilities"][at]))
        true = [
            token(word["text"], own=True), Run(f" has {share}, rank {word['rank']:,} of {size}")
        ]  # fmt: skip
    even = significant(math.exp(entropy), 3) if math.isfinite(entropy) else number(entropy)
    sure = (
        f"{number(entropy)} nats, as unsure as an even choice among {even}; even over all {size} "
        f"words it would be ln {size} = {number(math.log(state['vocabulary']))}"
    )
    return Stack(
        [
            Line([Run("True word  ", "ink_3"), *true]),
            Line([Run("Entropy  ", "ink_3"), Run(sure)]),
        ],
        space=0.05,
    )


def _chain(state: Any, arrays: Any) -> Block:
    """The softmax of the likeliest word, step by step."""
    largest, total = (float(figure) for figure in arrays["figures"][:2])
    z = float(arrays["logits"][0])
    e = math.exp(z - largest) if z - largest <= 0 else math.nan
    power, summed = significant(e, 4), significant(total, 5)
    steps = (
        ("z", "its logit", number(z, 4)),
        ("m", f"the largest logit, that of {state['top']}", number(largest, 4)),
        ("z − m", "the largest taken off", number(z - largest, 4)),
        ("exp(z − m)", "its exponential", power),
        ("∑ exp(z − m)", f"summed over all {state['vocabulary']:,} words", summed),
        ("p", f"the probability, {power} ÷ {summed}", significant(e / total, 3)),
    )
    rows = [
        Row(
            [code(symbol, "ink_2", size=SMALL), text(said, "ink_3", size=SMALL),
             code(value, "ink", size=TEXT)],
            height=0.14,
        )
        for symbol, said, value in steps
    ]  # fmt: skip
    columns = [Column(), Column(most=2.2, share=1), Column(align="right")]
    title = Line([Run("The softmax for "), token(state["words"][0]["text"], own=True)])
    return Stack([title, Table(columns, rows, head=False)], space=0.04)
