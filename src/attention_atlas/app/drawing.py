"""Getting a Picture to the page: made in the pool, sent when ready, overtaken when stale."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from shiny import Session, reactive

from attention_atlas.app.pool import in_pool
from attention_atlas.app.state import State
from attention_atlas.errors import AttentionAtlasError, TraceCancelled
from attention_atlas.views.picture import Picture

_log = logging.getLogger(__name__)
UNFORESEEN = (
    "This step could not be drawn; the others are not affected. Choose Generate All to try again."
)


class Painter:
    """Draws the pictures of one session.

    A picture is made again when what it depends on has changed, outside of Shiny's reactive
    flush (whose lock all sessions share), and only the newest one is sent.
    """

    def __init__(self, session: Session, state: State) -> None:
        """Draws for `session`, from `state`."""
        self._session = session
        self._state = state
        self._tasks: dict[str, asyncio.Task[None]] = {}
        session.on_ended(self._stop)

    def draw(
        self, id: str, depends: Callable[[], tuple[Any, ...]], make: Callable[..., Picture]
    ) -> None:
        """Keeps the picture `id` equal to `make(*depends())`.

        `depends` reads reactive values; `make` runs in the pool. What either cannot do, the
        person reads in the picture's place. Nothing is made before it has come into view.
        """
        last: tuple[Any, ...] | None = None

        @reactive.effect
        def _() -> None:
            nonlocal last
            if not self._state.in_view(id):
                return
            try:
                arguments = depends()
            except AttentionAtlasError as error:
                last = None
                self._start(id, self._send(id, {"error": str(error)}))
                return
            if last is not None and _same(arguments, last):
                return
            last = arguments
            self._start(id, self._paint(id, make, arguments))

    def _start(self, id: str, work: Coroutine[Any, Any, None]) -> None:
        if (running := self._tasks.get(id)) is not None:
            running.cancel()
        self._tasks[id] = asyncio.create_task(work)

    async def _paint(
        self, id: str, make: Callable[..., Picture], arguments: tuple[Any, ...]
    ) -> None:
        try:
            message = await in_pool(_make_message, make, arguments)
        except TraceCancelled:  # overtaken: a newer one is on its way
            return
        except AttentionAtlasError as error:
            message = {"error": str(error)}
        except Exception:
            _log.exception("the picture %s could not be made", id)
            message = {"error": UNFORESEEN}
        await self._send(id, message)

    async def _send(self, id: str, message: dict[str, Any]) -> None:
        await self._session.send_custom_message("aa-picture", {"id": id, **message})

    def _stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()


def _make_message(make: Callable[..., Picture], arguments: tuple[Any, ...]) -> dict[str, Any]:
    return {"picture": make(*arguments).to_message()}


def _same(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    return len(a) == len(b) and all(x is y or x == y for x, y in zip(a, b, strict=True))
