"""The heads joined: all contexts side by side, mixed by one matrix."""

from __future__ import annotations

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter
from attention_atlas.app.state import State
from attention_atlas.views.heads_joined import heads_joined
from attention_atlas.views.steps.heads_joined import heads_joined_step


@module.ui
def heads_joined_ui() -> Tag:
    """The step with the joined heads and what the projection makes of them."""
    return heads_joined_step(module.resolve_id)


@module.server
def heads_joined_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the joined heads."""
    painter.draw(
        session.ns("picture"), lambda: (state.trace(), state.layer(), state.token()), heads_joined
    )
