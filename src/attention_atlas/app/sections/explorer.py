"""The Attention tab: one head as a map, as a flow, and as the focused token's row."""

from __future__ import annotations

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter
from attention_atlas.app.state import State
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.attention_explorer import attention_explorer
from attention_atlas.views.look import Look
from attention_atlas.views.steps.step import picture
from attention_atlas.views.weights import Shown

WHOLE_LAYER_UP_TO = 128
"""Texts of at most this many units send all heads of a layer, so that a head change is instant."""
OVERLAID_AT_FIRST = 4
"""Heads of the flow before any is chosen."""


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
        if state.size() <= WHOLE_LAYER_UP_TO:
            return trace, state.layer(), None, shown
        layer, heads = state.layer(), trace.model.heads
        wanted = (
            {state.head()}
            if shown.measure == "scores"
            else drawn(state.look(), state.head(), heads)
        )
        return trace, layer, None if len(wanted) == heads else tuple(sorted(wanted)), shown

    painter.draw(session.ns("picture"), depends, attention_explorer)


def drawn(look: Look, head: int, heads: int) -> set[int]:
    """The heads of a layer that map and flow draw, as flow/controls.js chooses them.

    Args:
        look: what was chosen.
        head: the chosen head.
        heads: how many the layer has.
    """
    if look.flow == "mean":
        return set(range(heads))
    if look.flow == "one":
        return {head}
    chosen = {one for one in look.heads if one < heads}
    return {head} | (chosen or {(head + k) % heads for k in range(OVERLAID_AT_FIRST)})
