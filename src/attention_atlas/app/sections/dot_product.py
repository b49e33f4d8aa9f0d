"""Scaled dot-product attention, walked through for the focused token."""

from __future__ import annotations

from htmltools import Tag, TagList, tags
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter, picture
from attention_atlas.app.sections.step import step
from attention_atlas.app.slots import fact, focused_token
from attention_atlas.app.state import State
from attention_atlas.views import formulas
from attention_atlas.views.dot_product import dot_product


@module.ui
def dot_product_ui() -> Tag:
    """The step with one row for each key."""
    return step(
        "Scaled dot-product attention",
        "The query of ",
        focused_token(),
        " meets every key. Softmax turns the scores into shares, and the values are mixed in "
        "those shares.",
        anchor="dot",
        formula=formulas.mathml("attention"),
        shape=TagList(
            tags.b(fact("heads", "head"), " × ", fact("tokens"), " × ", fact("tokens")),
            " shares",
            tags.br(),
            tags.b(fact("heads", "head"), " × ", fact("tokens", "token"), " × ", fact("head-size")),
            " out",
        ),
        show=picture(module.resolve_id("picture"), "dot_product"),
    )


@module.server
def dot_product_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the walk through one row of the attention."""
    painter.draw(
        session.ns("picture"),
        lambda: (state.trace(), state.layer(), state.head(), state.token()),
        dot_product,
    )
