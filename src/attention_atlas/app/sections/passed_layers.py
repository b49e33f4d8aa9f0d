"""The layers before and after the chosen one, as rows of small heads."""

from __future__ import annotations

from typing import Literal

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter
from attention_atlas.app.state import Exploration, State
from attention_atlas.views.head_ladder import head_ladder
from attention_atlas.views.picture import Picture
from attention_atlas.views.steps.step import passed_layers, picture

Part = Literal["before", "after"]


@module.ui
def passed_layers_ui(part: Part) -> Tag:
    """The rows before or after the chosen layer."""
    show = picture(module.resolve_id("picture"), "head_ladder", figure="ladder")
    return passed_layers(part, show)


@module.server
def passed_layers_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter, part: Part
) -> None:
    """Draws the rows."""

    def make(exploration: Exploration) -> Picture:
        return head_ladder(exploration.summary, part=part)

    painter.draw(session.ns("picture"), lambda: (state.explored(),), make)
