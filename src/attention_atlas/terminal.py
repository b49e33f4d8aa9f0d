"""How far a model is, told in the terminal: on one line that moves, or in a few where none can."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from attention_atlas.models.progress import Progress

DOWNLOADING = "Downloading"
"""How every line begins."""


class TerminalProgress:
    """Writes what `load_model` tells to stderr. Called from any thread.

    Only downloads are worth a word. A terminal shows the bytes on one line; a file gets a line
    for each quarter.
    """

    def __init__(self, name: str, stream: TextIO | None = None) -> None:
        """Tells of the model `name`."""
        self._name = name
        self._stream = stream or sys.stderr
        self._quarter = -1
        self._open_line = False
        self._lock = threading.Lock()

    def __call__(self, at: Progress) -> None:
        """Tells one Progress."""
        with self._lock:
            if at.stage != "downloading":
                self._end()
            elif self._stream.isatty():
                print(f"\r\033[K{self._text(at)}", end="", file=self._stream, flush=True)
                self._open_line = True
            elif (quarter := _quarter(at)) > self._quarter:
                self._quarter = quarter
                print(self._text(at), file=self._stream, flush=True)

    def end(self) -> None:
        """Leaves the line, so that what follows begins on its own."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._open_line:
            print(file=self._stream, flush=True)
            self._open_line = False

    def _text(self, at: Progress) -> str:
        of = f" of {at.total_bytes / 1e6:,.1f}" if at.total_bytes else ""
        return f"{DOWNLOADING} {self._name}: {at.done_bytes / 1e6:,.1f}{of} MB"


def _quarter(at: Progress) -> int:
    return 4 * at.done_bytes // at.total_bytes if at.total_bytes else 0
