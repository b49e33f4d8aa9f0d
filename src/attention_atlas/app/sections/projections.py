"""Query, key, value: what a head looks for, offers, and hands over."""

from __future__ import annotations

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter
from attention_atlas.app.state import State
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.picture import Picture
from attention_atlas.views.projections import projections
from attention_atlas.views.steps.projections import projections_step


@module.ui
def projections_ui() -> Tag:
    """The step with the three matrices of the chosen head, or of all heads for one token."""
    return projections_step(module.resolve_id)


@module.server
def projections_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws Q, K and V."""

    def depends() -> tuple[Trace, int, int | None, int | None]:
        of_token = state.look().projected == "token"
        head, token = (None, state.token()) if of_token else (state.head(), None)
        return state.trace(), state.layer(), head, token

    def make(trace: Trace, layer: int, head: int | None, token: int | None) -> Picture:
        return projections(trace, layer, head=head, token=token)

    painter.draw(session.ns("picture"), depends, make)
