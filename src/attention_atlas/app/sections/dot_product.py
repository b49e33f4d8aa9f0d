"""Scaled dot-product attention, walked through for the focused token."""

from __future__ import annotations

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter
from attention_atlas.app.state import State
from attention_atlas.views.dot_product import dot_product
from attention_atlas.views.steps.dot_product import dot_product_step


@module.ui
def dot_product_ui() -> Tag:
    """The step with one row for each key."""
    return dot_product_step(module.resolve_id)


@module.server
def dot_product_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the walk through one row of the attention."""
    painter.draw(
        session.ns("picture"),
        lambda: (state.trace(), state.layer(), state.head(), state.token()),
        dot_product,
    )
