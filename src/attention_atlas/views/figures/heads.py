"""What the figures of one head share: its numbers between the units of text, and the focus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.analysis.units import Unit
from attention_atlas.errors import InvalidChoice
from attention_atlas.views.attention_explorer.sending import WHOLE_LAYER_UP_TO
from attention_atlas.views.figures.labels import distinct
from attention_atlas.views.figures.view_figure import Chosen, Numbers
from attention_atlas.views.weights import Measure, numbers, units

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace

ABOUT: dict[Measure, str] = {
    "weights": "The share of its attention that the row’s token gives to the column’s, 0 to 1.",
    "scores": "q·k / √d_h of the row’s token and the column’s, before the softmax.",
    "norms": "‖α v W_O‖, the length of the vector that the row’s token takes from the column’s.",
    "difference": "The weight less its mean over the heads of the layer.",
}
NO_UNIT = "No word takes part: the text is nothing but special tokens, and these are left out."


@dataclass(frozen=True, eq=False)
class HeadNumbers:
    """The numbers of some heads of a layer between m units of text."""

    units: tuple[Unit, ...]
    texts: list[str]
    names: list[str]
    """The texts; one that occurs again says which it is, "the (2nd)"."""
    values: np.ndarray
    """(h, m, m), or the one head's (m, m)."""
    limits: tuple[float, float]
    """The lowest and the highest finite number of the layer's heads, or in a long text of these;
    0 and 1 for weights."""
    focus: int | None
    """The unit that holds the focused token; None if none does."""


def head_numbers(trace: Trace, chosen: Chosen, heads: Sequence[int] | None = None) -> HeadNumbers:
    """The numbers of the chosen head, (m, m), or of `heads`, (h, m, m).

    Raises:
        InvalidChoice: no unit takes part.
    """
    parts = units(trace, chosen.shown)
    if not parts:
        raise InvalidChoice(f"{NO_UNIT} Keep the special tokens, or write a word.")
    own = [chosen.head] if heads is None else list(heads)
    # The colours of what is no weight are those of all heads of the layer, so that two can be
    # compared; as on the page, where a longer text sends one head.
    whole = chosen.shown.measure != "weights" and len(parts) <= WHOLE_LAYER_UP_TO
    sent = numbers(trace, chosen.layer, None if whole else own, chosen.shown)
    values = sent[own] if whole else sent
    texts = [unit.text for unit in parts]
    return HeadNumbers(
        units=parts,
        texts=texts,
        names=distinct(texts),
        values=values[0] if heads is None else values,
        limits=(0.0, 1.0) if chosen.shown.measure == "weights" else limits_of(sent),
        focus=focus_of(parts, chosen.token),
    )


def as_numbers(head: HeadNumbers, measure: Measure) -> Numbers:
    """One head's numbers to take away."""
    return Numbers(head.values, ("from", "to"), (head.texts, head.texts), ABOUT[measure])


def limits_of(values: np.ndarray) -> tuple[float, float]:
    """The lowest and the highest finite number; both 0 without one."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def focus_of(parts: Sequence[Unit], token: int | None) -> int | None:
    """The unit that holds a token; None if none does."""
    return next((k for k, unit in enumerate(parts) if token in unit.tokens), None)


def empty_rows(values: np.ndarray, measure: Measure) -> np.ndarray:
    """Which rows of weights have nothing: all went to tokens that are left out. (m,) bool."""
    if measure != "weights":
        return np.zeros(len(values), dtype=bool)
    return np.asarray(~values.any(axis=-1))
