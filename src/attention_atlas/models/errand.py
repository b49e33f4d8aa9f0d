"""Work in a thread of its own, for a caller who may lose patience."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Result = TypeVar("Result")

_GLANCE_SECONDS = 0.05


class StoppedError(Exception):
    """Raised inside the work once nobody waits for it any more."""


class OutOfPatienceError(Exception):
    """The work gave no sign of life for too long."""


class Errand(Generic[Result]):
    """Runs `work(errand)` in a thread; the caller waits with `wait`.

    A look-up of a name, for one, cannot be interrupted from outside. So the caller leaves when it
    has to, and the work, which nobody hears any more, ends at its next `check`.
    """

    def __init__(self, work: Callable[[Errand[Result]], Result]) -> None:
        """Does not start the work yet."""
        self._work = work
        self._result: list[Result] = []
        self._error: BaseException | None = None
        self._finished = threading.Event()
        self._abandoned = threading.Event()
        self._last_sign = time.monotonic()
        self._break_off: Callable[[], None] | None = None

    def check(self) -> None:
        """Called by the work, often: a sign of life, and the point where it may have to stop."""
        self._last_sign = time.monotonic()
        if self._abandoned.is_set():
            raise StoppedError

    def pause(self, seconds: float) -> None:
        """Called by the work instead of sleeping."""
        self._abandoned.wait(seconds)
        self.check()

    @contextmanager
    def broken_off_by(self, how: Callable[[], None]) -> Iterator[None]:
        """Around a step that may hang: `how` is called, by the caller, if the caller leaves."""
        self._break_off = how
        try:
            yield
        finally:
            self._break_off = None

    def wait(
        self,
        *,
        patience: float,
        cancel: threading.Event | None = None,
        glance: Callable[[], None] = lambda: None,
    ) -> Result:
        """Starts the work and waits for it.

        Args:
            patience: seconds without a sign of life after which OutOfPatienceError is raised.
            cancel: when set, StoppedError is raised at once.
            glance: called on this thread some twenty times a second.

        Raises whatever the work raises.
        """
        self._last_sign = time.monotonic()
        # A daemon: a work that hangs must not keep the process from ending.
        threading.Thread(target=self._run, name="attention-atlas-hub", daemon=True).start()
        try:
            while not self._finished.wait(_GLANCE_SECONDS):
                if cancel is not None and cancel.is_set():
                    raise StoppedError
                if time.monotonic() - self._last_sign > patience:
                    raise OutOfPatienceError
                glance()
        finally:
            self._abandoned.set()
            if (how := self._break_off) is not None:
                how()
        if self._error is not None:
            raise self._error
        glance()
        return self._result[0]

    def _run(self) -> None:
        try:
            self._result.append(self._work(self))
        except BaseException as error:
            self._error = error
        finally:
            self._finished.set()
