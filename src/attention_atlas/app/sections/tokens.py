"""Tokens: the sentence cut into word pieces."""

from __future__ import annotations

from htmltools import Tag, TagList, tags
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter, picture
from attention_atlas.app.sections.step import more, step
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
        fold=more(
            "Each word is looked for whole; one the list does not have is cut into the longest "
            "pieces it does have, from the left, and ## marks a piece that continues a word. Each "
            "piece is then only a number, its id: the model never sees letters. What no piece "
            "fits becomes [UNK]. The characters are a slice of the sentence, counted from 0.",
            python=[
                "trace.tokens[{token}]",
                "model.tokenizer.tokenize(trace.text)",
                "[token.id for token in trace.tokens]",
            ],
            source="Wu et al., 2016, section 4.1 (WordPiece); Devlin et al., 2019, section 3.",
        ),
    )


@module.server
def tokens_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the table."""
    painter.draw(session.ns("picture"), lambda: (state.trace(),), token_table)
