"""Which words of the sentence the person has hidden, and what the model reads then."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from attention_atlas.app.drawing import Painter
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

    def __init__(self, state: State, painter: Painter) -> None:
        """Reads the choices from `state`; the passes wait for their turn with `painter`."""
        self._state = state
        self._painter = painter
        self._traces = HiddenTraces()
        self._trace: Trace | None = None
        self._of = 0
        self._pass: tuple[frozenset[int], asyncio.Task[Trace]] | None = None
        painter.count(lambda: self._traces.nbytes)
        state.on_forget(self._forget)

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
        self._want(trace, hidden)
        return Reading(trace, token, look.use_head, look.top_k, hidden, follows, self._of)

    def read(self, reading: Reading) -> Trace:
        """The trace of what the model reads; in a thread, for it takes a pass if none was made.

        Raises:
            TraceCancelled: something else was chosen meanwhile.
        """
        return self._traces.read(reading.trace, reading.hidden)

    async def ready(self, reading: Reading) -> None:
        """Waits until `read` takes no pass; all who wait for the same share one.

        Raises:
            TraceCancelled: something else was chosen meanwhile.
        """
        trace, hidden = reading.trace, reading.hidden
        if self._traces.kept(trace, hidden) is not None:
            return
        if self._pass is None or self._pass[0] != hidden:
            work = self._painter.run_pass(trace.model, self._traces.read, trace, hidden)
            self._pass = hidden, asyncio.create_task(work)
        try:
            await asyncio.shield(self._pass[1])
        finally:
            if self._pass is not None and self._pass[1].done():
                self._pass = None

    def _want(self, trace: Trace, hidden: frozenset[int]) -> None:
        self._traces.want(trace, hidden)
        if self._pass is not None and self._pass[0] != hidden:
            self._leave()

    def _forget(self) -> None:
        self._leave()
        self._traces.clear()
        self._trace = None

    def _leave(self) -> None:
        if self._pass is not None:
            self._pass[1].cancel()
            self._pass = None
