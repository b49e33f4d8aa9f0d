"""People who visit the application without a browser: sessions of Shiny, and what they hear."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar

from shiny import App
from shiny._connection import MockConnection
from shiny.reactive import _core

R = TypeVar("R")
PATIENCE = 120.0


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Page:
    """What limits look at of a session."""

    id: str = "a"
    host: str | None = "10.0.0.1"
    http_conn: Any = field(init=False)

    def __post_init__(self) -> None:
        client = None if self.host is None else SimpleNamespace(host=self.host)
        self.http_conn = SimpleNamespace(client=client)


def completed(work: Coroutine[Any, Any, R]) -> R:
    """Runs it in a thread of its own: the browser tests leave a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asyncio.wait_for(work, PATIENCE)).result()


@contextmanager
def shinys_lock() -> Iterator[None]:
    """Shiny has one lock for the process, which belongs to the first loop that waits for it."""
    environment = _core._reactive_environment
    before, environment._lock = environment._lock, None
    try:
        yield
    finally:
        environment._lock = before


async def until(true: Callable[[], bool]) -> None:
    """Waits until it is."""
    while not true():
        await asyncio.sleep(0.005)


class _Line(MockConnection):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, Any]] = []

    async def send(self, message: str) -> None:
        self.heard += json.loads(message).get("custom", {}).items()


class Person:
    """One visitor: what they choose, and what their page is told."""

    def __init__(self, app: App, **inputs: Any) -> None:
        """Comes to `app`, whose page has reported `inputs`."""
        self._line = _Line()
        self.session = app._create_session(self._line)
        self._running = asyncio.create_task(self.session._run())
        self._say("init", inputs)

    def _say(self, method: str, inputs: dict[str, Any]) -> None:
        self._line.cause_receive(json.dumps({"method": method, "data": inputs}))

    def choose(self, **inputs: Any) -> None:
        """The page reports these."""
        self._say("update", inputs)

    def generate(self, text: str, pair: str = "") -> None:
        """Chooses Generate All."""
        self.choose(generate={"text": text, "pair": pair, "token": -1})

    def heard(self, type: str) -> list[Any]:
        """All messages of a type so far."""
        return [message for kind, message in self._line.heard if kind == type]

    def forget_heard(self) -> None:
        """Counts only what comes from now on."""
        self._line.heard.clear()

    async def hears(self, type: str, **what: Any) -> Any:
        """The first message of this type that says this."""

        def fitting() -> list[Any]:
            return [m for m in self.heard(type) if what.items() <= m.items()]

        await until(lambda: bool(fitting()))
        return fitting()[0]

    async def is_shown(self, text: str, pair: str = "") -> None:
        """Chooses Generate All, and waits until the page shows it."""
        self.forget_heard()
        self.generate(text, pair)
        await self.hears("aa-progress", stage="done")

    async def leave(self) -> None:
        """Closes the page."""
        self._line.cause_disconnect()
        await self._running
