"""Each word hidden in turn: what the model would have written in its place."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

from htmltools import Tag, tags
from shiny import Inputs, Outputs, Session, module, reactive

from attention_atlas.app.drawing import UNFORESEEN, picture
from attention_atlas.app.pool import in_pool
from attention_atlas.app.state import State
from attention_atlas.errors import AttentionAtlasError, TraceCancelled
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.masked_in_turn import masked_in_turn

AT_ONCE_UP_TO = 64
"""Texts of at most this many tokens are run without asking; longer ones take a while."""
CHUNK = 16
TOP_K = 5

_log = logging.getLogger(__name__)


@module.ui
def masked_in_turn_ui() -> Tag:
    """The table, and the button that starts it for long texts."""
    return tags.section(
        tags.h4("Each word masked in turn"),
        tags.p(
            "One word hidden at a time, the rest as you wrote it. The first guesses, likeliest "
            "first.",
            class_="quiet",
        ),
        tags.div(
            tags.button(
                "Mask each word in turn",
                type="button",
                class_="link",
                data_event="mask_all",
                hidden="",
            ),
            tags.span(class_="quiet num", data_mask_progress="", role="status"),
            class_="mask-all",
        ),
        picture(module.resolve_id("picture"), "masked_in_turn"),
        class_="in-turn",
        data_in_turn="",
    )


@module.server
def masked_in_turn_server(input: Inputs, output: Outputs, session: Session, state: State) -> None:
    """Fills the table a few words at a time, so that it grows while a person looks."""
    id = session.ns("picture")
    root_input = session.root_scope().input
    job = _Job(session, id)
    session.on_ended(job.stop)
    started: Trace | None = None

    @reactive.effect
    def _() -> None:
        nonlocal started
        trace = state.trace()
        asked = "mask_all" in root_input and root_input.mask_all() is not None
        if not state.in_view(id) or trace is started or not trace.model.has_prediction_head:
            return
        with reactive.isolate():
            fits = len(trace.tokens) <= AT_ONCE_UP_TO
        if fits or (asked and job.offered is trace):
            started = trace
            job.start(trace)
        else:
            job.offer(trace)


class _Job:
    """One run over all words of one trace."""

    def __init__(self, session: Session, id: str) -> None:
        self._session = session
        self._id = id
        self._cancel = threading.Event()
        self._task: asyncio.Task[None] | None = None
        self.offered: Trace | None = None

    def offer(self, trace: Trace) -> None:
        """Shows the button instead of running a long text unasked."""
        self.stop()
        self.offered = trace
        self._task = asyncio.create_task(
            self._send({"progress": "offer", "words": len(_words(trace))})
        )

    def start(self, trace: Trace) -> None:
        self.stop()
        self._cancel = threading.Event()
        self._task = asyncio.create_task(self._run(trace, self._cancel))

    def stop(self) -> None:
        self._cancel.set()

    async def _run(self, trace: Trace, cancel: threading.Event) -> None:
        words = _words(trace)
        done: list[Any] = []
        try:
            for begin in range(0, len(words), CHUNK):
                chunk = words[begin : begin + CHUNK]
                done += await in_pool(
                    trace.predictions, TOP_K, masked=True, positions=chunk, cancel=cancel
                )
                if cancel.is_set():
                    return
                drawn = await in_pool(masked_in_turn, trace, tuple(done), tuple(words[: len(done)]))
                await self._picture({"picture": drawn.to_message()})
                await self._send({"progress": "running", "done": len(done), "words": len(words)})
        except TraceCancelled:
            return
        except AttentionAtlasError as error:
            await self._picture({"error": str(error)})
        except Exception:
            _log.exception("the words could not be masked in turn")
            await self._picture({"error": UNFORESEEN})
        await self._send({"progress": "done"})

    async def _picture(self, message: dict[str, Any]) -> None:
        await self._session.send_custom_message("aa-picture", {"id": self._id, **message})

    async def _send(self, message: dict[str, Any]) -> None:
        await self._session.send_custom_message("aa-in-turn", message)


def _words(trace: Trace) -> list[int]:
    """The positions worth hiding: everything that is not special already."""
    return [token.index for token in trace.tokens if not token.special]
