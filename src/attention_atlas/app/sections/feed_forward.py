"""Feed-forward: each token alone is widened, bent and narrowed again."""

from __future__ import annotations

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter
from attention_atlas.app.state import State
from attention_atlas.views.feed_forward import feed_forward
from attention_atlas.views.steps.feed_forward import feed_forward_step


@module.ui
def feed_forward_ui() -> Tag:
    """The step with the hourglass."""
    return feed_forward_step(module.resolve_id)


@module.server
def feed_forward_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the hourglass, the activation, and the strongest units."""
    painter.draw(
        session.ns("picture"), lambda: (state.trace(), state.layer(), state.token()), feed_forward
    )
