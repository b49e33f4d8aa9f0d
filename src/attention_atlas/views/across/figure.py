"""Attention rollout of one token on paper: a row for each layer, a column for each token."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.errors import InvalidChoice
from attention_atlas.views.across.across import across
from attention_atlas.views.choice import first_word
from attention_atlas.views.figures import fonts, frame
from attention_atlas.views.figures.captions import caption
from attention_atlas.views.figures.cells import cells, colour_bar
from attention_atlas.views.figures.labels import Labels, distinct, labels_for, name_axis, ordinal
from attention_atlas.views.figures.numerals import number
from attention_atlas.views.figures.paper import SMALL, Paper
from attention_atlas.views.figures.scale import LINEAR_UP_TO
from attention_atlas.views.figures.summaries import layer_names
from attention_atlas.views.figures.view_figure import Chosen, Numbers, ViewFigure

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from attention_atlas.tracing.trace import Trace

_GUTTER = 0.34
_WIDEST = 0.4
_FOOT = 0.3


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The rollout from the focused token or to it; numbers: "rollout" (layer, token).

    Raises:
        InvalidChoice: the focused token is left out.
    """
    chosen = with_token(trace, chosen)
    picture = across(trace, chosen.token or 0, chosen.shown, chosen.look.direction)
    state = picture.state
    focus = focus_in(state)
    values = picture.arrays["rollout"]
    texts = [unit["text"] for unit in state["units"]]
    layers, n = values.shape
    bent = n > LINEAR_UP_TO
    end = _end(values, focus)
    row = min(0.25, max(0.125, 3.0 / layers))
    own = number(float(values[-1, focus]))
    notes = f"{distinct(texts)[focus]} takes {own} from itself in the last layer."

    def fit(paper: Paper) -> tuple[Labels, float]:
        width = min(paper.width - _GUTTER - 0.02, n * _WIDEST)
        labels = labels_for(texts, width / n, "x", longest=0.75, focus=focus)
        for _ in range(3):  # what reaches over the edge takes from the width, and so from the cells
            labels = labels_for(texts, width / n, "x", longest=0.75, focus=focus)
            width = min(paper.width - _GUTTER - max(labels.over, 0.02), n * _WIDEST)
        return labels, width

    def said(paper: Paper) -> list[str]:
        return fonts.wrapped(
            f"The scale ends at the largest share between two tokens; {notes}" if n > 1 else notes,
            paper.width - _GUTTER,
            SMALL,
        )

    def height(paper: Paper) -> float:
        room = fit(paper)[0].room
        return room + layers * row + _FOOT + frame.height_of(len(said(paper)), SMALL)

    def paint(sheet: Figure | SubFigure, paper: Paper) -> None:
        from matplotlib.colors import Normalize, PowerNorm

        labels, width = fit(paper)
        top = labels.room
        scale = PowerNorm(0.5, 0, end, clip=True) if bent else Normalize(0, end, clip=True)
        axes = frame.place(sheet, _GUTTER, top, width, layers * row)
        cells(axes, paper, values, colours=paper.sequential(), scale=scale)
        name_axis(axes, paper, labels, "x", focus=focus)
        numbers = [str(k + 1) for k in range(layers)]
        name_axis(axes, paper, labels_for(numbers, row, "y"), "y")
        ink = paper.colours.ink_3
        frame.write(
            sheet,
            paper,
            _GUTTER - 0.07,
            top - 0.04,
            "layer",
            size=SMALL,
            colour=ink,
            across="right",
        )
        foot = top + layers * row + 0.08
        bar = frame.place(sheet, _GUTTER, foot, 1.1, 0.06)
        marks = [(0.0, "0"), (1.0, number(end))]
        colour_bar(bar, paper, paper.sequential(), marks)
        after = "rollout" + (", in steps of the square root" if bent else "")
        frame.write(sheet, paper, _GUTTER + 1.18, foot + 0.06, after, size=SMALL, colour=ink)
        if labels.every > 1:
            text = f"every {ordinal(labels.every)} token is named"
            frame.write(
                sheet,
                paper,
                _GUTTER + width,
                foot + 0.17,
                text,
                size=SMALL,
                colour=ink,
                across="right",
            )
        frame.lines(sheet, paper, _GUTTER, foot + _FOOT - 0.08, said(paper), size=SMALL, colour=ink)

    return ViewFigure(
        view="rollout",
        title="Attention rollout",
        caption=caption(
            trace,
            chosen,
            shown=replace(chosen.shown, measure="weights"),
            said=[f"attention rollout after each layer, {direction_said(state)}"],
        ),
        numbers={
            "rollout": Numbers(
                values,
                ("layer", "token"),
                (layer_names(layers), texts),
                f"The share of attention rollout, {direction_said(state)}.",
            )
        },
        paint=paint,
        height=height,
    )


def with_token(trace: Trace, chosen: Chosen) -> Chosen:
    """`chosen` with the first word focused where nothing is."""
    return chosen if chosen.token is not None else replace(chosen, token=first_word(trace))


def focus_in(state: object) -> int:
    """The unit that is followed, of the state of a view across the layers.

    Raises:
        InvalidChoice: it is left out.
    """
    assert isinstance(state, dict)
    if state["focus"] is None:
        raise InvalidChoice(
            f"{state['focused']} is left out, so nothing is followed from or to it. Focus a word, "
            "or keep the special tokens."
        )
    return state["focus"]


def direction_said(state: object) -> str:
    """What is followed: "what cat takes from each token"."""
    assert isinstance(state, dict)
    focused = fonts.isolated(state["focused"])
    if state["direction"] == "from":
        return f"what “{focused}” takes from each token"
    return f"what each token takes from “{focused}”"


def _end(values: np.ndarray, focus: int) -> float:
    """The largest share of the other tokens: a token's own would take the scale for itself."""
    others = values if values.shape[1] == 1 else np.delete(values, focus, axis=1)
    finite = others[np.isfinite(others)]
    return float(finite.max(initial=0)) or 1.0
