"""Buckets that all workers of a server take from, so that a limit is the whole server's."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from attention_atlas.app.limits import MOST_KEYS, TokenBuckets

LOCK_SECONDS = 0.25
"""So long a worker waits for another that writes. The page stands still meanwhile."""
_TABLE = """
CREATE TABLE IF NOT EXISTS buckets (key TEXT PRIMARY KEY, full_at REAL, touched REAL);
CREATE INDEX IF NOT EXISTS by_full_at ON buckets (full_at);
CREATE INDEX IF NOT EXISTS by_touched ON buckets (touched);
"""
_TAKE = """
INSERT INTO buckets VALUES (:key, :now + :each, :now)
ON CONFLICT (key) DO UPDATE SET full_at = max(full_at, :now) + :each, touched = :now
"""
_FORGET = """
DELETE FROM buckets WHERE full_at <= :now OR key IN (
  SELECT key FROM buckets ORDER BY touched
  LIMIT max(0, (SELECT count(*) FROM buckets) - :most)
)
"""

_log = logging.getLogger(__name__)


class SharedBuckets(TokenBuckets):
    """Buckets in a file. Where it cannot be had, on a full disk, each worker counts for itself."""

    def __init__(
        self,
        per_minute: int,
        file: Callable[[], Path],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """As `TokenBuckets`.

        Args:
            per_minute: what a bucket holds, and what flows into it within a minute.
            file: gives where they are; asked when they are first needed.
            clock: one that all workers share, as the system's monotonic one.
        """
        super().__init__(per_minute, clock)
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._told = False

    def __len__(self) -> int:
        """How many are remembered: those that may not be full."""
        try:
            return int(self._open().execute("SELECT count(*) FROM buckets").fetchone()[0])
        except (OSError, sqlite3.Error) as error:
            self._tell(error)
            return super().__len__()

    def close(self) -> None:
        """Lets go of the file. It is opened again if it is needed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _when_full(self, key: str) -> float:
        own = super()._when_full(key)
        try:
            found = self._open().execute("SELECT full_at FROM buckets WHERE key = ?", (key,))
            row = found.fetchone()
        except (OSError, sqlite3.Error) as error:
            self._tell(error)
            return own
        return own if row is None else max(own, row[0])

    def _take(self, key: str, now: float) -> None:
        values = {"key": key, "now": now, "each": self._each, "most": MOST_KEYS}
        try:
            connection = self._open()
            connection.execute(_TAKE, values)
            connection.execute(_FORGET, values)
        except (OSError, sqlite3.Error) as error:
            self._tell(error)
            super()._take(key, now)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(
                self._file(), timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                connection.execute("PRAGMA synchronous = OFF")  # it goes with the server anyway
                connection.executescript(_TABLE)
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _tell(self, error: Exception) -> None:
        if not self._told:
            self._told = True
            _log.warning("each worker counts the requests of an address for itself: %s", error)
