"""A command that is asked to end before it is done."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPPED = (
    "attention-atlas: Stopped before the end, and nothing was written. What a download had brought "
    "is kept, and the next try goes on from there."
)


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which thereby ends a command as Ctrl+C does: what cleans up behind itself can."""


@contextmanager
def ends_when_asked() -> Iterator[None]:
    """Within, Ctrl+C and SIGTERM end the command with one plain line, and as a shell expects."""
    on_main_thread = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, _terminate) if on_main_thread else None
    try:
        yield
    except KeyboardInterrupt as error:
        print(STOPPED, file=sys.stderr)
        asked = signal.SIGTERM if isinstance(error, _Terminated) else signal.SIGINT
        raise SystemExit(128 + asked) from None
    finally:
        if on_main_thread:
            signal.signal(signal.SIGTERM, before)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise _Terminated
