"""What a page is told waits for that page alone.

Shiny sends within its reactive flush, whose lock all sessions share: a phone that sleeps, or a
visitor who reads nothing, would hold up everybody. And after each flush it tells each session
what has changed for it, even nothing: with many sessions that is most of what is sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGE = 64 * 2**10
"""A message of more is a picture or a trace, and never sent within a flush."""
MOST_AHEAD = 2**20
"""A large one waits until no more than this waits before it: none is made to lie here."""
MOST_BYTES = 16 * 2**20
"""What may wait for one page."""
LAST_SECONDS = 5.0
"""How long what waits may take once the session has ended."""
NOTHING = '{"values": {}, "inputMessages": [], "errors": {}}'
HOSTILE = 1008

_log = logging.getLogger(__name__)


class Outgoing:
    """A websocket on which no flush ever waits; a page that reads nothing is let go."""

    def __init__(self, receive: Receive, send: Send, most_bytes: int = MOST_BYTES) -> None:
        """A session ends when more than `most_bytes` wait for its page."""
        self._receive = receive
        self._send = send
        self._most = most_bytes
        self._waiting: deque[Message] = deque()
        self._bytes = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._over = False
        self._writer: asyncio.Task[None] | None = None

    async def hold(self, app: ASGIApp, scope: Scope) -> None:
        """Holds a session of `app` from its beginning to its end."""
        self._writer = asyncio.create_task(self._write())
        try:
            await app(scope, self.receive, self.send)
        finally:
            self._end()
            self._news.set()
            await asyncio.wait({self._writer}, timeout=LAST_SECONDS)
            self._writer.cancel()

    async def receive(self) -> Message:
        """What the page says; that it is gone, when it cannot be told anything."""
        assert self._writer is not None
        said = asyncio.ensure_future(self._receive())
        try:
            await asyncio.wait({said, self._writer}, return_when=asyncio.FIRST_COMPLETED)
            if said.done():
                return said.result()
            return {"type": "websocket.disconnect", "code": HOSTILE}
        finally:
            said.cancel()

    async def send(self, message: Message) -> None:
        """Puts a message behind those that wait, a large one when they have become few."""
        text = message.get("text") or ""
        while len(text) > LARGE and not self._over and self._bytes > MOST_AHEAD:
            self._room.clear()
            await self._room.wait()
        if self._over or text == NOTHING:
            return
        ahead = self._bytes
        self._waiting.append(message)
        self._bytes += len(text)
        self._news.set()
        # However large one is, it alone is no pile.
        if (ahead if len(text) > LARGE else self._bytes) > self._most:
            _log.info("a page that reads too little of what it is sent was let go")
            self._give_up()

    def _give_up(self) -> None:
        assert self._writer is not None
        self._end()
        self._waiting.clear()
        self._writer.cancel()

    def _end(self) -> None:
        self._over = True
        self._room.set()

    async def _write(self) -> None:
        while True:
            while self._waiting:
                message = self._waiting.popleft()
                try:
                    await self._send(message)
                except OSError:  # the page is gone
                    self._end()
                    return
                self._bytes -= len(message.get("text") or "")
                if self._bytes <= MOST_AHEAD:
                    self._room.set()
                if message["type"] == "websocket.close":
                    self._end()
            if self._over:
                return
            self._news.clear()
            await self._news.wait()
