"""Add & Norm: what a sublayer found is added to what came in, and normalised."""

from __future__ import annotations

from typing import Literal

from htmltools import Tag, TagList, tags
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter, picture
from attention_atlas.app.sections.step import step
from attention_atlas.app.slots import chosen_layer, fact
from attention_atlas.app.state import State
from attention_atlas.tracing.trace import Trace
from attention_atlas.views import formulas
from attention_atlas.views.add_norm import add_norm
from attention_atlas.views.picture import Picture

Part = Literal["attention", "ffn"]


@module.ui
def add_norm_ui(part: Part) -> Tag:
    """The step after the attention, or after the feed-forward network."""
    if part == "attention":
        sentence = TagList(
            "What attention found is added to what came in, and each token's vector is normalised."
        )
        formula = formulas.mathml("add_norm_attention")
    else:
        sentence = TagList("Added and normalised again: the output of layer ", chosen_layer(), ".")
        formula = formulas.mathml("add_norm_ffn")
    return step(
        "Add & Norm",
        sentence,
        anchor="norm1" if part == "attention" else "norm2",
        node="plus",
        label=f"Add & Norm after {'attention' if part == 'attention' else 'feed-forward'}",
        formula=formula,
        shape=tags.b(fact("tokens", "token"), " × ", fact("hidden")),
        show=picture(module.resolve_id("picture"), "add_norm"),
    )


@module.server
def add_norm_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter, part: Part
) -> None:
    """Draws the sum and its LayerNorm."""

    def make(trace: Trace, layer: int, token: int) -> Picture:
        return add_norm(trace, layer, token, part=part)

    painter.draw(session.ns("picture"), lambda: (state.trace(), state.layer(), state.token()), make)
