"""Which model a session runs on, and what the page says of it while it loads."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from shiny import Inputs, Session, reactive

from attention_atlas.app.generating import title
from attention_atlas.app.rooms import Room
from attention_atlas.app.shared import Shared
from attention_atlas.app.state import State
from attention_atlas.errors import DownloadCancelled, HubUnreachable
from attention_atlas.models.about import about
from attention_atlas.models.catalog import EMBEDDED_MODEL

POLL_SECONDS = 0.2


class Chooser:
    """One session's choice of a model.

    The embedded model serves until the wanted one is there, and when the wanted one cannot be
    had. The page is told whenever something about either changes.
    """

    def __init__(self, input: Inputs, session: Session, state: State, shared: Shared) -> None:
        """Starts with the model of the settings, and listens to what the page wants."""
        self._rooms = rooms = shared.rooms
        model_name = shared.settings.model
        self._session = session
        self._state = state
        self._wanted = reactive.Value(model_name)
        self._told: dict[str, Any] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        rooms.ask(EMBEDDED_MODEL)
        rooms.ask(model_name)

        @reactive.effect
        @reactive.event(input.wanted_model)
        def _() -> None:
            name = str(input.wanted_model()).strip() or model_name
            rooms.ask(name)
            self._wanted.set(name)

        @reactive.effect
        @reactive.event(input.retry)
        def _() -> None:
            rooms.ask(self._wanted())
            self._watch_again.set(self._watch_again() + 1)

        @reactive.effect
        @reactive.event(input.cancel_download)
        def _() -> None:
            rooms.cancel(self._wanted())

        self._watch_again = reactive.Value(0)

        @reactive.effect
        def _() -> None:
            self._watch_again()
            wanted, embedded = rooms.look(self._wanted()), rooms.look(EMBEDDED_MODEL)
            if wanted.pending or embedded.pending:
                reactive.invalidate_later(POLL_SECONDS)
            self._report(wanted, embedded)

    def room(self) -> Room:
        """The model that a sentence runs on now."""
        with reactive.isolate():
            wanted = self._rooms.look(self._wanted())
        if wanted.status in ("waiting", "loading", "ready"):
            return wanted
        return self._rooms.look(EMBEDDED_MODEL)

    def _report(self, wanted: Room, embedded: Room) -> None:
        exploration = self._state.exploration()
        at_hand = wanted.model or embedded.model
        shown = exploration.trace.model if exploration else at_hand
        self._state.model_at_hand.set(at_hand)
        error = wanted.error
        message: dict[str, Any] = {
            "wanted": wanted.name,
            "title": title(wanted.name),
            "status": wanted.status,
            "done": wanted.done_bytes,
            "total": wanted.total_bytes,
            "error": str(error) if error else None,
            "unreachable": isinstance(error, HubUnreachable),
            "cancelled": isinstance(error, DownloadCancelled),
            "offer": bool(
                exploration and wanted.model and wanted.model is not exploration.trace.model
            ),
            "shown": None,
        }
        if shown is not None:
            message["shown"] = {
                "name": shown.name,
                "title": title(shown.name),
                "layers": shown.layers,
                "heads": shown.heads,
                "hidden": shown.hidden_size,
                "max_tokens": shown.max_tokens,
                "about": asdict(about(shown)),
            }
        if message == self._told:
            return
        self._told = message
        task = asyncio.create_task(self._session.send_custom_message("aa-model", message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
