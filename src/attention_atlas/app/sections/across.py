"""Across the layers: what reaches the focused token, and what it reaches."""

from __future__ import annotations

import threading

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter
from attention_atlas.app.state import State
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.across import across
from attention_atlas.views.across.layers import Direction
from attention_atlas.views.across_flow import across_flow
from attention_atlas.views.picture import Picture
from attention_atlas.views.steps.across import across_step
from attention_atlas.views.weights import Shown


@module.ui
def across_ui() -> Tag:
    """The place of the layers × tokens grid, and of the comparison in the last layer."""
    return across_step(module.resolve_id)


@module.server
def across_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws rollout at once, and the flow, which takes longer, when it is found."""
    overtaken = threading.Event()

    def depends() -> tuple[Trace, int, Shown, Direction]:
        shown = state.shown()
        of_weights = Shown(keep_special=shown.keep_special, words=shown.words)
        return state.trace(), state.token(), of_weights, state.look().direction

    def flow(trace: Trace, token: int, shown: Shown, direction: Direction) -> Picture:
        nonlocal overtaken
        overtaken.set()
        overtaken = own = threading.Event()
        return across_flow(trace, token, shown, direction, cancel=own)

    painter.draw(session.ns("picture"), depends, across)
    painter.draw(session.ns("flow"), depends, flow)
    session.on_ended(lambda: overtaken.set())
