"""Getting a Picture to the page: made in a thread, sent when ready, overtaken when stale."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from shiny import Session, reactive
from shiny.types import SilentException

from attention_atlas.app import metering
from attention_atlas.app.shared import Shared
from attention_atlas.app.state import State
from attention_atlas.errors import AttentionAtlasError, TraceCancelled
from attention_atlas.models.model import Model
from attention_atlas.views.picture import Picture

_log = logging.getLogger(__name__)
R = TypeVar("R")
UNFORESEEN = (
    "This step could not be drawn; the others are not affected. Choose Generate All to try again."
)


class Painter:
    """Draws the pictures of one session.

    A picture is made again when what it depends on has changed, outside of Shiny's reactive
    flush (whose lock all sessions share), and only the newest one is sent.
    """

    def __init__(self, session: Session, state: State, shared: Shared) -> None:
        """Draws for `session`, from `state`, when it is the session's turn."""
        self._session = session
        self._state = state
        self._shared = shared
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._last: dict[str, tuple[Any, ...]] = {}
        state.on_forget(self._forget)
        session.on_ended(self._forget)

    def draw(
        self,
        id: str,
        depends: Callable[[], tuple[Any, ...]],
        make: Callable[..., Picture],
        *,
        first: Callable[..., Awaitable[object]] | None = None,
    ) -> None:
        """Keeps the picture `id` equal to `make(*depends())`.

        `depends` reads reactive values; `make` runs in a thread. What either cannot do, the
        person reads in the picture's place. Nothing is made before it has come into view.

        `first(*depends())` is waited for before: a picture of another pass has it run there, with
        `run_pass`, so that no two passes through a model run at once.
        """

        @reactive.effect
        def _() -> None:
            if not self._state.in_view(id):
                return
            # Generated again, everything is drawn again: also what could not be drawn before.
            exploration = self._state.exploration()
            try:
                arguments = depends()
            except SilentException:
                self._last.pop(id, None)
                raise
            except AttentionAtlasError as error:
                self._last.pop(id, None)
                self._start(id, self._send(id, {"error": str(error)}))
                return
            made_of = (exploration, *arguments)
            if id in self._last and _same(made_of, self._last[id]):
                return
            self._last[id] = made_of
            self._start(id, self._paint(id, make, arguments, first))

    async def run_pass(self, model: Model, work: Callable[..., R], *args: Any) -> R:
        """Runs `work(*args)`, which takes `model` through a pass, when it is this session's turn.

        Raises:
            Exception: whatever `work` raises.
        """
        return await self._shared.passes.run(model, self._session, "pass", work, *args)

    def count(self, nbytes: Callable[[], int]) -> None:
        """Counts what `nbytes` gives to the memory that the session's sentence holds."""
        self._shared.results.count(self._session, nbytes)

    def _start(self, id: str, work: Coroutine[Any, Any, None]) -> None:
        if (running := self._tasks.get(id)) is not None:
            running.cancel()
        self._shared.results.touch(self._session)
        self._tasks[id] = asyncio.create_task(work)

    async def _paint(
        self,
        id: str,
        make: Callable[..., Picture],
        arguments: tuple[Any, ...],
        first: Callable[..., Awaitable[object]] | None,
    ) -> None:
        try:
            if first is not None:
                await first(*arguments)
            message = await self._shared.drawing.run(self._session, _make_message, make, arguments)
        except TraceCancelled:  # overtaken: a newer one is on its way
            return
        except AttentionAtlasError as error:
            message = {"error": str(error)}
        except Exception:
            _log.exception("the picture %s could not be made", id)
            message = {"error": UNFORESEEN}
        finally:
            del arguments  # they hold a trace, and sending may take its time
            self._shared.results.grew()
        await self._send(id, message)

    async def _send(self, id: str, message: dict[str, Any]) -> None:
        await self._session.send_custom_message("aa-picture", {"id": id, **message})

    def _forget(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self._last.clear()


def _make_message(make: Callable[..., Picture], arguments: tuple[Any, ...]) -> dict[str, Any]:
    with metering.stage("picture"):
        return {"picture": make(*arguments).to_message()}


def _same(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    return len(a) == len(b) and all(x is y or x == y for x, y in zip(a, b, strict=True))
