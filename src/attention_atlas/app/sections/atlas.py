"""All heads at a glance."""

from __future__ import annotations

from collections.abc import Callable

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.analysis.heads import HeadSummary
from attention_atlas.app.drawing import Painter
from attention_atlas.app.state import State
from attention_atlas.views.head_atlas import head_atlas
from attention_atlas.views.metric_cards.over import threshold_text
from attention_atlas.views.picture import Picture
from attention_atlas.views.steps.step import picture


@module.ui
def atlas_ui() -> Tag:
    """The place of the thumbnails."""
    return picture(module.resolve_id("picture"), "head_atlas")


@module.server
def atlas_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the thumbnails made during the pass."""
    draw_all_heads(head_atlas, session, state, painter)


def draw_all_heads(
    view: Callable[..., Picture], session: Session, state: State, painter: Painter
) -> None:
    """Draws a view of all heads from their summary: the atlas, or the table."""

    def depends() -> tuple[HeadSummary, bool, str]:
        tau = threshold_text(state.tau(), state.size())
        return state.summary(), state.shown().words, tau

    def make(summary: HeadSummary, words: bool, tau: str) -> Picture:
        return view(summary, unit="word" if words else "token", tau=tau)

    painter.draw(session.ns("picture"), depends, make)
