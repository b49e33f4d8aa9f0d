"""The summaries of all heads of one trace: over other units of text, and with another τ."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.analysis.metrics import THRESHOLD
from attention_atlas.views.weights import WEIGHTS, Shown, numbers, summary_of, units

if TYPE_CHECKING:
    from attention_atlas.analysis.heads import HeadSummary
    from attention_atlas.analysis.sparsity_curve import SparsityCurve
    from attention_atlas.tracing.trace import Trace


class Summaries:
    """What is slow to make again is kept: the last summary of each kind. Safe from any thread."""

    def __init__(self, trace: Trace, of_the_pass: HeadSummary | None = None) -> None:
        """Of `trace`; `of_the_pass` is the summary made while it ran, if one was."""
        self._trace = trace
        self._first = of_the_pass
        self._other: tuple[Shown, HeadSummary] | None = None
        self._curve: tuple[Shown, SparsityCurve] | None = None
        self._lock = threading.Lock()

    def of(self, shown: Shown = WEIGHTS, tau: float = THRESHOLD) -> HeadSummary:
        """The summary between the units of `shown`, its sparsity at `tau`.

        Always of the weights, whatever measure is shown.

        Raises:
            InvalidChoice: no unit is left of the text.
        """
        from attention_atlas.analysis.sparsity_curve import with_threshold

        shown = replace(shown, measure="weights")
        with self._lock:
            summary = self._at_first(shown)
            return (
                summary if tau == THRESHOLD else with_threshold(summary, self._at(shown, tau), tau)
            )

    def _at_first(self, shown: Shown) -> HeadSummary:
        if shown == WEIGHTS:
            self._first = self._first or summary_of(self._trace, shown)
            return self._first
        if self._other is None or self._other[0] != shown:
            self._other = shown, summary_of(self._trace, shown)
        return self._other[1]

    def _at(self, shown: Shown, tau: float) -> SparsityCurve:
        """A curve that has `tau` among its thresholds: those that the page offers, if it does."""
        from attention_atlas.analysis.sparsity_curve import sparsity_curve, thresholds

        kept = self._curve
        if kept is None or kept[0] != shown or tau not in kept[1].thresholds:
            layers = range(self._trace.model.layers)
            attentions = (numbers(self._trace, layer, None, shown) for layer in layers)
            offered = thresholds(len(units(self._trace, shown)))
            kept = self._curve = shown, sparsity_curve(attentions, np.union1d(offered, [tau]))
        return kept[1]
