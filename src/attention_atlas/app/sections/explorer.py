"""The Attention tab: one head as a map, as a flow, and as the focused token's row."""

from __future__ import annotations

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter
from attention_atlas.app.state import State
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.attention_explorer import attention_explorer
from attention_atlas.views.steps.step import picture
from attention_atlas.views.weights import Shown

WHOLE_LAYER_UP_TO = 128
"""Texts of at most this many units send all heads of a layer, so that a head change is instant."""


@module.ui
def explorer_ui() -> Tag:
    """The place of map, flow and row."""
    return picture(module.resolve_id("picture"), "attention_explorer")


@module.server
def explorer_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the layer's heads, or those of a long text that are asked for."""

    def depends() -> tuple[Trace, int, tuple[int, ...] | None, Shown]:
        trace, shown = state.trace(), state.shown()
        if state.size() <= WHOLE_LAYER_UP_TO:
            return trace, state.layer(), None, shown
        wanted = state.option("heads_wanted", [])
        heads = range(trace.model.heads)
        if wanted == "all":
            return trace, state.layer(), None, shown
        chosen = {state.head(), *(head for head in wanted if head in heads)}
        return trace, state.layer(), tuple(sorted(chosen)), shown

    painter.draw(session.ns("picture"), depends, attention_explorer)
