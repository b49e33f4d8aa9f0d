"""One page without a browser: it says over the websocket what the page says, and hears the rest."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE = 120.0
"""Seconds that anything may take before it counts as an error."""

_KIND = re.compile(r'\{"custom": \{"(aa-[a-z-]+)"')
_PICTURE = re.compile(r'"id": "([^"]+)"')
_STAGE = re.compile(r'"stage": "([a-z]+)"')
_KEY = re.compile(r'"key": "([0-9a-z]+)"')
LOOK = {
    "scale": "auto", "window": None, "flow": "one", "heads": [], "least": 0.02, "top": 0,
    "part": "all", "colour": "nothing", "told": "ratio", "painted": "frame", "arrange": "layer",
    "only": "all", "sort": "layer", "sort_first": "lowest", "projected": "head",
    "direction": "from", "use_head": True, "top_k": 5, "hidden": None,
}  # fmt: skip
SHOWN = {"measure": "weights", "words": False, "special": True, "tau": 0.01}


class WentWrong(Exception):
    """The application answered an ordinary wish with an error, or not at all."""


class PageConnection:
    """What the page has reported, and what has come."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._heard: Counter[str] = Counter()
        """How often each has come: "ready", "trace", a stage, or a picture's id."""
        self._news = asyncio.Event()
        self._failure: str | None = None
        self._selection = {"layer": 3, "head": 1, "token": -1}
        self._seen: list[str] = []
        self.bytes = 0

    async def open(self) -> float:
        """Opens the page and the socket; the seconds until the server speaks."""
        begun = time.perf_counter()
        address = self._url.replace("http", "ws", 1) + "websocket/"
        self._socket: ClientConnection = await connect(
            address, origin=self._url.rstrip("/"), max_size=None, open_timeout=PATIENCE  # pyright: ignore[reportArgumentType]
        )  # fmt: skip
        self._reader = asyncio.create_task(self._read())
        await self.until("config")
        took = time.perf_counter() - begun
        await self._say("init", {})
        await self._say("update", {"selection": self._selection, "shown": SHOWN})
        return took

    async def leave(self) -> None:
        """The window is closed."""
        self._reader.cancel()
        await self._socket.close()

    async def generate(self, text: str) -> None:
        """Generate All."""
        await self._say("update", {"generate": {"text": text, "pair": "", "token": -1}})

    async def see(self, pictures: Iterable[str], *, instead: bool = False) -> float:
        """Scrolls to these, or opens the tab where they are; the seconds until all have come."""
        new = [one for one in pictures if instead or one not in self._seen]
        self._seen = new if instead else [*self._seen, *new]
        return await self.timed(new, self._say("update", {"seen": self._seen}))

    async def choose(self, pictures: Iterable[str] = (), **selection: int) -> float:
        """Another layer, head or token; the seconds until these pictures have come anew."""
        self._selection |= selection
        return await self.timed(pictures, self._say("update", {"selection": self._selection}))

    async def timed(self, awaited: Iterable[str], action: Any) -> float:
        """Does something; the seconds until each of these has come once more."""
        wanted = {one: self._heard[one] + 1 for one in awaited}
        begun = time.perf_counter()
        await action
        await self._wait(lambda: all(self._heard[one] >= n for one, n in wanted.items()), wanted)
        return time.perf_counter() - begun

    async def until(self, what: str) -> None:
        """Waits until this has come at all."""
        await self._wait(lambda: self._heard[what] > 0, what)

    async def _wait(self, there: Callable[[], bool], what: object) -> None:
        deadline = time.monotonic() + PATIENCE
        while not there():
            if self._failure is not None:
                raise WentWrong(self._failure)
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), deadline - time.monotonic())
            except TimeoutError:
                raise WentWrong(f"nothing for {PATIENCE:.0f} s: {what}") from None

    async def _say(self, method: str, data: dict[str, Any]) -> None:
        try:
            await self._socket.send(json.dumps({"method": method, "data": data}))
        except ConnectionClosed as error:
            raise WentWrong(f"the connection ended: {error}") from None

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                self._hear(str(message))
        except ConnectionClosed as error:
            self._failure = f"the connection ended: {error}"
        else:
            self._failure = "the connection ended"
        self._news.set()

    def _hear(self, message: str) -> None:
        self.bytes += len(message)
        if message.startswith('{"config"'):
            self._count("config")
        elif (kind := _KIND.match(message)) is not None:
            self._hear_custom(kind[1], message)

    def _hear_custom(self, kind: str, message: str) -> None:
        if kind == "aa-picture":
            picture = _PICTURE.search(message, 0, 200)
            assert picture is not None
            if message.find('"error": ', 0, 200) >= 0:
                self._fail(message)
            self._count(picture[1])
        elif kind == "aa-progress":
            stage = _STAGE.search(message)
            assert stage is not None
            if stage[1] == "failed":
                self._fail(message)
            self._count(stage[1])
        elif kind == "aa-model" and '"status": "ready"' in message:
            self._count("ready")
        elif kind == "aa-trace":
            key = _KEY.search(message)
            assert key is not None
            self._look = asyncio.create_task(self._say("update", {"look": {**LOOK, "of": key[1]}}))
            self._count("trace")

    def _count(self, what: str) -> None:
        self._heard[what] += 1
        self._news.set()

    def _fail(self, message: str) -> None:
        self._failure = message[:300]
        self._news.set()
