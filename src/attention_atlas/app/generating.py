"""Generate All: one pass through the network, with a progress that moves and can be stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from copy import copy
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from shiny import Inputs, Session, reactive

from attention_atlas.app import metering
from attention_atlas.app.rooms import Room
from attention_atlas.app.shared import Shared
from attention_atlas.app.state import Exploration, State
from attention_atlas.app.telling import Teller
from attention_atlas.errors import (
    AttentionAtlasError,
    Draining,
    EmptyText,
    TooLong,
    TooManyRequests,
    TraceCancelled,
)
from attention_atlas.models.catalog import EMBEDDED_MODEL
from attention_atlas.views.about_trace import about_trace

if TYPE_CHECKING:
    from attention_atlas.app.results import Progress
    from attention_atlas.models.model import Model
    from attention_atlas.tracing.trace import Trace

_log = logging.getLogger(__name__)
UNFORESEEN = (
    "The sentence could not be run for a reason this application did not foresee; "
    "the terminal it runs in says more."
)
NO_WORD = "There is no word to read here. Write at least one, or take an example."
DRAINING = "This server is about to restart; try again in a minute."


@dataclass(frozen=True)
class Request:
    """What the page asks for."""

    text: str
    pair: str
    token: object
    """The token to focus when it is there; the page gets it back."""

    @classmethod
    def read(cls, message: object) -> Request:
        """Of a message, which may be anything."""
        said = message if isinstance(message, Mapping) else {}
        return cls(str(said.get("text") or ""), str(said.get("pair") or ""), said.get("token"))


class _Run:
    """One sentence that is asked for."""

    def __init__(self, request: Request, session: Session) -> None:
        self.request = request
        self.teller = Teller(session, "aa-progress")
        self.task: asyncio.Task[None] | None = None
        self.shows = False
        """Whether it has run, and is being shown."""

    def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()


class Generator:
    """Runs one session's sentences, one at a time; a newer one takes the place of the older."""

    def __init__(
        self,
        input: Inputs,
        session: Session,
        state: State,
        shared: Shared,
        choose: Callable[[], Room],
    ) -> None:
        """Listens to `input.generate` and `input.stop`; `choose` names the model to run on."""
        self._session = session
        self._state = state
        self._shared = shared
        self._choose = choose
        self._newest: _Run | None = None
        self._in_order = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = False
        shared.results.enter(session, self._make_room)
        session.on_ended(self._end)

        @reactive.effect
        @reactive.event(input.generate)
        def _() -> None:
            before, run = self._newest, _Run(Request.read(input.generate()), session)
            self._newest = run
            run.task = self._begin(self._run(run))
            if before is not None:
                before.stop()
                before.teller.close()

        @reactive.effect
        @reactive.event(input.stop)
        def _() -> None:
            run = self._newest
            if run is not None and not run.shows:
                run.stop()
                run.teller.end({"stage": "stopped"})

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _end(self) -> None:
        self._ended = True
        self._newest = None
        for task in self._tasks:
            task.cancel()
        self._state.forget()
        self._shared.results.leave(self._session)

    async def _run(self, run: _Run) -> None:
        request = run.request
        outcome: metering.Outcome = "stopped"
        try:
            self._admit(request)
            model = await self._wait_for_model(run)
            with self._shared.at_work():
                answer = await self._shared.results.ask(
                    self._session,
                    model,
                    request.text,
                    request.pair or None,
                    lambda progress: _report(run, model, progress),
                )
                run.shows = True
                outcome = "shared" if answer.shared else "done"
                # The key is the session's own: what is hidden in one sentence of it must not be
                # hidden in the next, though both be of the same pass.
                exploration = replace(answer.exploration, key=token_hex(8))
                del answer
                # A flush that is broken off would leave the page half drawn.
                await asyncio.shield(self._begin(self._show(run, exploration)))
        except TraceCancelled:
            run.teller.end({"stage": "stopped"})
        except AttentionAtlasError as error:
            refused = isinstance(error, (EmptyText, TooLong, TooManyRequests, Draining))
            outcome = "refused" if refused else "failed"
            where = "sentence" if isinstance(error, (EmptyText, TooLong)) else "page"
            run.teller.end({"stage": "failed", "error": str(error), "where": where})
        except Exception:
            _log.exception("the pass failed")
            outcome = "failed"
            run.teller.end({"stage": "failed", "error": UNFORESEEN, "where": "page"})
        finally:
            metering.generated(outcome)

    def _admit(self, request: Request) -> None:
        if self._shared.draining:
            metering.refused("draining")
            raise Draining(DRAINING)
        if not request.text.strip():
            raise EmptyText(NO_WORD)
        self._shared.limits.admit(self._session, request.text, request.pair or None)

    async def _wait_for_model(self, run: _Run) -> Model:
        told = None
        while True:
            room = self._choose()
            if room.model is not None:
                return room.model
            if room.error is not None:
                raise copy(room.error).with_traceback(None)  # all who ask are given the same one
            if (text := f"Loading {title(room.name)}") != told:
                told = text
                run.teller.tell({"stage": "loading", "text": text, "share": None})
            await asyncio.sleep(0.05)

    async def _show(self, run: _Run, exploration: Exploration) -> None:
        with self._shared.at_work():
            async with self._in_order:
                run.teller.tell({"stage": "drawing", "text": "Drawing", "share": 1.0})
                message = describe(exploration, run.request)
                await self._session.send_custom_message("aa-trace", message)
                async with reactive.lock():
                    if self._ended:
                        return
                    self._state.exploration.set(exploration)
                    self._shared.results.settle(self._session, exploration)
                    await reactive.flush()
            run.teller.end({"stage": "done"})

    def _make_room(self, trace: Trace) -> None:
        if not self._ended:
            self._begin(self._lose(trace))

    async def _lose(self, trace: Trace) -> None:
        async with reactive.lock():
            with reactive.isolate():
                shown = self._state.exploration()
            if shown is None or shown.trace is not trace:
                return
            del shown, trace
            self._state.forget()
            await reactive.flush()
        await self._session.send_custom_message("aa-room", {})


def _report(run: _Run, model: Model, progress: Progress) -> None:
    if progress.place is not None:
        before = progress.place
        told = {"stage": "queue", "text": place(before), "share": None, "place": before}
    elif progress.layers:
        text = f"Layer {progress.layers} of {model.layers}"
        told = {"stage": "running", "text": text, "share": progress.layers / model.layers}
    else:
        return
    run.teller.tell(told)


def place(before: int) -> str:
    """Where in the queue a sentence is, with so many that begin before it."""
    if before == 0:
        return "Yours is next"
    return f"{before} sentence{'' if before == 1 else 's'} before yours"


def title(name: str) -> str:
    """A model's name inside a sentence."""
    return "the embedded model" if name == EMBEDDED_MODEL else name


def describe(exploration: Exploration, request: Request) -> dict[str, Any]:
    """What the frame of the page shows of a trace: its tokens, its sizes, and its caveats."""
    trace = exploration.trace
    model = trace.model
    return {
        "text": request.text,
        "pair": request.pair,
        "key": exploration.key,
        "token": request.token,
        **about_trace(trace),
        "model": model.name,
        "predicts": model.has_prediction_head,
        "truncated": trace.truncated,
        "typed": [trace.tokens[index].text for index in trace.typed_specials],
    }
