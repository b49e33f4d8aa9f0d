"""The beginning and the end of a served application: models load at once, what runs may end."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from attention_atlas.app.logs import event, overhear
from attention_atlas.app.shared import Shared

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGBREAK") if hasattr(signal, name)
)
TRY_AGAIN_SECONDS = 60.0
"""After so long a model that a server opens on, and that could not be loaded, is tried again."""
LOOK_SECONDS = 0.5


class Lifecycle:
    """Loads the models of the settings at the start, and takes a signal as a wish to end.

    At the first one nothing new begins, and what runs or waits has `drain_seconds` to end and to
    reach its page. A second one ends at once. In a worker that is up to the process which started
    it; a worker whose starter is gone ends by itself.
    """

    def __init__(self, app: ASGIApp, shared: Shared) -> None:
        """Stands around `app`, of which `shared` is what its sessions share."""
        self._app = app
        self._shared = shared
        self._tasks: set[asyncio.Task[None]] = set()
        self._server_ends: dict[int, Callable[[int, FrameType | None], object]] = {}
        self._asked_to_end = False
        self._is_worker = multiprocessing.parent_process() is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begins when the server does; what it is asked goes to the application."""
        if scope["type"] == "lifespan":
            self._begin()
        await self._app(scope, receive, send)

    def _begin(self) -> None:
        rooms, settings = self._shared.rooms, self._shared.settings
        rooms.ask(self._shared.offered.fallback)
        rooms.ask(self._shared.offered.first)
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number in SIGNALS:
                self._take(number, loop)
        if settings.log is not None:
            overhear()
        if settings.server:
            self._start(self._watch_model)
        if self._is_worker:
            self._start(self._watch_starter)

    def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = asyncio.get_running_loop().create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _take(self, number: int, loop: asyncio.AbstractEventLoop) -> None:
        server_ends = signal.getsignal(number)
        if not callable(server_ends):
            return
        self._server_ends[number] = server_ends

        def taken(number: int, frame: FrameType | None) -> None:
            if self._is_worker and (number == signal.SIGINT or self._asked_to_end):
                return  # Ctrl+C and systemd tell all processes; the one that started us decides
            if not self._asked_to_end:
                self._asked_to_end = True
                loop.call_soon_threadsafe(self._start, self._drain)
            else:
                self._end(number)
                self._end(signal.SIGINT)  # the sign for uvicorn to wait for nothing

        signal.signal(number, taken)

    def _end(self, number: int) -> None:
        if number in self._server_ends:
            self._server_ends[number](number, None)

    async def _drain(self) -> None:
        seconds = self._shared.settings.drain_seconds
        self._shared.draining = True
        event("ending", seconds=seconds)
        if self._shared.busy() and sys.stderr.isatty():
            print("Waiting for what runs. Ctrl+C again ends it.", file=sys.stderr, flush=True)
        self._shared.rooms.close()  # what is still downloaded goes on at the next start
        begun = time.monotonic()
        try:
            ended = await self._shared.drained(seconds)
            event(
                "nothing runs any more" if ended else "what still runs is cut off",
                seconds=round(time.monotonic() - begun, 2),
            )
        finally:
            self._end(signal.SIGTERM)

    async def _watch_starter(self) -> None:
        starter = multiprocessing.parent_process()
        while starter is not None and starter.is_alive():
            await asyncio.sleep(LOOK_SECONDS)
        event("the process that started this worker is gone", logging.ERROR)
        self._shared.folder.adopt()
        await self._drain()

    async def _watch_model(self) -> None:
        rooms, name = self._shared.rooms, self._shared.offered.first
        begun, told, quarter = time.monotonic(), "", -1
        while True:
            room = rooms.look(name)
            if room.status == "downloading" and room.total_bytes:
                if (at := 4 * room.done_bytes // room.total_bytes) > quarter:
                    quarter = at
                    event("downloading", model=name, done=room.done_bytes, total=room.total_bytes)
            elif room.status == "ready" and told != "ready":
                event("ready", model=name, seconds=round(time.monotonic() - begun, 2))
            elif room.status == "failed" and told != "failed":
                # Which model it is, is the operator's choice: nobody else's words are in this.
                event("a model could not be loaded", logging.ERROR, model=name, why=str(room.error))
                begun = time.monotonic()
            elif room.status == "failed" and time.monotonic() - begun > TRY_AGAIN_SECONDS:
                rooms.ask(name)
            told = room.status
            await asyncio.sleep(LOOK_SECONDS)
