"""Embeddings: word + position + segment, added and normalised, and what these vectors are like."""

from __future__ import annotations

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter
from attention_atlas.app.state import State
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.embeddings import all_embeddings, embeddings
from attention_atlas.views.nearest_words import nearest_words
from attention_atlas.views.positions import position_tables, positions
from attention_atlas.views.steps.embeddings import embeddings_step
from attention_atlas.views.token_map import token_map


@module.ui
def embeddings_ui() -> Tag:
    """The step with the sum of the three vectors, and what can be seen in them."""
    return embeddings_step(module.resolve_id)


@module.server
def embeddings_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the sums, the nearest words, the map and the positions."""

    def of_token() -> tuple[Trace, int]:
        return state.trace(), state.token()

    def of_text() -> tuple[Trace]:
        return (state.trace(),)

    painter.draw(session.ns("sum"), of_token, embeddings)
    painter.draw(session.ns("all"), of_text, all_embeddings)
    painter.draw(session.ns("nearest"), of_token, nearest_words)
    painter.draw(session.ns("map"), of_text, token_map)
    painter.draw(session.ns("positions"), of_text, positions)
    painter.draw(session.ns("tables"), of_text, position_tables)
