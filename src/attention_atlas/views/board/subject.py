"""What a board is about: one trace, and what is made of it on the way to its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attention_atlas.tracing.masking import HiddenTraces
from attention_atlas.views.choice import first_word
from attention_atlas.views.figures.view_figure import Chosen
from attention_atlas.views.predictions.predictions import to_hide
from attention_atlas.views.summaries import Summaries

if TYPE_CHECKING:
    from attention_atlas.analysis.heads import HeadSummary
    from attention_atlas.tracing.trace import Trace


class Subject:
    """A trace, the summaries of its heads, and its last readings with words hidden."""

    def __init__(self, trace: Trace) -> None:
        """Of `trace`; nothing is computed yet."""
        self.trace = trace
        self._summaries = Summaries(trace)
        self._hidden = HiddenTraces()

    def followed(self, chosen: Chosen) -> int:
        """The token that the walk follows: the focused one, else the first word."""
        return first_word(self.trace) if chosen.token is None else chosen.token

    def summary(self, chosen: Chosen) -> HeadSummary:
        """The summary of all heads, as the switches and τ have it.

        Raises:
            InvalidChoice: no unit of text is left.
        """
        return self._summaries.of(chosen.shown, chosen.tau)

    def read(self, chosen: Chosen) -> Trace:
        """The pass in which the words are hidden that `chosen` hides; at first the followed one.

        Raises:
            NeedsModel: a word is to be hidden, and the trace came without its model.
        """
        hidden = to_hide(self.trace, chosen.look, self.followed(chosen))
        self._hidden.want(self.trace, hidden)
        return self._hidden.read(self.trace, hidden)
