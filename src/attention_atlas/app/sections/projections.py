"""Query, key, value: what a head looks for, offers, and hands over."""

from __future__ import annotations

from htmltools import Tag, tags
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter, picture
from attention_atlas.app.sections.step import step
from attention_atlas.app.slots import chosen_head, fact
from attention_atlas.app.state import State
from attention_atlas.views import formulas
from attention_atlas.views.projections import projections


@module.ui
def projections_ui() -> Tag:
    """The step with the three matrices of the chosen head."""
    return step(
        "Query, key, value",
        "Head ",
        chosen_head(),
        " projects every token three times: what it looks for, what it offers, what it hands over.",
        anchor="qkv",
        formula=formulas.mathml("projections"),
        shape=tags.b(
            fact("heads", "head"), " × ", fact("tokens", "token"), " × ", fact("head-size")
        ),
        show=picture(module.resolve_id("picture"), "projections"),
    )


@module.server
def projections_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws Q, K and V."""
    painter.draw(
        session.ns("picture"), lambda: (state.trace(), state.layer(), state.head()), projections
    )
