"""Predictions: what the masked-language-model head expects at the focused token."""

from __future__ import annotations

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter
from attention_atlas.app.sections.masking import Masking, Reading
from attention_atlas.app.state import State
from attention_atlas.views.lens import lens
from attention_atlas.views.picture import Picture
from attention_atlas.views.predictions import predictions
from attention_atlas.views.steps.predictions import predictions_step
from attention_atlas.views.two_candidates import two_candidates


@module.ui
def predictions_ui(below: Tag) -> Tag:
    """The last step: the likeliest words; `below` is each word masked in turn."""
    return predictions_step(module.resolve_id, below)


@module.server
def predictions_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the bars, or the final hidden state when the head is off; the comparison; the lens."""
    masking = Masking(state, painter)

    def depends() -> tuple[Reading]:
        return (masking.reading(),)

    def make_predictions(now: Reading) -> Picture:
        return predictions(
            now.trace,
            now.token,
            read=masking.read(now),
            use_head=now.use_head,
            top_k=now.top_k,
            follows=now.follows,
            of=now.of,
        )

    def make_two_candidates(now: Reading) -> Picture:
        read = masking.read(now)
        return two_candidates(
            now.trace, now.token, read=read, use_head=now.use_head, top_k=now.top_k
        )

    def make_lens(now: Reading) -> Picture:
        read = masking.read(now)
        return lens(now.trace, now.token, read=read, use_head=now.use_head, top_k=now.top_k)

    painter.draw(session.ns("picture"), depends, make_predictions, first=masking.ready)
    painter.draw(session.ns("two_candidates"), depends, make_two_candidates, first=masking.ready)
    painter.draw(session.ns("lens"), depends, make_lens, first=masking.ready)
