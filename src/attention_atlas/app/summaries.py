"""The summaries of all heads that the pass did not make: over other units, or with another τ."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from shiny import Session, reactive

from attention_atlas.analysis.metrics import THRESHOLD
from attention_atlas.app.pool import in_pool
from attention_atlas.app.state import State, SummaryKey

if TYPE_CHECKING:
    from attention_atlas.analysis.heads import HeadSummary
    from attention_atlas.analysis.sparsity_curve import SparsityCurve

_log = logging.getLogger(__name__)


class _Kept:
    """What is slow to make again: the last summary over other units, and the last curve."""

    def __init__(self) -> None:
        self._summary: tuple[SummaryKey, HeadSummary] | None = None
        self._curve: tuple[SummaryKey, SparsityCurve] | None = None

    def make(self, key: SummaryKey) -> HeadSummary:
        """The summary for `key`; layers are gone through only for what is not kept."""
        from attention_atlas.analysis.sparsity_curve import with_threshold

        base = replace(key, tau=THRESHOLD)
        summary = key.exploration.summary if base.of_the_pass else self._over_units(base)
        return summary if key == base else with_threshold(summary, self._sparsity(base), key.tau)

    def _over_units(self, base: SummaryKey) -> HeadSummary:
        from attention_atlas.views.weights import summary_of

        if self._summary is None or self._summary[0] != base:
            self._summary = base, summary_of(base.exploration.trace, base.shown)
        return self._summary[1]

    def _sparsity(self, base: SummaryKey) -> SparsityCurve:
        from attention_atlas.analysis.sparsity_curve import sparsity_curve, thresholds
        from attention_atlas.views.weights import numbers, units

        if self._curve is None or self._curve[0] != base:
            trace = base.exploration.trace
            layers = range(trace.model.layers)
            attentions = (numbers(trace, layer, None, base.shown) for layer in layers)
            size = len(units(trace, base.shown))
            self._curve = base, sparsity_curve(attentions, thresholds(size))
        return self._curve[1]


def keep_other_summary(session: Session, state: State) -> None:
    """Makes `state.other_summary` whenever what is shown asks for one.

    One at a time: what is asked for meanwhile is made next, and only the newest of it.
    """
    kept = _Kept()
    wanted: SummaryKey | None = None
    task: asyncio.Task[None] | None = None

    async def make() -> None:
        nonlocal wanted, task
        await session.send_custom_message("aa-summary", {"busy": True})
        while (key := wanted) is not None:
            summary: HeadSummary | None = None
            try:
                summary = await in_pool(kept.make, key)
            except Exception:
                _log.exception("the heads could not be summarised for what is shown")
            if key is not wanted:
                continue
            wanted = None
            async with reactive.lock():
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
        made = key.of_the_pass or (other is not None and other[0] == key)
        wanted = None if made or state.size() == 0 else key
        if wanted is not None and task is None:
            task = asyncio.create_task(make())

    @session.on_ended
    def _() -> None:
        if task is not None:
            task.cancel()
