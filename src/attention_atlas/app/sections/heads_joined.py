"""The heads joined: all contexts side by side, mixed by one matrix."""

from __future__ import annotations

from htmltools import Tag, tags
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter, picture
from attention_atlas.app.sections.step import step
from attention_atlas.app.slots import fact, focused_token
from attention_atlas.app.state import State
from attention_atlas.views import formulas
from attention_atlas.views.heads_joined import heads_joined


@module.ui
def heads_joined_ui() -> Tag:
    """The step with the joined heads and what the projection makes of them."""
    return step(
        "Heads joined",
        "The results of ",
        fact("heads", "head"),
        " for ",
        focused_token(),
        " are laid side by side and mixed by one matrix.",
        anchor="joined",
        formula=formulas.mathml("heads_joined"),
        shape=tags.b(fact("heads"), " × ", fact("head-size"), " → ", fact("hidden")),
        show=picture(module.resolve_id("picture"), "heads_joined"),
    )


@module.server
def heads_joined_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the joined heads."""
    painter.draw(
        session.ns("picture"), lambda: (state.trace(), state.layer(), state.token()), heads_joined
    )
