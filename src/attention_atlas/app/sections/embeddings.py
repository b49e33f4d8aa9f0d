"""Embeddings: word + position + segment, added and normalised."""

from __future__ import annotations

from htmltools import Tag, TagList, tags
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter, picture
from attention_atlas.app.sections.step import step, toggle
from attention_atlas.app.slots import fact
from attention_atlas.app.state import State
from attention_atlas.tracing.trace import Trace
from attention_atlas.views import formulas
from attention_atlas.views.embeddings import embeddings
from attention_atlas.views.picture import Picture
from attention_atlas.views.positions import positions


@module.ui
def embeddings_ui() -> Tag:
    """The step with the sum of the three vectors, and the position tables below."""
    return step(
        "Embeddings",
        "Three learned vectors are added for each token: what it is, where it stands, and which "
        "sentence it is in. LayerNorm then brings each token's vector to one scale.",
        anchor="embeddings",
        node="plus",
        formula=formulas.mathml("embeddings"),
        shape=tags.b(fact("tokens", "token"), " × ", fact("hidden")),
        head=toggle("embeddings_of", "Embeddings of", ("one", "This token"), ("all", "All tokens")),
        show=TagList(
            picture(module.resolve_id("sum"), "embeddings"),
            picture(module.resolve_id("positions"), "positions"),
            tags.p(
                "BERT learns a vector for each position. The sinusoids of the first transformer "
                "(Vaswani et al., 2017) are fixed; they are here to compare with and play no part "
                "in this model.",
                class_="quiet note",
            ),
        ),
    )


@module.server
def embeddings_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the sum and the positions."""

    def depends() -> tuple[Trace, int, bool]:
        everything = state.option("embeddings_of", "one") == "all"
        return state.trace(), state.token(), everything

    def make(trace: Trace, token: int, everything: bool) -> Picture:
        return embeddings(trace, token, everything=everything)

    painter.draw(session.ns("sum"), depends, make)
    painter.draw(session.ns("positions"), lambda: (state.trace(),), positions)
