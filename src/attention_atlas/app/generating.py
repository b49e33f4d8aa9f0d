"""Generate All: one pass through the network, with a progress that moves and can be stopped."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shiny import Inputs, Session, reactive

from attention_atlas.app.pool import in_pool
from attention_atlas.app.rooms import Room
from attention_atlas.app.shared import Shared
from attention_atlas.app.state import Exploration, State
from attention_atlas.errors import AttentionAtlasError, EmptyText, TraceCancelled
from attention_atlas.models.catalog import EMBEDDED_MODEL
from attention_atlas.views.about_trace import about_trace

if TYPE_CHECKING:
    import numpy as np

    from attention_atlas.models.model import Model

_log = logging.getLogger(__name__)
UNFORESEEN = (
    "The sentence could not be run for a reason this application did not foresee; "
    "the terminal it runs in says more."
)
NO_WORD = "There is no word to read here. Write at least one, or take an example."


def explore(
    model: Model,
    text: str,
    pair: str | None,
    on_layer: Callable[[int], None] | None = None,
    cancel: threading.Event | None = None,
) -> Exploration:
    """One pass: the trace, and the summary of all heads made while it runs."""
    from attention_atlas.analysis.heads import combine, summarise_layer
    from attention_atlas.analysis.roles import places
    from attention_atlas.tracing.tokens import tokenise
    from attention_atlas.tracing.trace import trace

    where = places(tokenise(model, text, pair).tokens)
    summaries = []

    def watch(layer: int, attention: np.ndarray) -> None:
        summaries.append(summarise_layer(attention, where))
        if on_layer is not None:
            on_layer(layer)

    traced = trace(model, text, pair, on_layer=watch, cancel=cancel)
    return Exploration(traced, combine(summaries))


class Generator:
    """Runs one session's sentences, one at a time; a newer one stops the older."""

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
        self._task: asyncio.Task[None] | None = None
        self._cancel = threading.Event()
        session.on_ended(self._stop)

        @reactive.effect
        @reactive.event(input.generate)
        def _() -> None:
            request: dict[str, Any] = input.generate()
            self._stop()
            self._cancel = threading.Event()
            self._task = asyncio.create_task(self._run(request, self._cancel))

        @reactive.effect
        @reactive.event(input.stop)
        def _() -> None:
            self._cancel.set()

    def _stop(self) -> None:
        self._cancel.set()

    async def _run(self, request: dict[str, Any], cancel: threading.Event) -> None:
        text, pair = str(request.get("text") or ""), str(request.get("pair") or "")
        try:
            if not text.strip():
                raise EmptyText(NO_WORD)
            model = await self._wait_for_model(cancel)
            exploration = await in_pool(
                explore, model, text, pair or None, self._reporter(model.layers), cancel
            )
            if cancel.is_set():
                raise TraceCancelled("Stopped.")
        except TraceCancelled:
            end = {"stage": "stopped"}
        except AttentionAtlasError as error:
            where = "sentence" if isinstance(error, EmptyText) else "page"
            end = {"stage": "failed", "error": str(error), "where": where}
        except Exception:
            _log.exception("the pass failed")
            end = {"stage": "failed", "error": UNFORESEEN, "where": "page"}
        else:
            end = {"stage": "done"}
            await self._tell({"stage": "drawing", "text": "Drawing", "share": 1.0})
            await self._session.send_custom_message("aa-trace", describe(exploration, request))
            async with reactive.lock():
                self._state.exploration.set(exploration)
                await reactive.flush()
        if cancel is self._cancel:  # else a newer sentence speaks now
            await self._tell(end)

    async def _wait_for_model(self, cancel: threading.Event) -> Model:
        told = None
        while True:
            room = self._choose()
            if room.model is not None:
                return room.model
            if room.error is not None:
                raise room.error
            if cancel.is_set():
                raise TraceCancelled("Stopped.")
            if (text := f"Loading {title(room.name)}") != told:
                told = text
                await self._tell({"stage": "loading", "text": text, "share": None})
            await asyncio.sleep(0.05)

    def _reporter(self, layers: int) -> Callable[[int], None]:
        loop = asyncio.get_running_loop()

        def report(layer: int) -> None:
            done = layer + 1
            text = f"Layer {done} of {layers}"
            message = {"stage": "running", "text": text, "share": done / layers}
            asyncio.run_coroutine_threadsafe(self._tell(message), loop)

        return report

    async def _tell(self, message: dict[str, Any]) -> None:
        await self._session.send_custom_message("aa-progress", message)


def title(name: str) -> str:
    """A model's name inside a sentence."""
    return "the embedded model" if name == EMBEDDED_MODEL else name


def describe(exploration: Exploration, request: dict[str, Any]) -> dict[str, Any]:
    """What the frame of the page shows of a trace: its tokens, its sizes, and its caveats."""
    trace = exploration.trace
    model = trace.model
    return {
        "text": request.get("text") or "",
        "pair": request.get("pair") or "",
        "key": exploration.key,
        "token": request.get("token"),
        **about_trace(trace),
        "model": model.name,
        "predicts": model.has_prediction_head,
        "truncated": trace.truncated,
        "typed": [trace.tokens[index].text for index in trace.typed_specials],
    }
