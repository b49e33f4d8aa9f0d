"""The six metrics of one head on paper, each among all heads of the model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.views.figures import frame
from attention_atlas.views.figures.captions import caption
from attention_atlas.views.figures.head_values import span, within
from attention_atlas.views.figures.labels import ordinal
from attention_atlas.views.figures.numerals import measured, percent
from attention_atlas.views.figures.paper import SMALL, Paper
from attention_atlas.views.figures.summaries import (
    head_names,
    layer_names,
    size_of,
    summary_at,
    tau_text,
)
from attention_atlas.views.figures.view_figure import Chosen, Numbers, ViewFigure
from attention_atlas.views.metric_cards.metric_cards import metric_cards

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from attention_atlas.tracing.trace import Trace

_ACROSS = {1: 2, 2: 3}
_GAP = 0.22
_CARD = 1.04
_VALUE = 12.0


@dataclass(frozen=True, eq=False)
class _Card:
    """One metric of the chosen head."""

    name: str
    unit: str
    value: float
    every: np.ndarray
    """Of all heads, (L · H)."""
    word: str
    rank: int
    below: int
    share: float | None
    """Of what uniform attention has; of the entropy only."""
    means: list[tuple[str, float]]


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The metrics of a head; numbers: "values" and "ranks" (metric, layer, head) of all heads.

    Raises:
        InvalidChoice: no unit takes part.
    """
    summary = summary_at(trace, chosen)
    n = size_of(trace, chosen)
    shown = chosen.shown
    picture = metric_cards(
        summary, chosen.layer, chosen.head, n, tau=chosen.tau,
        keep_special=shown.keep_special, words=shown.words,
    )  # fmt: skip
    values, ranks = picture.arrays["values"], picture.arrays["ranks"]
    count, layers, heads = values.shape
    cards = [_card(picture.state, picture.arrays, k, chosen) for k in range(count)]
    labels = (
        [about["field"] for about in picture.state["metrics"]],
        layer_names(layers),
        head_names(heads),
    )
    axes = ("metric", "layer", "head")
    tau = tau_text(trace, chosen)

    def height(paper: Paper) -> float:
        return -(-count // _ACROSS[paper.columns]) * (_CARD + 0.08) - 0.13

    def paint(sheet: Figure | SubFigure, paper: Paper) -> None:
        across = _ACROSS[paper.columns]
        wide = (paper.width - _GAP * (across - 1)) / across
        for k, card in enumerate(cards):
            _draw(
                sheet,
                paper,
                card,
                (k % across) * (wide + _GAP),
                (k // across) * (_CARD + 0.08),
                wide,
            )

    return ViewFigure(
        view="metrics",
        title="Metrics of the head",
        caption=caption(
            trace,
            chosen,
            layer=True,
            head=True,
            shown=replace(shown, measure="weights"),
            said=[
                f"a tick for each of the model’s {layers * heads} heads"
                if layers * heads > 1
                else "",
                f"sparsity counts weights below τ = {tau}",
            ],
        ),
        numbers={
            "values": Numbers(values, axes, labels, "The value of each metric for each head."),
            "ranks": Numbers(ranks, axes, labels, "The rank among all heads, 1 for the highest."),
        },
        paint=paint,
        height=height,
    )


def _card(state: object, arrays: object, k: int, chosen: Chosen) -> _Card:
    assert isinstance(state, dict)
    assert isinstance(arrays, dict)
    about = state["metrics"][k]
    at = (k, chosen.layer, chosen.head)
    _, layers, heads = arrays["values"].shape
    share = float(arrays["entropy_share"][at[1:]]) if about["field"] == "entropy" else None
    means = []
    if heads > 1 and layers > 1:
        mean = float(arrays["layer_means"][k, chosen.layer])
        means.append((f"mean of layer {chosen.layer + 1}", mean))
    if layers * heads > 1:
        means.append((f"mean of {layers * heads} heads", float(arrays["model_means"][k])))
    return _Card(
        name=about["name"],
        unit=about["unit"],
        value=float(arrays["values"][at]),
        every=arrays["values"][k].ravel(),
        word=about["words"][int(arrays["words"][at])],
        rank=int(arrays["ranks"][at]),
        below=int(arrays["below"][at]),
        share=None if share is None or np.isnan(share) else share,
        means=means,
    )


def _draw(
    sheet: Figure | SubFigure, paper: Paper, card: _Card, left: float, top: float, wide: float
) -> None:
    from attention_atlas.views.figures import fonts

    colours = paper.colours
    frame.write(sheet, paper, left, top + 0.1, card.name, colour=colours.ink_2)
    value = measured(card.value)
    frame.write(sheet, paper, left, top + 0.29, value, size=_VALUE, mono=True)
    unit = " · ".join(filter(None, [card.unit, "" if card.share is None else percent(card.share)]))
    after = left + fonts.width_of(value, _VALUE, mono=True) + 0.05
    frame.write(sheet, paper, after, top + 0.29, unit, size=SMALL, colour=colours.ink_3)
    _ticks(sheet, paper, card, left, top + 0.35, wide)
    frame.write(sheet, paper, left, top + 0.61, card.word, bold=True)
    frame.write(
        sheet, paper, left + wide, top + 0.61, rank_of(card.rank, card.below, card.every.size),
        size=SMALL, colour=colours.ink_2, across="right",
    )  # fmt: skip
    said = higher_than(card.rank, card.below, card.every.size)
    frame.write(sheet, paper, left, top + 0.72, said, size=SMALL, colour=colours.ink_3)
    for k, (name, mean) in enumerate(card.means):
        base = top + 0.84 + k * 0.11
        frame.write(sheet, paper, left, base, name, size=SMALL, colour=colours.ink_3)
        frame.write(
            sheet, paper, left + wide, base, measured(mean), size=SMALL, mono=True,
            colour=colours.ink_2, across="right",
        )  # fmt: skip


def _ticks(
    sheet: Figure | SubFigure, paper: Paper, card: _Card, left: float, top: float, wide: float
) -> None:
    """All heads as ticks on their range, this one marked."""
    colours = paper.colours
    axes = frame.place(sheet, left, top, wide, 0.15)
    axes.set_gid(card.name)
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(18, 0)
    ends = span(card.every)
    places = [within(float(x), ends) for x in card.every]
    axes.hlines(17.5, 0, 1, colors=colours.rule_2, lw=0.5)
    axes.vlines(
        [x for x in places if np.isfinite(x)], 7, 17, colors=colours.ink_3, lw=0.4, alpha=0.6
    )
    own = within(card.value, ends)
    if np.isfinite(own):
        axes.vlines(own, 0, 18, colors=colours.accent, lw=1.4)


def rank_of(rank: int, below: int, of: int) -> str:
    """ "3rd of 72"; metric_cards/words.js says the same."""
    if of == 1:
        return "the only head"
    return f"all {of:,} alike" if of - below - rank == of - 1 else f"{ordinal(rank)} of {of:,}"


def higher_than(rank: int, below: int, of: int) -> str:
    """ "higher than 83 % of heads"; nothing where there is nothing to compare."""
    if of == 1 or of - below - rank == of - 1:
        return ""
    if below == of - 1:
        return "higher than all others"
    if below == 0:
        return "higher than none"
    share = percent(below / of)
    if share[0] in "<>":
        return f"higher than {below:,} of {of:,} heads"
    return f"higher than {share} of heads"
