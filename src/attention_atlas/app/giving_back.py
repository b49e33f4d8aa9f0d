"""Memory that pages have freed goes back to the machine.

What a session held is freed in a thousand pieces between others that stay, and glibc keeps the
room of each thread's pieces for itself: after two hundred pages a process would hold gigabytes
that nothing is in.
"""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable

SOON_SECONDS = 2.0
"""Those who leave together, as after a lesson, are waited for."""


class GivingBack:
    """Gives freed memory back a little after sessions have ended. One per process."""

    def __init__(self, give_back: Callable[[], object] | None = None) -> None:
        """`give_back` is what does it; without any, what the C library has for it."""
        self._give_back = give_back or _trim()
        self._due: asyncio.TimerHandle | None = None

    def soon(self) -> None:
        """A session has ended."""
        if self._give_back is None or self._due is not None:
            return
        self._due = asyncio.get_running_loop().call_later(SOON_SECONDS, self._now)

    def _now(self) -> None:
        self._due = None
        assert self._give_back is not None
        asyncio.get_running_loop().run_in_executor(None, self._give_back)


def _trim() -> Callable[[], object] | None:
    """glibc has a function for it; other C libraries need none."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
    return lambda: trim(0)
