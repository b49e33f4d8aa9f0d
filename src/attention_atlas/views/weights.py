"""The numbers of a head that the attention views draw, and the text they are between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from attention_atlas.analysis.norm_weighted import norm_weighted
from attention_atlas.analysis.special_tokens import without
from attention_atlas.analysis.units import Unit, merge
from attention_atlas.analysis.units import units as units_of
from attention_atlas.errors import InvalidChoice
from attention_atlas.views.choice import head_of
from attention_atlas.views.picture import Picture

if TYPE_CHECKING:
    from attention_atlas.analysis.heads import HeadSummary
    from attention_atlas.tracing.trace import Trace

Measure = Literal["weights", "scores", "norms", "difference"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
NOTHING_LEFT = (
    "Without [CLS], [SEP] and padding nothing is left of this text, so its heads have no "
    "metrics. Keep the special tokens, or write a word."
)


@dataclass(frozen=True)
class Shown:
    """Which numbers of a head are shown, and between which units of text.

    Raises:
        InvalidChoice: there is no such measure.
    """

    measure: Measure = "weights"
    """weights: the attention. scores: q·k / √d_h, before the softmax. norms: ‖α_ij v_j W_O‖, the
    length of what is taken. difference: the weights, less their mean over the layer's heads."""
    keep_special: bool = True
    """Whether [CLS], [SEP] and padding take part."""
    words: bool = False
    """Whether the pieces of a word are put together."""

    def __post_init__(self) -> None:
        """Refuses what is no measure; the page's address can ask for anything."""
        if self.measure not in MEASURES:
            raise InvalidChoice(
                f"A head has no {self.measure!r} to show. Choose one of {', '.join(MEASURES)}."
            )


WEIGHTS = Shown()
"""The attention as the model has it."""


def stays(trace: Trace) -> np.ndarray:
    """Which tokens stay when [CLS], [SEP] and padding are left out, (n,) bool.

    Only these three soak up attention without standing for a word: [MASK] and [UNK] stand for
    words of the sentence, and stay.
    """
    special = trace.model.special_tokens
    frame = [special.cls_id, special.sep_id, special.pad_id]
    return np.array([token.id not in frame for token in trace.tokens], dtype=bool)


def units(trace: Trace, shown: Shown) -> tuple[Unit, ...]:
    """The units that rows and columns stand for, in the order of the text; m of them.

    None is left of a text of typed [SEP]s when these are left out.
    """
    keep = None if shown.keep_special else stays(trace)
    return units_of(trace.tokens, keep, words=shown.words)


def numbers(
    trace: Trace, layer: int, heads: Sequence[int] | None = None, shown: Shown = WEIGHTS
) -> np.ndarray:
    """What some heads of a layer have between the units, (h, m, m) float32.

    Rows are the units that look, columns those that are looked at.

    Without special tokens, weights are renormalised: each row is divided by what is left of it,
    and is all zero where nothing is. Scores and norms are no shares, and only lose those rows and
    columns.

    Of a word's pieces, columns are summed and rows averaged, so that a row of weights still sums
    to 1. For norms the sum is an upper bound: the vectors that come from two pieces may cancel,
    and the norm of their sum is then less. Scores are averaged both ways.

    A difference is taken last, of weights as they are shown.

    Args:
        trace: the pass that is looked at; H heads a layer.
        layer: counted from 0.
        heads: h of them, counted from 0; None for all H.
        shown: which numbers, and between which units.

    Raises:
        InvalidChoice: the model has no such layer or head, or `heads` is empty.
        NeedsModel: norms are wanted of a trace that was loaded without its model.
    """
    chosen = _heads(trace, heads)
    seen = trace.layers[layer]
    if shown.measure == "scores":
        scores = seen.scores if chosen is None else seen.scores[chosen]
        return _between(trace, shown, scores, columns="mean")
    if shown.measure == "norms":
        own = slice(None) if chosen is None else chosen
        weight = _output_projection(trace, seen.index)[:, own]
        return _between(trace, shown, norm_weighted(seen.attention[own], seen.value[own], weight))
    if shown.measure == "difference":
        every = _between(trace, shown, seen.attention, renormalise=True)
        return (every if chosen is None else every[chosen]) - every.mean(axis=0)
    weights = seen.attention if chosen is None else seen.attention[chosen]
    return _between(trace, shown, weights, renormalise=True)


