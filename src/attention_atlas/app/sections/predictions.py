"""Predictions: what the masked-language-model head expects at the focused token."""

from __future__ import annotations

from htmltools import Tag, TagList, tags
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter, picture
from attention_atlas.app.sections.step import step, switch, toggle
from attention_atlas.app.slots import fact, focused_token
from attention_atlas.app.state import State
from attention_atlas.tracing.trace import Trace
from attention_atlas.views import formulas
from attention_atlas.views.picture import Picture
from attention_atlas.views.predictions import predictions

TOP_K = 5


@module.ui
def predictions_ui(below: Tag) -> Tag:
    """The last step: the likeliest words; `below` is each word masked in turn."""
    return step(
        "Predictions",
        "Hide ",
        focused_token(),
        " behind [MASK], run the model again, and read which words it expects there.",
        anchor="predictions",
        place="last",
        formula=formulas.mathml("predictions"),
        shape=TagList(
            tags.b(fact("tokens", "token"), " × ", fact("vocabulary")), f", top {TOP_K} shown"
        ),
        head=TagList(
            switch("use_head", "Use MLM head for predictions", on=True),
            toggle(
                "hide_word", "Predict the word", ("yes", "Hidden by [MASK]"), ("no", "As it stands")
            ),
        ),
        show=TagList(picture(module.resolve_id("picture"), "predictions"), below),
    )


@module.server
def predictions_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the bars, or the final hidden state when the head is off."""

    def depends() -> tuple[Trace, int, bool, bool]:
        use_head = bool(state.option("use_head", True))
        hidden = state.option("hide_word", "yes") == "yes"
        return state.trace(), state.token(), use_head, hidden

    def make(trace: Trace, token: int, use_head: bool, masked: bool) -> Picture:
        return predictions(trace, token, use_head=use_head, masked=masked, top_k=TOP_K)

    painter.draw(session.ns("picture"), depends, make)
