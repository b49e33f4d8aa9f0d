"""Query, key, value: what a head looks for, offers, and hands over."""

from __future__ import annotations

from htmltools import Tag, TagList, tags
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter, picture
from attention_atlas.app.sections.step import explained, more, step, toggle
from attention_atlas.app.slots import chosen_head, fact
from attention_atlas.app.state import State
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.picture import Picture
from attention_atlas.views.projections import projections


@module.ui
def projections_ui() -> Tag:
    """The step with the three matrices of the chosen head, or of all heads for one token."""
    return step(
        "Query, key, value",
        "Head ",
        chosen_head(),
        " projects every token three times: what it looks for, what it offers, what it hands over.",
        anchor="qkv",
        formula=explained("projections"),
        shape=tags.b(
            fact("heads", "head"), " × ", fact("tokens", "token"), " × ", fact("head-size")
        ),
        head=toggle(
            "projections_of",
            "Query, key and value of",
            ("head", "This head, all tokens"),
            ("token", "All heads, this token"),
        ),
        show=picture(module.resolve_id("picture"), "projections"),
        fold=more(
            "One matrix gives the queries of all heads at once: its result is cut into ",
            fact("heads", "head"),
            " pieces of ",
            fact("head-size"),
            " numbers, and each head works with its own piece only. Keys and values come from two "
            "further matrices of the same size, with weights of their own. Every token is "
            "projected by itself; the tokens have not met yet. The length ‖q‖ or ‖k‖ matters: a "
            "long key gets far scores from every query, a long value weighs more where it is mixed "
            "in.",
            formula=explained(
                "projection_shapes", "heads_apart", own=["tokens", "hidden", "heads", "head-size"]
            ),
            python=[
                "trace.layers[{layer}].query[{head}]",
                "trace.layers[{layer}].key[{head}, {token}]",
                "trace.layers[{layer}].value[:, {token}]",
                "np.linalg.norm(trace.layers[{layer}].query[{head}], axis=-1)",
            ],
            source=TagList(
                "Vaswani et al., ",
                tags.a("Attention Is All You Need", href="https://arxiv.org/abs/1706.03762"),
                ", 2017, section 3.2.2.",
            ),
        ),
    )


@module.server
def projections_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws Q, K and V."""

    def depends() -> tuple[Trace, int, int | None, int | None]:
        of_token = state.option("projections_of", "head") == "token"
        head, token = (None, state.token()) if of_token else (state.head(), None)
        return state.trace(), state.layer(), head, token

    def make(trace: Trace, layer: int, head: int | None, token: int | None) -> Picture:
        return projections(trace, layer, head=head, token=token)

    painter.draw(session.ns("picture"), depends, make)