def state(
    trace: Trace, layer: int, heads: Sequence[int] | None = None, shown: Shown = WEIGHTS
) -> dict[str, Any]:
    """What the attention views need beside the numbers; plain JSON.

    `layer`; `heads`, how many the model has; `sent`, which of them are sent, None for all;
    `measure`, `keep_special` and `words`, as in `Shown`; `units`, each with its `text`, its
    `tokens`, `special` and `segment`; `left_out`, the texts of the tokens that take no part, each
    once; and `pair`, whether units of both sentences take part.

    Raises:
        InvalidChoice: the model has no such layer or head, or `heads` is empty.
    """
    parts = units(trace, shown)
    kept = {token for unit in parts for token in unit.tokens}
    left_out = dict.fromkeys(token.text for token in trace.tokens if token.index not in kept)
    return {
        "layer": trace.layers[layer].index,
        "heads": trace.model.heads,
        "sent": _heads(trace, heads),
        "measure": shown.measure,
        "keep_special": shown.keep_special,
        "words": shown.words,
        "units": [
            {
                "text": unit.text,
                "tokens": list(unit.tokens),
                "special": unit.special,
                "segment": unit.segment,
            }
            for unit in parts
        ],
        "left_out": list(left_out),
        "pair": len({unit.segment for unit in parts}) > 1,
    }


def attention_picture(
    view: str, trace: Trace, layer: int, heads: Sequence[int] | None, shown: Shown
) -> Picture:
    """The Picture of an attention view: `numbers` as its array "attention", and `state`.

    For what is no weight the state has `range` too, the lowest and the highest number that is
    sent, since only weights are known to be from 0 to 1.

    Raises:
        InvalidChoice: as `numbers` does.
    """
    sent = numbers(trace, layer, heads, shown)
    about = state(trace, layer, heads, shown)
    if shown.measure != "weights":
        about["range"] = _range(sent)
    return Picture(view=view, state=about, arrays={"attention": sent})


def summary_of(trace: Trace, shown: Shown) -> HeadSummary:
    """All heads' metrics, roles and thumbnails between the units of `shown`, layer by layer.

    Always of the weights, whatever measure is shown: the metrics are defined for nothing else.

    Raises:
        InvalidChoice: no unit is left, because the text is nothing but typed special tokens.
    """
    from attention_atlas.analysis.heads import combine, summarise_layer
    from attention_atlas.analysis.roles import places

    parts = units(trace, shown)
    if not parts:
        raise InvalidChoice(NOTHING_LEFT)
    where = places(trace.tokens, parts)
    of_weights = replace(shown, measure="weights")
    layers = range(trace.model.layers)
    return combine(
        [summarise_layer(numbers(trace, layer, None, of_weights), where) for layer in layers]
    )


def _between(
    trace: Trace,
    shown: Shown,
    numbers: np.ndarray,
    *,
    renormalise: bool = False,
    columns: Literal["sum", "mean"] = "sum",
) -> np.ndarray:
    """Numbers between all tokens (h, n, n) as numbers between the units that are shown."""
    if not shown.keep_special:
        keep = stays(trace)
        if renormalise and keep.any():
            numbers = without(numbers, keep)
        else:
            chosen = np.flatnonzero(keep)
            numbers = numbers[:, chosen[:, None], chosen]
    return merge(numbers, units(trace, shown), columns=columns) if shown.words else numbers


def _heads(trace: Trace, heads: Sequence[int] | None) -> list[int] | None:
    if heads is None:
        return None
    if len(heads) == 0:
        raise InvalidChoice(
            "No head was chosen: the list of heads is empty. Give at least one, or None for all."
        )
    return [head_of(trace, head) for head in heads]


def _output_projection(trace: Trace, layer: int) -> np.ndarray:
    """W_O as PyTorch keeps it, its columns split among the heads, (d, H, d_h)."""
    from attention_atlas.tracing.capture import to_numpy

    trace.model.require("The norms of what a head takes")
    module: Any = trace.model.parts.layers[layer].attention_projection
    weight = to_numpy(module.weight)
    return weight.reshape(len(weight), trace.model.heads, -1)


def _range(sent: np.ndarray) -> list[float]:
    finite = sent[np.isfinite(sent)]
    return [float(finite.min()), float(finite.max())] if finite.size else [0.0, 0.0]
