"""The Attention tab: one head as a map, as a flow, and as the focused token's row."""

from __future__ import annotations

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter, picture
from attention_atlas.app.state import State
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.attention_explorer import attention_explorer
from attention_atlas.views.picture import Picture

WHOLE_LAYER_UP_TO = 128
"""Texts of at most this many tokens send all heads of a layer, so that a head change is instant."""


@module.ui
def explorer_ui() -> Tag:
    """The place of map, flow and row."""
    return picture(module.resolve_id("picture"), "attention_explorer")


@module.server
def explorer_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the layer's heads, or the chosen one of a long text."""

    def depends() -> tuple[Trace, int, int | None, bool]:
        trace = state.trace()
        head = None if len(trace.tokens) <= WHOLE_LAYER_UP_TO else state.head()
        return trace, state.layer(), head, state.keeps_special()

    def make(trace: Trace, layer: int, head: int | None, keep_special: bool) -> Picture:
        return attention_explorer(trace, layer, head, keep_special=keep_special)

    painter.draw(session.ns("picture"), depends, make)
