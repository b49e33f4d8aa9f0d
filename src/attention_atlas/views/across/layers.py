"""What lies between the units of a text across all layers: one mean a layer, and their rollout."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from attention_atlas.analysis.rollout import rollout
from attention_atlas.errors import InvalidChoice
from attention_atlas.views.choice import token_of
from attention_atlas.views.weights import Shown, numbers, state, units

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace

Direction = Literal["from", "to"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)


@dataclass(frozen=True, eq=False)
class Layers:
    """All layers of one trace, between the m units that are shown."""

    means: np.ndarray
    """(L, m, m): the attention of each layer, the mean over its heads; rows sum to 1."""
    rolled: np.ndarray
    """(L, m, m): their rollout."""
    flows: dict[Hashable, Any] = field(default_factory=dict)
    """What `across_flow` found here, for who comes back to a token."""


def layer_means(trace: Trace, shown: Shown) -> np.ndarray:
    """The weights of each layer, the mean over its heads, (L, m, m); of a layer nothing else stays.

    Always of weights, whatever measure is shown: nothing else is a share that can be followed
    through layers. Without special tokens each head's rows were divided by what is left of them,
    and a head of which nothing is left has no part in the mean of that row.
    """
    of_weights = replace(shown, measure="weights")
    layers = range(trace.model.layers)
    means = np.stack([numbers(trace, layer, None, of_weights).mean(axis=0) for layer in layers])
    if shown.keep_special:
        return means
    sums = means.sum(axis=-1, keepdims=True)
    return np.divide(means, sums, out=means, where=sums > 0)


# The last one of each trace: going through all layers takes as long as the pass itself.
_kept: weakref.WeakKeyDictionary[Trace, _Kept] = weakref.WeakKeyDictionary()
_kept_lock = threading.Lock()


class _Kept:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.key: tuple[bool, bool] | None = None
        self.layers: Layers | None = None


def layers_of(trace: Trace, shown: Shown) -> Layers:
    """All layers, made once for a trace and for the units that are shown."""
    with _kept_lock:
        kept = _kept.setdefault(trace, _Kept())
    key = (shown.keep_special, shown.words)
    with kept.lock:
        if kept.layers is None or kept.key != key:
            means = layer_means(trace, shown)
            kept.key, kept.layers = key, Layers(means, rollout(means))
        return kept.layers


def kept_of(trace: Trace) -> Layers | None:
    """What `layers_of` keeps of a trace at this moment."""
    with _kept_lock:
        kept = _kept.get(trace)
    return None if kept is None else kept.layers


def about(trace: Trace, token: int, shown: Shown, direction: str) -> dict[str, Any]:
    """What both views across layers need beside the numbers; plain JSON.

    `direction`; `focused`, the text of the focused token or word; `tokens`, the indices of its
    tokens; `focus`, which unit it is, or null if it is left out; and of `weights.state` the
    `units`, `left_out`, `keep_special` and `words`.

    Raises:
        InvalidChoice: there is no such token or direction.
    """
    chosen = token_of(trace, token)
    if direction not in DIRECTIONS:
        raise InvalidChoice(
            f"There is no direction {direction!r} across layers. "
            f"Choose one of {', '.join(DIRECTIONS)}."
        )
    shown_units = units(trace, shown)
    focus = next((i for i, unit in enumerate(shown_units) if chosen.index in unit.tokens), None)
    of = state(trace, 0, None, shown)
    return {
        "direction": direction,
        "focused": chosen.text if focus is None else shown_units[focus].text,
        "tokens": [chosen.index] if focus is None else list(shown_units[focus].tokens),
        "focus": focus,
        **{name: of[name] for name in ("units", "left_out", "keep_special", "words")},
    }
