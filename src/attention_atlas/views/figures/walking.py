"""What the figures of the walk share: the token they follow, their numbers, their titles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.views.choice import first_word, token_of
from attention_atlas.views.figures.blocks import Block, composed
from attention_atlas.views.figures.captions import caption
from attention_atlas.views.figures.fonts import isolated
from attention_atlas.views.figures.numerals import number, significant
from attention_atlas.views.figures.registry import entry
from attention_atlas.views.figures.view_figure import Chosen, Numbers, ViewFigure
from attention_atlas.views.predictions.predictions import can_hide

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.look import Look

NAMED = 6
"""How many hidden tokens a caption names."""


def followed(trace: Trace, chosen: Chosen) -> tuple[Chosen, int]:
    """The choice with a token in it, and that token: the first word where none is focused.

    Raises:
        InvalidChoice: there is no such token.
    """
    token = first_word(trace) if chosen.token is None else token_of(trace, chosen.token).index
    return replace(chosen, token=token), token


def walked(
    view: str,
    trace: Trace,
    chosen: Chosen,
    numbers: Mapping[str, Numbers],
    blocks: Callable[[Paper], Sequence[Block]],
    *,
    layer: bool = False,
    head: bool = False,
    token: bool = True,
    said: Sequence[str] = (),
) -> ViewFigure:
    """A figure of blocks under the view's title, with a caption of what it depends on."""
    text = caption(trace, chosen, layer=layer, head=head, token=token, said=said)
    return composed(view, entry(view).title, text, numbers, blocks)


def vector(values: np.ndarray, about: str = "", axis: str = "dimension") -> Numbers:
    """One number for each dimension."""
    return Numbers(values, (axis,), (None,), about)


def names(trace: Trace) -> tuple[str, ...]:
    """The tokens' texts, as the labels of an axis."""
    return tuple(token.text for token in trace.tokens)


def many(count: int, unit: str) -> str:
    """ "12 heads", "1 head"."""
    return f"{count:,} {unit}{'' if count == 1 else 's'}"


def shape(trace: Trace) -> str:
    """The size of what runs through the network: "12 tokens × 384"."""
    return f"{many(len(trace.tokens), 'token')} × {trace.model.hidden_size:,}"


def in_percent(share: float, digits: int = 1) -> str:
    """A share that may be below 0: "−3.1 %"."""
    return f"{number(100 * share, digits)}\u202f%" if np.isfinite(share) else number(share)


def percent(share: float) -> str:
    """A share as people read it: "31.8 %"; what rounds to nothing but is not nothing, "< 0.1 %"."""
    if 0 < share < 0.0005:
        return "< 0.1\u202f%"
    if 0.9995 <= share < 1:
        return "> 99.9\u202f%"
    return in_percent(share)


def small_percent(share: float) -> str:
    """A share that is small but still told: "0.031 %"."""
    if 0 < share < 0.0995:
        return f"{significant(100 * share, 2)}\u202f%"
    return percent(share)


def most_of(values: np.ndarray) -> float:
    """The largest of the finite magnitudes; 1 without one."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0)) or 1.0


def around(of: int, focus: int, most: int) -> range:
    """At most `most` of so many things, those about `focus`."""
    if of <= most:
        return range(of)
    first = min(max(0, focus - most // 2), of - most)
    return range(first, first + most)


def reading(trace: Trace, token: int, look: Look) -> tuple[Trace, tuple[str, ...]]:
    """What the model reads while it predicts, and what the caption says of it.

    Hidden are the tokens that `look.hidden` names, or the followed one; what is no word stays, and
    without the prediction head nothing is hidden.

    Raises:
        InvalidChoice: `look.hidden` names a token that is not there.
    """
    wanted = [token] if look.hidden is None else list(look.hidden)
    positions = [token_of(trace, position).index for position in wanted]
    if not look.use_head or not trace.model.has_prediction_head:
        return trace, ()
    hidden = sorted({position for position in positions if can_hide(trace, position)})
    if not hidden:
        return trace, ("no token hidden",)
    which = ", ".join(f"“{isolated(trace.tokens[k].text)}”" for k in hidden[:NAMED])
    more = len(hidden) - NAMED
    return trace.hide(hidden), (f"hidden: {which}{f' and {more} more' if more > 0 else ''}",)
