"""Add & Norm: what a sublayer found is added to what came in, and normalised."""

from __future__ import annotations

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter
from attention_atlas.app.state import State
from attention_atlas.tracing.layer_weights import Part
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.add_norm import add_norm
from attention_atlas.views.picture import Picture
from attention_atlas.views.steps.add_norm import add_norm_step


@module.ui
def add_norm_ui(part: Part) -> Tag:
    """The step after the attention, or after the feed-forward network."""
    return add_norm_step(module.resolve_id, part)


@module.server
def add_norm_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter, part: Part
) -> None:
    """Draws the sum and its LayerNorm."""

    def make(trace: Trace, layer: int, token: int) -> Picture:
        return add_norm(trace, layer, token, part=part)

    painter.draw(session.ns("picture"), lambda: (state.trace(), state.layer(), state.token()), make)
