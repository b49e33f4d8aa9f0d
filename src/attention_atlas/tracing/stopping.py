"""Stops what nobody wants any more, between two layers of a pass."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from attention_atlas.errors import TraceCancelled

_unwanted: ContextVar[threading.Event | None] = ContextVar("unwanted", default=None)


@contextmanager
def stoppable(cancel: threading.Event) -> Iterator[None]:
    """Every pass that is made inside, in this thread, stops once `cancel` is set.

    For work that takes passes somewhere below it and has no argument to say so.
    """
    token = _unwanted.set(cancel)
    try:
        yield
    finally:
        _unwanted.reset(token)


def stop_if(cancel: threading.Event | None) -> None:
    """Looks whether this pass is still wanted.

    Raises:
        TraceCancelled: `cancel` was set, or the event of the `stoppable` around it.
    """
    for event in (cancel, _unwanted.get()):
        if event is not None and event.is_set():
            raise TraceCancelled("The pass through the network was stopped before its end.")
