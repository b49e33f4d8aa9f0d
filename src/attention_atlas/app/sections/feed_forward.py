"""Feed-forward: each token alone is widened, bent and narrowed again."""

from __future__ import annotations

from htmltools import Tag, tags
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter, picture
from attention_atlas.app.sections.step import step
from attention_atlas.app.slots import fact
from attention_atlas.app.state import State
from attention_atlas.views import formulas
from attention_atlas.views.feed_forward import feed_forward

# Which activation it is depends on the checkpoint, so the page fills it in (static/slots.js).
FORMULA = formulas.mathml("feed_forward").replace("<mi>ACT</mi>", '<mi data-activation=""></mi>')


@module.ui
def feed_forward_ui() -> Tag:
    """The step with the hourglass."""
    return step(
        "Feed-forward",
        "Each token alone is widened to ",
        fact("intermediate"),
        " units, bent by ",
        tags.span(data_activation=""),
        ", and narrowed again.",
        anchor="ffn",
        formula=FORMULA,
        shape=tags.b(fact("hidden"), " → ", fact("intermediate"), " → ", fact("hidden")),
        show=picture(module.resolve_id("picture"), "feed_forward"),
    )


@module.server
def feed_forward_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the hourglass."""
    painter.draw(
        session.ns("picture"), lambda: (state.trace(), state.layer(), state.token()), feed_forward
    )
