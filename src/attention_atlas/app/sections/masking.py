"""Which words of the sentence the person has hidden, and what the model reads then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from attention_atlas.app.state import State
from attention_atlas.tracing.masking import HiddenTraces
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.predictions.predictions import can_hide

TOP_K = 5
"""How many predictions are shown before the person chooses."""
MOST = 20


@dataclass(frozen=True)
class Reading:
    """What the step shows: a position, and what is hidden from the model meanwhile."""

    trace: Trace
    token: int
    use_head: bool
    top_k: int
    hidden: frozenset[int]
    follows: bool
    """Nobody chose what to hide, so it is the focused word."""
    of: int
    """Which sentence of the session this is."""


class Masking:
    """The choices of one session, and the passes made for them."""

    def __init__(self, state: State) -> None:
        """Reads the choices from `state`."""
        self._state = state
        self._traces = HiddenTraces()
        self._trace: Trace | None = None
        self._of = 0

    def reading(self) -> Reading:
        """What is chosen now. Depends on the reactive values it reads."""
        state = self._state
        trace, token = state.trace(), state.token()
        if trace is not self._trace:
            self._trace = trace
            self._of += 1
        use_head = bool(state.option("use_head", True))
        positions = _positions(state.option("masked", None), self._of)
        follows = positions is None
        wanted = [token] if positions is None else positions
        n = len(trace.tokens)
        hidden = frozenset(i for i in wanted if i < n and can_hide(trace, i))
        if not use_head or not trace.model.has_prediction_head:
            hidden = frozenset()
        self._traces.want(trace, hidden)
        return Reading(trace, token, use_head, top_k_chosen(state), hidden, follows, self._of)

    def read(self, reading: Reading) -> Trace:
        """The trace of what the model reads; in the pool, for it may take a pass.

        Raises:
            TraceCancelled: something else was chosen meanwhile.
        """
        return self._traces.read(reading.trace, reading.hidden)


def top_k_chosen(state: State) -> int:
    """How many predictions the person wants to see, 1 to 20."""
    chosen = state.option("top_k", TOP_K)
    return min(max(chosen, 1), MOST) if isinstance(chosen, int) else TOP_K


def _positions(chosen: Any, of: int) -> list[int] | None:
    """The words chosen in this sentence; None if none were, or if they were another's."""
    if not isinstance(chosen, dict) or chosen.get("of") != of:
        return None
    positions = chosen.get("positions")
    if not isinstance(positions, (list, tuple)):  # Shiny hands on a JSON list as a tuple
        return None
    return [i for i in positions if isinstance(i, int) and i >= 0]
