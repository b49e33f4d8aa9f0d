"""Telling a page what changes fast: it gets the newest, and no more often than it can show."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from shiny import Session

APART_SECONDS = 0.05
"""Between two messages. A queue of hundreds would else tell each of them of each step."""


class Teller:
    """Tells one page of one piece of work: how far it is, and how it ended."""

    def __init__(self, session: Session, type: str) -> None:
        """Sends to `session`, as a custom message of this type."""
        self._session = session
        self._type = type
        self._next: dict[str, Any] | None = None
        self._ended = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def tell(self, message: dict[str, Any]) -> None:
        """Sends it at once, or soon after the last one unless a newer one comes meanwhile."""
        if not self._ended.is_set():
            self._next = message
            self._go_on()

    def end(self, message: dict[str, Any]) -> None:
        """Sends the last message; the work is not spoken of any more."""
        if not self._ended.is_set():
            self._ended.set()
            self._next = message
            self._go_on()

    def close(self) -> None:
        """Sends nothing more: other work has taken the place of this."""
        self._ended.set()
        self._next = None

    def _go_on(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._send())

    async def _send(self) -> None:
        try:
            while (message := self._next) is not None:
                self._next = None
                await self._session.send_custom_message(self._type, message)
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._ended.wait(), APART_SECONDS)
        finally:
            self._task = None
