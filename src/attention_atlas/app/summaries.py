"""The summaries of all heads that the pass did not make: over other units, or with another τ."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from shiny import Session, reactive

from attention_atlas.app import metering
from attention_atlas.app.shared import Shared
from attention_atlas.app.state import Exploration, State, SummaryKey
from attention_atlas.views.summaries import Summaries

if TYPE_CHECKING:
    from attention_atlas.analysis.heads import HeadSummary

_log = logging.getLogger(__name__)


def keep_other_summary(session: Session, state: State, shared: Shared) -> None:
    """Makes `state.other_summary` whenever what is shown asks for one.

    One at a time: what is asked for meanwhile is made next, and only the newest of it.
    """
    kept: tuple[Exploration, Summaries] | None = None
    wanted: SummaryKey | None = None
    task: asyncio.Task[None] | None = None

    def made(key: SummaryKey) -> HeadSummary | None:
        nonlocal kept
        if key is not wanted:  # overtaken, or let go of
            return None
        if kept is None or kept[0] is not key.exploration:
            kept = key.exploration, Summaries(key.exploration.trace, key.exploration.summary)
        with metering.stage("summary"):
            return kept[1].of(key.shown, key.tau)

    async def make() -> None:
        nonlocal wanted, task
        await session.send_custom_message("aa-summary", {"busy": True})
        while (key := wanted) is not None:
            summary: HeadSummary | None = None
            try:
                summary = await shared.drawing.run(session, made, key)
            except Exception:
                _log.exception("the heads could not be summarised for what is shown")
            if key is not wanted:
                continue
            async with reactive.lock():
                if key is not wanted:
                    continue
                wanted = None
                state.other_summary.set((key, summary))
                await reactive.flush()
        task = None
        await session.send_custom_message("aa-summary", {"busy": False})

    @reactive.effect
    def _() -> None:
        nonlocal wanted, task
        key = state.summary_key()
        with reactive.isolate():
            other = state.other_summary()
        there = key.of_the_pass or (other is not None and other[0] == key)
        wanted = None if there or state.size() == 0 else key
        if wanted is not None and task is None:
            task = asyncio.create_task(make())

    def forget() -> None:
        nonlocal kept, wanted
        kept = wanted = None

    @session.on_ended
    def _() -> None:
        if task is not None:
            task.cancel()

    state.on_forget(forget)
