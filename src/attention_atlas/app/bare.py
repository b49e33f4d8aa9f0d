"""The summary of all heads without the special tokens, made when somebody asks for it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from shiny import Session, reactive

from attention_atlas.app.pool import in_pool
from attention_atlas.app.state import Exploration, State

if TYPE_CHECKING:
    from attention_atlas.analysis.heads import HeadSummary
    from attention_atlas.tracing.trace import Trace

_log = logging.getLogger(__name__)


def summarise_without_special(trace: Trace) -> HeadSummary:
    """All heads' metrics and thumbnails with [CLS], [SEP] and padding left out, layer by layer."""
    from attention_atlas.analysis.heads import combine, summarise_layer
    from attention_atlas.analysis.special_tokens import without
    from attention_atlas.views.weights import words

    keep = words(trace)
    return combine([summarise_layer(without(layer.attention, keep)) for layer in trace.layers])


def keep_bare_summary(session: Session, state: State) -> None:
    """Makes `state.bare_summary` when the special tokens are switched out."""
    task: asyncio.Task[None] | None = None

    @reactive.effect
    def _() -> None:
        nonlocal task
        exploration = state.explored()
        bare = state.bare_summary()
        if state.keeps_special() or (bare is not None and bare[0] is exploration):
            return
        if state.size() == 0:
            return
        if task is not None:
            task.cancel()
        task = asyncio.create_task(_make(exploration, state))

    @session.on_ended
    def _() -> None:
        if task is not None:
            task.cancel()


async def _make(exploration: Exploration, state: State) -> None:
    try:
        summary = await in_pool(summarise_without_special, exploration.trace)
    except Exception:
        _log.exception("the heads could not be summarised without special tokens")
        return
    async with reactive.lock():
        state.bare_summary.set((exploration, summary))
        await reactive.flush()
