"""Tokens: the sentence cut into word pieces."""

from __future__ import annotations

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter
from attention_atlas.app.state import State
from attention_atlas.views.steps.tokens import tokens_step
from attention_atlas.views.token_table import token_table


@module.ui
def tokens_ui() -> Tag:
    """The step with its table of pieces."""
    return tokens_step(module.resolve_id)


@module.server
def tokens_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the table."""
    painter.draw(session.ns("picture"), lambda: (state.trace(),), token_table)
