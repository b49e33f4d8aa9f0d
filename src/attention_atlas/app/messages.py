"""What a page may tell the application over its websocket: what ours tells, and nothing else.

Shiny's own protocol takes more: uploads that are written to the disk, typed values that it
unpacks, and a value of any size and shape under any name. None of that is let through to it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from starlette.types import Message, Receive, Send

OPENING_SECONDS = 30.0
"""A connection that has not said within this time what it wants is closed."""
MESSAGES_AT_ONCE, MESSAGES_PER_SECOND = 200, 50
"""Of one page on a server; what comes faster waits, and with it who sends it."""
HOSTILE, BINARY, SILENT = 1008, 1003, 1002
"""Codes that a connection is closed with."""

LARGEST_NUMBER = 2**53
"""The largest a browser counts exactly."""
MOST_PARTS = 2_000
"""So many numbers, texts and lists a value may be made of: a look may hide each of 512 tokens."""
DEEPEST = 3
LONGEST_WORD = 1_000
"""Characters of a text that names a choice."""
LONGEST_NAME = 4_096
"""Characters of a model's name, which may be a path."""


class HostileMessage(Exception):
    """A message that no page of ours sends; the connection it came over ends."""


def checked(message: str, *, first: bool) -> str:
    """The message as it is handed on to Shiny: of known inputs alone, each of a sane shape.

    Args:
        message: as it came.
        first: whether it opens the session, and so must be the one that does.

    Raises:
        HostileMessage: no page of ours sends it.
    """
    try:
        said = json.loads(message, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise HostileMessage("not JSON") from None
    if not isinstance(said, dict) or said.get("method") != ("init" if first else "update"):
        raise HostileMessage("an unknown method")
    data = said.get("data")
    if not isinstance(data, dict):
        raise HostileMessage("no data")
    inputs = {name: INPUTS[name](value) for name, value in data.items() if name in INPUTS}
    return json.dumps({"method": said["method"], "data": inputs})


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _happened(value: Any) -> int:
    """Of a button, only that it was pressed counts."""
    return 1


def _word(value: Any) -> Any:
    if isinstance(value, str):
        _need(len(value) <= LONGEST_WORD, "a long text")
    elif isinstance(value, (int, float)):
        _need(abs(value) <= LARGEST_NUMBER, "a large number")  # NaN is not below it either
    else:
        _need(value is None, "a list where one value belongs")
    return value


def _plain(value: Any) -> Any:
    """Lists of words, and mappings to them, a few levels deep."""
    left, level, depth = MOST_PARTS, [value], 0
    while level:
        left -= len(level)
        _need(left >= 0 and depth <= DEEPEST, "a large value")
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                _need(all(len(key) <= LONGEST_WORD for key in one), "a long name")
                below.extend(one.values())
            elif isinstance(one, list):
                below.extend(one)
            else:
                _word(one)
        level, depth = below, depth + 1
    return value


def _choices(value: Any) -> dict[str, Any]:
    _need(isinstance(value, dict), "no choices")
    return _plain(value)


def _words(value: Any) -> list[str]:
    _need(isinstance(value, list) and all(isinstance(one, str) for one in value), "no words")
    return _plain(value)


def _name(value: Any) -> str:
    _need(isinstance(value, str) and len(value) <= LONGEST_NAME, "no name")
    return value


def _sentence(value: Any) -> dict[str, Any]:
    """The texts may be long: how long is the limits' to say, in a sentence the person reads."""
    _need(isinstance(value, dict), "no sentence")
    texts = {name: value.get(name) or "" for name in ("text", "pair")}
    _need(all(isinstance(text, str) for text in texts.values()), "no text")
    return _choices({**value, "text": "", "pair": ""}) | texts


def _need(fine: bool, otherwise: str) -> None:
    if not fine:
        raise HostileMessage(otherwise)


INPUTS: Mapping[str, Callable[[Any], Any]] = {
    "selection": _choices,
    "shown": _choices,
    "look": _choices,
    "seen": _words,
    "generate": _sentence,
    "stop": _happened,
    "alive": _happened,
    "mask_all": _happened,
    "save_figure": _choices,
    "save_page": _choices,
    "leave_saving": _happened,
    "wanted_model": _name,
    "retry": _happened,
    "cancel_download": _happened,
    "load_anyway": _happened,
}
"""What the page reports and asks for, and what each may be; what is not here is dropped."""


class Filtered:
    """A websocket of which only the messages that our page sends come through."""

    def __init__(self, receive: Receive, send: Send, *, paced: bool) -> None:
        """Stands between the server's `receive` and `send` and the application.

        Args:
            receive: gives what comes.
            send: sends what goes.
            paced: whether who sends too fast is slowed down.
        """
        self._receive = receive
        self._send = send
        self._first = True
        self._closed = False
        self._paced = paced
        self._full_at = time.monotonic()

    async def send(self, message: Message) -> None:
        """Sends, unless the connection was ended here."""
        if not self._closed:
            await self._send(message)

    async def receive(self) -> Message:
        """The next message that is one of ours; the end of the connection at any other."""
        if self._closed:
            return _ended(HOSTILE)
        try:
            # Shiny accepts when it has been told of the connection; then it waits for words.
            seconds = OPENING_SECONDS if self._first else None
            message = await asyncio.wait_for(self._receive(), seconds)
        except asyncio.TimeoutError:
            return await self._end(SILENT, "Nothing was said.")
        if message["type"] != "websocket.receive":
            return message
        text = message.get("text")
        if text is None:
            return await self._end(BINARY, "Only text is understood here.")
        if self._paced:
            await self._pace()
        try:
            text = checked(text, first=self._first)
        except HostileMessage as error:
            return await self._end(HOSTILE, f"This is not understood here: {error}.")
        self._first = False
        return {"type": "websocket.receive", "text": text}

    async def _pace(self) -> None:
        now = time.monotonic()
        self._full_at = max(self._full_at, now) + 1 / MESSAGES_PER_SECOND
        ahead = self._full_at - now - MESSAGES_AT_ONCE / MESSAGES_PER_SECOND
        if ahead > 0:
            await asyncio.sleep(ahead)

    async def _end(self, code: int, reason: str) -> Message:
        await self.send({"type": "websocket.close", "code": code, "reason": reason})
        self._closed = True
        return _ended(code)


def _ended(code: int) -> Message:
    return {"type": "websocket.disconnect", "code": code}
