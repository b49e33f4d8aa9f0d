"""What the figures of all heads share: their summary, as the switches and τ have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attention_atlas.views.figures.view_figure import Chosen
from attention_atlas.views.metric_cards.over import threshold_text
from attention_atlas.views.summaries import Summaries
from attention_atlas.views.weights import units

if TYPE_CHECKING:
    from attention_atlas.analysis.heads import HeadSummary
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.head_atlas.quantities import Unit


def summary_at(trace: Trace, chosen: Chosen) -> HeadSummary:
    """The summary of all heads between the units that are shown, its sparsity at `chosen.tau`.

    Raises:
        InvalidChoice: no unit is left of the text.
    """
    return Summaries(trace).of(chosen.shown, chosen.tau)


def size_of(trace: Trace, chosen: Chosen) -> int:
    """m, the number of units that are shown."""
    return len(units(trace, chosen.shown))


def unit_of(chosen: Chosen) -> Unit:
    """What attends, and is attended to."""
    return "word" if chosen.shown.words else "token"


def tau_text(trace: Trace, chosen: Chosen) -> str:
    """τ as it is written."""
    return threshold_text(chosen.tau, size_of(trace, chosen))


def layer_names(count: int) -> list[str]:
    """ "layer 1", "layer 2", …"""
    return [f"layer {k + 1}" for k in range(count)]


def head_names(count: int) -> list[str]:
    """ "head 1", "head 2", …"""
    return [f"head {k + 1}" for k in range(count)]
