"""The models of this process: loaded once, in a thread, shared by every session."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from attention_atlas.app import logs
from attention_atlas.errors import AttentionAtlasError, DownloadCancelled
from attention_atlas.terminal import TerminalProgress

if TYPE_CHECKING:
    from attention_atlas.models.model import Model
    from attention_atlas.models.progress import Progress

Status = Literal["waiting", "resolving", "downloading", "loading", "ready", "failed"]

AT_ONCE = 2
"""So many models load at the same time."""
PAUSE_SECONDS = 3.0
"""Between the beginnings of two tries to load the same model: a page can ask a hundred times."""
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

    places: Mapping[str, str] = field(default_factory=dict)
    """Names that models are offered by -> what `load_model` takes; another name is its own."""
    _rooms: dict[str, Room] = field(default_factory=dict)
    _tried: dict[str, float] = field(default_factory=dict)
    """When the last try of each began, or begins, by the monotonic clock."""
    _closed: bool = False
    _cancels: dict[str, threading.Event] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))

    def look(self, name: str) -> Room:
        """The Room of a model; one that nobody asked for yet is waiting."""
        with self._lock:
            return self._rooms.get(name, Room(name))

    def ask(self, name: str, *, check_memory: bool = True) -> Room:
        """Begins to load a model unless that is done or under way; a failed one is tried again.

        However often it is asked for, tries begin at least `PAUSE_SECONDS` apart. `check_memory`
        is of `load_model`.
        """
        with self._lock:
            room = self._rooms.get(name, Room(name))
            if self._closed or (name in self._rooms and room.status != "failed"):
                return room
            room = self._rooms[name] = Room(name)
            cancel = self._cancels[name] = threading.Event()
            now = time.monotonic()
            begins = max(now, self._tried.get(name, -math.inf) + PAUSE_SECONDS)
            self._tried[name] = begins
        # A daemon: who ends the application does not wait until PyTorch is imported.
        threading.Thread(
            target=self._load,
            args=(name, cancel, begins - now, check_memory),
            name="attention-atlas-model",
            daemon=True,
        ).start()
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
        """Stops every download; nothing is loaded any more."""
        with self._lock:
            self._closed = True
            cancels = list(self._cancels.values())
        for cancel in cancels:
            cancel.set()

    def _load(self, name: str, cancel: threading.Event, pause: float, check_memory: bool) -> None:
        cancel.wait(pause)
        with self._slots:
            if not self._closed:
                self._load_now(name, cancel, check_memory)

    def _load_now(self, name: str, cancel: threading.Event, check_memory: bool) -> None:
        terminal = TerminalProgress(name)

        def progress(at: Progress) -> None:
            terminal(at)
            self._change(
                name, status=at.stage, done_bytes=at.done_bytes, total_bytes=at.total_bytes
            )

        try:
            from attention_atlas.models.loading import load_model

            where = self.places.get(name, name)
            model = load_model(where, progress=progress, cancel=cancel, check_memory=check_memory)
            if where != name:
                model = replace(model, name=name, source="offered")
        except AttentionAtlasError as error:
            if not isinstance(error, DownloadCancelled):
                _log.info("%s was not loaded: %s", name, error)
            self._change(name, status="failed", error=self._for_visitors(name, error))
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

    def _for_visitors(self, name: str, error: AttentionAtlasError) -> AttentionAtlasError:
        """Where an offered model lies, and what is wrong there, is told in the log alone."""
        where = self.places.get(name)
        if where is None or isinstance(error, DownloadCancelled):
            return error
        logs.event(
            "a model was not loaded", logging.WARNING, model=name, where=where, reason=str(error)
        )
        if where == name:
            return error
        return type(error)(
            f"{name} could not be loaded; whoever runs this server finds the reason in its log."
        )

    def _change(self, name: str, **change: object) -> None:
        with self._lock:
            self._rooms[name] = replace(self._rooms[name], **change)  # pyright: ignore[reportArgumentType]
