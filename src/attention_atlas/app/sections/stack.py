"""The stack: all layers for the focused token, one line each."""

from __future__ import annotations

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter
from attention_atlas.app.state import State
from attention_atlas.views.layer_stack import layer_stack
from attention_atlas.views.steps.stack import stack_step


@module.ui
def stack_ui() -> Tag:
    """The step with all layers."""
    return stack_step(module.resolve_id)


@module.server
def stack_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the lines; which layer is chosen follows in the browser."""
    painter.draw(session.ns("picture"), lambda: (state.trace(), state.token()), layer_stack)
