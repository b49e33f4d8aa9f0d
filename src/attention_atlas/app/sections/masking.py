"""Which words of the sentence the person has hidden, and what the model reads then."""

from __future__ import annotations

from dataclasses import dataclass

from attention_atlas.app.state import State
from attention_atlas.tracing.masking import HiddenTraces
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.predictions.predictions import to_hide


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
        look = state.look()
        follows = look.hidden is None
        hidden = to_hide(trace, look, token)
        self._traces.want(trace, hidden)
        return Reading(trace, token, look.use_head, look.top_k, hidden, follows, self._of)

    def read(self, reading: Reading) -> Trace:
        """The trace of what the model reads; in the pool, for it may take a pass.

        Raises:
            TraceCancelled: something else was chosen meanwhile.
        """
        return self._traces.read(reading.trace, reading.hidden)
