"""The Attention tab: one head as a map, as a flow, and as the focused token's row."""

from __future__ import annotations

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter
from attention_atlas.app.state import State
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.attention_explorer import attention_explorer
from attention_atlas.views.attention_explorer.sending import heads_sent
from attention_atlas.views.steps.step import picture
from attention_atlas.views.weights import Shown


@module.ui
def explorer_ui() -> Tag:
    """The place of map, flow and row."""
    return picture(module.resolve_id("picture"), "attention_explorer")


@module.server
def explorer_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the layer's heads, or of a long text those that the look asks for."""

    def depends() -> tuple[Trace, int, tuple[int, ...] | None, Shown]:
        trace, shown = state.trace(), state.shown()
        heads = heads_sent(trace, shown, state.look(), state.head())
        return trace, state.layer(), heads, shown

    painter.draw(session.ns("picture"), depends, attention_explorer)
