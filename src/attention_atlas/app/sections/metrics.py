"""The six metrics of the chosen head."""

from __future__ import annotations

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.analysis.heads import HeadSummary
from attention_atlas.app.drawing import Painter
from attention_atlas.app.state import State
from attention_atlas.views.metric_cards import metric_cards
from attention_atlas.views.picture import Picture
from attention_atlas.views.steps.metrics import metrics_step
from attention_atlas.views.weights import Shown


@module.ui
def metrics_ui() -> Tag:
    """The six cards, and the formulas that their popovers show."""
    return metrics_step(module.resolve_id)


@module.server
def metrics_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the cards."""

    def depends() -> tuple[HeadSummary, int, float, Shown]:
        # The cards of every head travel at once: another head is no reason to send them anew.
        return state.summary(), state.size(), state.tau(), state.shown()

    def make(summary: HeadSummary, size: int, tau: float, shown: Shown) -> Picture:
        of = {"keep_special": shown.keep_special, "words": shown.words}
        return metric_cards(summary, 0, 0, size, tau=tau, **of)

    painter.draw(session.ns("picture"), depends, make)
