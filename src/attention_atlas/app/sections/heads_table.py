"""All heads in numbers: the metrics as heat maps, and a table that sorts and downloads."""

from __future__ import annotations

from htmltools import Tag, tags
from shiny import Inputs, Outputs, Session, module

from attention_atlas.analysis.heads import HeadSummary
from attention_atlas.app.drawing import Painter, picture
from attention_atlas.app.state import State
from attention_atlas.views.heads_table import heads_table
from attention_atlas.views.metric_cards.over import threshold_text
from attention_atlas.views.picture import Picture


@module.ui
def heads_table_ui() -> Tag:
    """The place of heat maps and table, in a fold."""
    # What is folded is neither made nor sent before it is opened.
    return tags.details(
        tags.summary("All heads in numbers"),
        picture(module.resolve_id("picture"), "heads_table"),
        class_="more",
    )


@module.server
def heads_table_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the numbers made during the pass."""

    def depends() -> tuple[HeadSummary, bool, str]:
        tau = threshold_text(state.tau(), state.size())
        return state.summary(), state.shown().words, tau

    def make(summary: HeadSummary, words: bool, tau: str) -> Picture:
        return heads_table(summary, unit="word" if words else "token", tau=tau)

    painter.draw(session.ns("picture"), depends, make)
