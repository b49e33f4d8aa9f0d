"""The models of this process: loaded once, in a thread, shared by every session."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from attention_atlas.errors import AttentionAtlasError, DownloadCancelled
from attention_atlas.terminal import TerminalProgress

if TYPE_CHECKING:
    from attention_atlas.models.model import Model
    from attention_atlas.models.progress import Progress

Status = Literal["waiting", "resolving", "downloading", "loading", "ready", "failed"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Room:
    """What is known of one model at this moment."""

    name: str
    status: Status = "waiting"
    model: Model | None = None
    error: AttentionAtlasError | None = None
    done_bytes: int = 0
    total_bytes: int | None = None

    @property
    def pending(self) -> bool:
        """Whether it may still change by itself."""
        return self.status not in ("ready", "failed")


@dataclass
class Rooms:
    """Every model that somebody asked for, each in its Room.

    Safe to use from any thread. Two who ask for the same model share one load.
    """

    _rooms: dict[str, Room] = field(default_factory=dict)
    _cancels: dict[str, threading.Event] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max_workers=2, thread_name_prefix="models")
    )

    def look(self, name: str) -> Room:
        """The Room of a model; one that nobody asked for yet is waiting."""
        with self._lock:
            return self._rooms.get(name, Room(name))

    def ask(self, name: str) -> Room:
        """Begins to load a model unless that is done or under way; a failed one is tried again."""
        with self._lock:
            room = self._rooms.get(name)
            if room is not None and room.status != "failed":
                return room
            room = self._rooms[name] = Room(name)
            cancel = self._cancels[name] = threading.Event()
        self._pool.submit(self._load, name, cancel)
        return room

    def bring(self, model: Model) -> None:
        """Adds a model that somebody has loaded already, under its own name."""
        with self._lock:
            self._rooms[model.name] = Room(model.name, "ready", model)

    def cancel(self, name: str) -> None:
        """Stops a download; what has arrived is kept for the next try."""
        with self._lock:
            cancel = self._cancels.get(name)
        if cancel is not None:
            cancel.set()

    def close(self) -> None:
        """Stops every download and lets the threads end."""
        with self._lock:
            cancels = list(self._cancels.values())
        for cancel in cancels:
            cancel.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _load(self, name: str, cancel: threading.Event) -> None:
        terminal = TerminalProgress(name)

        def progress(at: Progress) -> None:
            terminal(at)
            self._change(
                name, status=at.stage, done_bytes=at.done_bytes, total_bytes=at.total_bytes
            )

        try:
            from attention_atlas.models.loading import load_model

            model = load_model(name, progress=progress, cancel=cancel)
        except AttentionAtlasError as error:
            if not isinstance(error, DownloadCancelled):
                _log.info("%s was not loaded: %s", name, error)
            self._change(name, status="failed", error=error)
        except Exception:
            _log.exception("%s could not be loaded", name)
            self._change(
                name,
                status="failed",
                error=AttentionAtlasError(
                    f"{name} could not be loaded for a reason this application did not foresee; "
                    "the terminal it runs in says more."
                ),
            )
        else:
            self._change(name, status="ready", model=model)
        finally:
            terminal.end()

    def _change(self, name: str, **change: object) -> None:
        with self._lock:
            self._rooms[name] = replace(self._rooms[name], **change)  # pyright: ignore[reportArgumentType]
