"""The arcs of one head over its sentence: what the page shows before there is a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attention_atlas.views.choice import head_of, token_of
from attention_atlas.views.picture import Picture
from attention_atlas.views.weights import numbers

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace


def arcs(trace: Trace, layer: int, head: int, token: int) -> Picture:
    """One head's weights as arcs over the sentence, those of one token in the accent colour.

    Args:
        trace: The pass that is looked at; n tokens, few enough to stand in one line.
        layer: Counted from 0.
        head: Counted from 0.
        token: The token whose arcs are picked out, counted from 0.

    Returns:
        A Picture whose array "attention" is (n, n).

    Raises:
        InvalidChoice: there is no such layer, head or token.
    """
    (attention,) = numbers(trace, layer, [head])
    return Picture(
        view="arcs",
        state={
            "layer": trace.layers[layer].index,
            "head": head_of(trace, head),
            "token": token_of(trace, token).index,
            "model": trace.model.name,
            "tokens": [{"text": t.text, "special": t.special} for t in trace.tokens],
        },
        arrays={"attention": attention},
    )
