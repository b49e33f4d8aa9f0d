"""Keeps the libraries from writing to the terminal while we call them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_LIBRARIES = ("transformers", "huggingface_hub")


class _NotFromThisThread(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        return record.thread != self._thread


@contextmanager
def quiet() -> Iterator[None]:
    """Drops what transformers and huggingface_hub log or draw on this thread.

    What they have to say reaches the person as one of our errors instead. Other threads, and the
    libraries' own settings, are left as they are.
    """
    handlers = [
        handler for library in _LIBRARIES for handler in logging.getLogger(library).handlers
    ]
    ours = _NotFromThisThread()
    for handler in handlers:
        handler.addFilter(ours)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(ours)


@contextmanager
def no_progress_bars() -> Iterator[None]:
    """Leaves out the bars that transformers draws on this thread; others keep theirs.

    One at a time: callers hold the lock of `network.py`, since the hook is one per process.
    """
    from transformers.utils import logging as transformers_logging

    this_thread = threading.get_ident()
    previous: Any = None

    def draw(factory: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if threading.get_ident() == this_thread:
            return transformers_logging.EmptyTqdm(*args, **kwargs)
        return previous(factory, args, kwargs) if previous else factory(*args, **kwargs)

    previous = transformers_logging.set_tqdm_hook(draw)
    try:
        yield
    finally:
        transformers_logging.set_tqdm_hook(previous)


def one_line(error: BaseException) -> str:
    """The first line of what a library says, short enough to stand inside our own sentence."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")[:200]
