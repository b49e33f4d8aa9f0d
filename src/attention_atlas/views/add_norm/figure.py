"""What came in + what a step found, and the LayerNorm of the two, on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.tracing.layer_weights import Part
from attention_atlas.views.add_norm.add_norm import add_norm
from attention_atlas.views.figures.blocks import Block, Line, Run, note, token
from attention_atlas.views.figures.numerals import number, significant
from attention_atlas.views.figures.paper import SMALL
from attention_atlas.views.figures.registry import entry
from attention_atlas.views.figures.strips import Sums
from attention_atlas.views.figures.table import Column, Row, Table
from attention_atlas.views.figures.table_cells import (
    Bar,
    code,
    text,
)
from attention_atlas.views.figures.view_figure import Numbers
from attention_atlas.views.figures.walking import followed, in_percent, shape, vector, walked

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

_ABOUT = {
    "carried": "What came in, carried past the step.",
    "found": "What the step gave.",
    "sum": "Both added.",
    "normal": "The sum, its mean taken off, over its standard deviation.",
    "gamma": "γ, what the LayerNorm multiplies each dimension by.",
    "beta": "β, what it then adds.",
    "output": "The output, as the model has it.",
}


def figure_attention(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The addition after the attention, for the followed token.

    Raises:
        InvalidChoice: there is no such layer or token.
    """
    return _figure("add-norm-attention", trace, chosen, "attention")


def figure_ffn(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The addition after the feed-forward network, for the followed token.

    Raises:
        InvalidChoice: there is no such layer or token.
    """
    return _figure("add-norm-ffn", trace, chosen, "ffn")


def _figure(view: str, trace: Trace, chosen: Chosen, part: Part) -> ViewFigure:
    chosen, index = followed(trace, chosen)
    picture = add_norm(trace, chosen.layer, index, part)
    state: Any = picture.state
    arrays = picture.arrays

    def blocks(paper: Paper) -> list[Block]:
        title = [
            Run(f"{entry(view).title}: ", "ink", bold=True), token(state["token"], own=True),
        ]  # fmt: skip
        return [
            Line(title, [Run(shape(trace), "ink_3", mono=True)]),
            Sums(state["added"], arrays),
            *_shares(arrays["dots"]),
            _moments(arrays["moments"]),
            Sums(state["normed"], arrays),
            *_worked(arrays),
        ]

    numbers = {name: vector(arrays[name], about) for name, about in _ABOUT.items()}
    numbers["moments"] = Numbers(
        arrays["moments"], ("moment",), (("mean", "variance", "epsilon"),),
        "Of the sum’s dimensions: μ, σ² and the ε that is added to it.",
    )  # fmt: skip
    numbers["dots"] = Numbers(
        arrays["dots"], ("part",), (("carried · sum", "found · sum"),),
        "Divided by their sum they are the shares of the old and the new.",
    )  # fmt: skip
    return walked(view, trace, chosen, numbers, blocks, layer=True)


def _shares(dots: np.ndarray) -> list[Block]:
    """How much of the sum is old, and how much new."""
    old, new = (float(dot) for dot in dots)
    whole = old + new
    with np.errstate(all="ignore"):
        shares = np.array([old, new]) / np.float64(whole)
    far = max(1.0, *(abs(share) for share in shares if np.isfinite(share)), 0.0)
    rows = [
        Row(
            [
                text(name),
                Bar(share / far, colour, alpha=0.45 if share < 0 else None, name=name),
                code(in_percent(share), "ink"),
            ],
            height=0.14,
        )
        for name, share, colour in zip(("old", "new"), shares, ("ink_3", "data"), strict=True)
    ]
    said = (
        "The share of a part is part · sum ÷ (sum · sum). Here old · sum = "
        f"{significant(old, 5)}, new · sum = {significant(new, 5)}, and together they are "
        f"sum · sum = {significant(whole, 5)}, so the shares add up to 100\u202f%."
    )
    if (shares < 0).any():
        said += " A share below 0 points against the sum."
    columns = [Column(), Column(share=1), Column(align="right")]
    return [Table(columns, rows, head=False), note(said)]


def _moments(moments: np.ndarray) -> Line:
    mean, variance, epsilon = (float(moment) for moment in moments)
    runs = [
        Run("LayerNorm takes the mean of the sum off, and divides by "),
        Run("√(σ² + ε)", mono=True, size=SMALL), Run(": "),
    ]  # fmt: skip
    for k, (name, value) in enumerate(
        (
            ("mean μ", significant(mean, 6)),
            ("variance σ²", significant(variance, 6)),
            ("ε", significant(epsilon, 1)),
        )
    ):
        runs += [Run(f"{', ' if k else ''}{name} "), _figures(value, glued=True)]
    return Line([*runs, Run(".", glued=True)])


def _worked(arrays: Any) -> list[Block]:
    """The largest dimension of the result worked out, each number from those before it."""
    output = arrays["output"]
    k = int(np.argmax(np.where(np.isnan(output), -1.0, np.abs(output))))
    mean, variance, epsilon = (float(moment) for moment in arrays["moments"])
    x, gamma, beta = (float(arrays[name][k]) for name in ("sum", "gamma", "beta"))
    factor = significant(gamma, 6)
    said = (
        f"({significant(x, 6)} {_signed('−', mean)}) ",
        f"÷ √({significant(variance, 6)} + {significant(epsilon, 1)}) ",
        f"· {f'({factor})' if gamma < 0 else factor} ",
        f"{_signed('+', beta)} ",
    )
    result = float(output[k])
    total = number(result) if abs(result) < 100 or np.isnan(result) else significant(result, 5)
    return [
        note(
            f"Dimension {k:,}, the largest of the result, worked out: (x − μ) ÷ √(σ² + ε) · γ + β ="
        ),
        Line([*map(_figures, said), Run("= ", "ink_3", mono=True), _figures(total, glued=True)]),
    ]


def _signed(sign: str, x: float) -> str:
    """ "− 0.5" or "+ 0.5"."""
    other = {"+": "−", "−": "+"}[sign]
    return f"{other if x < 0 else sign} {significant(abs(x), 6)}"


def _figures(said: str, *, glued: bool = False) -> Run:
    return Run(said, "ink", mono=True, size=SMALL, glued=glued)
