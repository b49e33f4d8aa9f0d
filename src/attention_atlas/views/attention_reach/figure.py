"""Where the focused token looks, on paper: its row as bars, strongest first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.errors import InvalidChoice
from attention_atlas.views.choice import first_word
from attention_atlas.views.figures import fonts, frame
from attention_atlas.views.figures.bars import ROW, Bar, bars
from attention_atlas.views.figures.captions import caption
from attention_atlas.views.figures.heads import ABOUT, empty_rows, head_numbers
from attention_atlas.views.figures.numerals import number, told
from attention_atlas.views.figures.paper import SMALL, TEXT, TITLE, Paper
from attention_atlas.views.figures.scale import signed
from attention_atlas.views.figures.view_figure import Chosen, Numbers, ViewFigure
from attention_atlas.views.weights import Measure

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from attention_atlas.tracing.trace import Trace

LISTED = 12
"""How many tokens are listed; of the others the sum is told."""
TITLES: dict[Measure, str] = {
    "weights": "looks",
    "scores": "looks, before the softmax",
    "norms": "looks, norm-weighted",
    "difference": "differs from the mean",
}
_HEAD = 0.2
_REST = 0.15


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The focused token's row of a head, or the first word's; numbers: "attention" (to).

    Raises:
        InvalidChoice: the focused token is left out, or no unit takes part.
    """
    if chosen.token is None:
        chosen = replace(chosen, token=first_word(trace))
    head = head_numbers(trace, chosen)
    measure = chosen.shown.measure
    if head.focus is None:
        text = trace.tokens[chosen.token or 0].text
        raise InvalidChoice(
            f"{text} is left out, so it has no row. Focus a word, or keep the special tokens."
        )
    row, name = head.values[head.focus], head.names[head.focus]
    nowhere = bool(empty_rows(head.values, measure)[head.focus])
    order = _strongest(row, measure)
    listed = [] if nowhere else order[:LISTED].tolist()
    rest = (
        "Nowhere: all its attention went to what is left out."
        if nowhere
        else _remainder(row[order[LISTED:]], measure)
    )

    def height(paper: Paper) -> float:
        return _HEAD + len(listed) * ROW + (_REST if rest else 0.02)

    def paint(sheet: Figure | SubFigure, paper: Paper) -> None:
        _title(sheet, paper, name, TITLES[measure])
        if listed:
            axes = frame.place(sheet, 0, _HEAD, paper.width, len(listed) * ROW)
            names = [head.names[k] for k in listed]
            most = 0.9 if paper.columns == 1 else 1.6
            room = min(most, fonts.widest(names, TEXT, mono=True)) + 0.09
            items = [_bar(paper, head.names[k], float(row[k]), measure) for k in listed]
            bars(axes, paper, items, names=room, numbers=0.4)
        base = _HEAD + len(listed) * ROW + 0.11
        frame.write(sheet, paper, 0, base, rest, size=SMALL, colour=paper.colours.ink_3)

    return ViewFigure(
        view="attention-row",
        title=f"Where {name} {TITLES[measure]}",
        caption=caption(trace, chosen, layer=True, head=True, token=True, shown=chosen.shown),
        numbers={"attention": Numbers(row, ("to",), (head.texts,), ABOUT[measure])},
        paint=paint,
        height=height,
    )


def _strongest(row: np.ndarray, measure: Measure) -> np.ndarray:
    """The columns, strongest first: differences by how far they are from 0; NaN last."""
    rank = np.abs(row) if measure == "difference" else row
    return np.argsort(-np.where(np.isnan(rank), -np.inf, rank), kind="stable")


def _bar(paper: Paper, name: str, value: float, measure: Measure) -> Bar:
    colours = paper.colours
    colour = None
    if signed(measure):
        colour = colours.negative if value < 0 else colours.positive
    return Bar(name, value, told(measure, value), colour)


def _remainder(left: np.ndarray, measure: Measure) -> str:
    """What is said of those that are not listed, strongest first."""
    if not len(left):
        return ""
    if measure == "weights":
        return f"{len(left)} more, together {number(float(left.sum(dtype=np.float64)))}"
    above = "further from 0 than" if measure == "difference" else "above"
    return f"{len(left)} more, none {above} {told(measure, float(left[0]))}"


def _title(sheet: Figure | SubFigure, paper: Paper, name: str, after: str) -> None:
    """The title, the token in the type and the colour of tokens."""
    base, x = TITLE / 72, 0.0
    last = fonts.width_of(f" {after}", TITLE, bold=True)
    frame.write(sheet, paper, x, base, "Where", size=TITLE, bold=True)
    x += fonts.width_of("Where ", TITLE, bold=True)
    name = fonts.cut(name, paper.width - x - last - 0.05, TITLE, mono=True)
    frame.write(sheet, paper, x, base, name, size=TITLE, mono=True, colour=paper.colours.accent)
    x += fonts.width_of(name, TITLE, mono=True) + fonts.width_of(" ", TITLE, bold=True)
    frame.write(sheet, paper, x, base, after, size=TITLE, bold=True)
