"""Each word hidden in turn: what the model would have written in its place."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine
from typing import Any

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module, reactive

from attention_atlas.app.drawing import UNFORESEEN
from attention_atlas.app.shared import Shared
from attention_atlas.app.state import Exploration, State
from attention_atlas.errors import AttentionAtlasError, TraceCancelled
from attention_atlas.tracing.distributions import Distribution, distributions
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.masked_in_turn.masked_in_turn import (
    AT_ONCE_UP_TO,
    MOST_GUESSES,
    masked_in_turn,
    words_to_mask,
)
from attention_atlas.views.predictions.predictions import mask_of
from attention_atlas.views.steps.masked_in_turn import masked_in_turn_step

CHUNK = 16

_log = logging.getLogger(__name__)


@module.ui
def masked_in_turn_ui() -> Tag:
    """The table, and the button that starts it for long texts."""
    return masked_in_turn_step(module.resolve_id)


@module.server
def masked_in_turn_server(
    input: Inputs, output: Outputs, session: Session, state: State, shared: Shared
) -> None:
    """Fills the table a few words at a time, so that it grows while a person looks."""
    id = session.ns("picture")
    root_input = session.root_scope().input
    job = _Job(session, id, shared)
    session.on_ended(job.stop)
    cleared: Exploration | None = None
    met: Exploration | None = None

    @reactive.effect
    def _() -> None:
        nonlocal cleared, met
        exploration, looked_at = state.explored(), state.in_view(id)
        trace = exploration.trace
        if not trace.model.has_prediction_head:
            return
        if mask_of(trace) is None:
            job.refuse(
                f"The tokenizer of {trace.model.name} has no mask token to hide a word with."
            )
            return
        if (
            exploration is not cleared
        ):  # what was said of another sentence goes, also while nobody looks
            cleared = exploration
            job.clear(trace)
        if not looked_at or exploration is met:
            return
        met = exploration
        if len(trace.tokens) <= AT_ONCE_UP_TO:
            job.start(trace)
        else:
            job.offer(trace)

    @reactive.effect
    def _() -> None:
        job.show(min(state.look().top_k, MOST_GUESSES))

    @reactive.effect
    @reactive.event(root_input.mask_all)
    def _() -> None:
        job.start(state.trace())

    @state.on_forget
    def _() -> None:
        nonlocal cleared, met
        cleared = met = None
        job.forget()


class _Job:
    """One run over all words of one trace."""

    def __init__(self, session: Session, id: str, shared: Shared) -> None:
        # The session's own turn, that of its root: a module's session is made anew each time.
        self._owner = session.root_scope()
        self._session = session
        self._id = id
        self._shared = shared
        self._running: asyncio.Task[None] | None = None
        self._cancel = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._top_k = MOST_GUESSES
        self._found: tuple[Trace, list[Distribution], list[int]] | None = None

    def show(self, top_k: int) -> None:
        """Shows this many guesses, also of those that are there already: all were kept."""
        if top_k == self._top_k:
            return
        self._top_k = top_k
        if self._found is not None:
            self._begin(self._draw(*self._found))

    def clear(self, trace: Trace) -> None:
        """Empties the table and takes the button away."""
        self.stop()
        self._begin(self._draw(trace, [], []))
        self._begin(self._send({"progress": "done"}))

    def offer(self, trace: Trace) -> None:
        """Shows the button instead of running a long text unasked."""
        self._begin(self._send({"progress": "offer", "words": len(words_to_mask(trace))}))

    def refuse(self, why: str) -> None:
        """Says in one sentence why there is no table."""
        self.stop()
        self._begin(self._picture({"error": why}))

    def start(self, trace: Trace) -> None:
        self.stop()
        self._cancel = threading.Event()
        self._running = self._begin(self._run(trace, self._cancel))

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def stop(self) -> None:
        """Leaves the queue, or stops before the next layer."""
        self._cancel.set()
        if self._running is not None:
            self._running.cancel()
            self._running = None

    def forget(self) -> None:
        """Stops, and lets go of what was found."""
        self.stop()
        self._found = None

    async def _run(self, trace: Trace, cancel: threading.Event) -> None:
        words = words_to_mask(trace)
        done: list[Distribution] = []
        try:
            for begin in range(0, len(words), CHUNK):
                chunk = words[begin : begin + CHUNK]
                done += await self._shared.passes.run(
                    trace.model,
                    self._owner,
                    "in_turn",
                    distributions,
                    trace,
                    top_k=MOST_GUESSES,
                    masked=True,
                    positions=chunk,
                    cancel=cancel,
                )
                if cancel.is_set() or self._shared.draining:
                    return
                await self._draw(trace, done, words[: len(done)])
                await self._send({"progress": "running", "done": len(done), "words": len(words)})
        except TraceCancelled:
            return
        except AttentionAtlasError as error:
            await self._picture({"error": str(error)})
        except Exception:
            _log.exception("the words could not be masked in turn")
            await self._picture({"error": UNFORESEEN})
        await self._send({"progress": "done"})

    async def _draw(self, trace: Trace, found: list[Distribution], positions: list[int]) -> None:
        self._found = (trace, found, positions)
        drawn = masked_in_turn(trace, tuple(found), tuple(positions), top_k=self._top_k)
        await self._picture({"picture": drawn.to_message()})

    async def _picture(self, message: dict[str, Any]) -> None:
        await self._session.send_custom_message("aa-picture", {"id": self._id, **message})

    async def _send(self, message: dict[str, Any]) -> None:
        await self._session.send_custom_message("aa-in-turn", message)
