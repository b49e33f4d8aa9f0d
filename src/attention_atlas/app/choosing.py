"""Which model a session runs on, and what the page says of it while it loads."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from shiny import Inputs, Session, reactive

from attention_atlas.app import metering
from attention_atlas.app.generating import title
from attention_atlas.app.rooms import Room
from attention_atlas.app.shared import Shared
from attention_atlas.app.state import State
from attention_atlas.errors import DownloadCancelled, HubUnreachable, ModelTooLarge, NotOffered
from attention_atlas.models.about import about

POLL_SECONDS = 0.2


class Chooser:
    """One session's choice of a model.

    The embedded model serves until the wanted one is there, and when the wanted one cannot be
    had. The page is told whenever something about either changes.
    """

    def __init__(self, input: Inputs, session: Session, state: State, shared: Shared) -> None:
        """Starts with the model of the settings, and listens to what the page wants."""
        self._rooms = rooms = shared.rooms
        self._offered = offered = shared.offered
        self._server = shared.settings.server
        self._session = session
        self._state = state
        self._wanted = reactive.Value(offered.first, name="wanted")
        self._refused: str | None = None
        self._told: dict[str, Any] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        rooms.ask(offered.fallback)
        rooms.ask(offered.first)

        @reactive.effect
        @reactive.event(input.wanted_model)
        def _() -> None:
            name = str(input.wanted_model()).strip() or offered.first
            try:
                offered.check(name)
            except NotOffered as error:
                metering.refused("model")
                self._refused = str(error)
                self._watch_again.set(self._watch_again() + 1)
                return
            rooms.ask(name)
            self._wanted.set(name)

        @reactive.effect
        @reactive.event(input.retry)
        def _() -> None:
            rooms.ask(self._wanted())
            self._watch_again.set(self._watch_again() + 1)

        @reactive.effect
        @reactive.event(input.load_anyway)
        def _() -> None:
            if not self._server:  # what runs out of memory ends for all
                rooms.ask(self._wanted(), check_memory=False)
                self._watch_again.set(self._watch_again() + 1)

        @reactive.effect
        @reactive.event(input.cancel_download)
        def _() -> None:
            if not self._server:  # others wait for it as well
                rooms.cancel(self._wanted())

        self._watch_again = reactive.Value(0, name="watch_again")

        @reactive.effect
        def _() -> None:
            self._watch_again()
            wanted, embedded = rooms.look(self._wanted()), rooms.look(offered.fallback)
            if wanted.pending or embedded.pending:
                reactive.invalidate_later(POLL_SECONDS)
            self._report(wanted, embedded)

    def room(self) -> Room:
        """The model that a sentence runs on now."""
        with reactive.isolate():
            wanted = self._rooms.look(self._wanted())
        if wanted.status in ("waiting", "loading", "ready"):
            return wanted
        return self._rooms.look(self._offered.fallback)

    def _report(self, wanted: Room, embedded: Room) -> None:
        exploration = self._state.exploration()
        at_hand = wanted.model or embedded.model
        shown = exploration.trace.model if exploration else at_hand
        self._state.model_at_hand.set(at_hand)
        error = wanted.error
        too_large = isinstance(error, ModelTooLarge)
        message: dict[str, Any] = {
            "wanted": wanted.name,
            "title": title(wanted.name),
            "status": wanted.status,
            "done": wanted.done_bytes,
            "total": wanted.total_bytes,
            "error": error.said if too_large else str(error) if error else None,
            "too_large": too_large and not self._server,
            "unreachable": isinstance(error, HubUnreachable),
            "cancelled": isinstance(error, DownloadCancelled),
            "refused": self._refused,
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
        self._refused = None  # it is said once
        if message == self._told:
            return
        self._told = message
        task = asyncio.create_task(self._session.send_custom_message("aa-model", message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
