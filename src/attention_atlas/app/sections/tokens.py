"""Tokens: the sentence cut into word pieces."""

from __future__ import annotations

from htmltools import Tag, TagList, tags
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter, picture
from attention_atlas.app.sections.step import step
from attention_atlas.app.slots import fact
from attention_atlas.app.state import State
from attention_atlas.views.token_table import token_table


@module.ui
def tokens_ui() -> Tag:
    """The step with its table of pieces."""
    return step(
        "Tokens",
        "The sentence is cut into pieces from a fixed list; [CLS] opens it and [SEP] closes it.",
        anchor="tokens",
        place="first",
        shape=TagList(tags.b(fact("tokens", "token")), ", vocabulary ", fact("vocabulary")),
        show=picture(module.resolve_id("picture"), "token_table"),
    )


@module.server
def tokens_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the table."""
    painter.draw(session.ns("picture"), lambda: (state.trace(),), token_table)
