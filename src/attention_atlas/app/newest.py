"""Work that only its newest order is worth: one at a time, and what was overtaken is dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Newest(Generic[T]):
    """Does the newest of what is asked for. What is asked for meanwhile waits, the last of it."""

    def __init__(self, work: Callable[[T], Awaitable[None]]) -> None:
        """`work` does one; it can look whether it is `overtaken` between its steps."""
        self._work = work
        self._wanted: T | None = None
        self.task: asyncio.Task[None] | None = None
        """What is under way."""

    def ask(self, wanted: T) -> None:
        """Has it done, at once or when what is under way has ended."""
        self._wanted = wanted
        if self.task is None:
            self.task = asyncio.create_task(self._run())

    def overtaken(self, asked: T) -> bool:
        """Whether something else has been asked for since."""
        return self._wanted is not asked

    def stop(self) -> None:
        """Drops what is under way and what waits; more may be asked for later."""
        self._wanted = None
        if self.task is not None:
            self.task.cancel()
            self.task = None

    async def _run(self) -> None:
        try:
            while (asked := self._wanted) is not None:
                await self._work(asked)
                if not self.overtaken(asked):
                    self._wanted = None
        finally:
            if self.task is asyncio.current_task():  # else it was stopped, and another may run
                self.task = None
