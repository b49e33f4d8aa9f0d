"""Embeddings: word + position + segment, added and normalised, and what these vectors are like."""

from __future__ import annotations

from htmltools import Tag, TagChild, TagList, tags
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter, picture
from attention_atlas.app.sections.step import explained, more, step
from attention_atlas.app.slots import fact
from attention_atlas.app.state import State
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.embeddings import all_embeddings, embeddings
from attention_atlas.views.nearest_words import nearest_words
from attention_atlas.views.positions import position_tables, positions
from attention_atlas.views.token_map import token_map


@module.ui
def embeddings_ui() -> Tag:
    """The step with the sum of the three vectors, and what can be seen in them."""
    return step(
        "Embeddings",
        "Three learned vectors are added for each token: what it is, where it stands, and which "
        "sentence it is in. LayerNorm then brings each token's vector to one scale.",
        anchor="embeddings",
        node="plus",
        formula=explained("embeddings"),
        shape=tags.b(fact("tokens", "token"), " × ", fact("hidden")),
        fold=more(
            "Each of the three is a row of a learned table, looked up and not computed: the word's "
            "by its id, the position's by its place, the segment's by its sentence. The word table "
            "has a row for each piece of the vocabulary, so the same piece starts with the same "
            "vector in every sentence; only position and segment tell two of them apart. The three "
            "are added, not put side by side: they share all dimensions.",
            python=[
                "trace.embeddings.word[{token}]",
                "trace.embeddings.word + trace.embeddings.position + trace.embeddings.segment",
                "trace.embeddings.output[{token}]  # also trace.hidden_states[0][{token}]",
                "trace.hidden_states[:, {token}]  # this token's way through the layers",
            ],
            formula=explained("embedding_table", own=["vocabulary", "hidden"]),
            source=TagList(
                "J. Devlin et al., ",
                tags.a("BERT", href="https://arxiv.org/abs/1810.04805"),
                ", 2019, section 3 and figure 2.",
            ),
        ),
        show=TagList(
            picture(module.resolve_id("sum"), "embeddings"),
            _fold("All tokens at once", picture(module.resolve_id("all"), "embeddings")),
            _part(
                "Nearest words",
                picture(module.resolve_id("nearest"), "nearest_words"),
                "Read it as neighbours in the lookup table, before the sentence plays any part: a "
                "cosine of 1 is the same direction, 0 no relation at all.",
                formula=explained("cosine"),
            ),
            _part(
                "A map of the tokens, layer by layer",
                picture(module.resolve_id("map"), "token_map"),
                "The plane is spanned by the two first principal components (by SVD) of all "
                "tokens' hidden states in all layers, each layer centred on its mean and brought "
                "to the same spread. It is one plane for all layers, so a point that moves has "
                "moved in the model too. The map is flat, so distances on it are distorted: "
                "tokens that lie together may be far apart in the other dimensions.",
            ),
            _part(
                "Positions",
                picture(module.resolve_id("positions"), "positions"),
                "The sinusoids of the first transformer (Vaswani et al., 2017) are fixed, and how "
                "alike two of them are depends only on how far apart they stand; BERT learned a "
                "vector for each position, free to treat each place in its own way. The sinusoids "
                "play no part in this model.",
                formula=explained("sinusoid_even", own=["hidden"]),
                fold=_fold(
                    "Both tables, number by number",
                    picture(module.resolve_id("tables"), "positions"),
                ),
            ),
        ),
    )


def _part(
    title: str, show: Tag, note: str, *, formula: Tag | None = None, fold: TagChild = None
) -> Tag:
    return tags.div(
        tags.h4(title),
        show,
        tags.p(note, class_="quiet note"),
        formula,
        fold,
        class_="part",
    )


def _fold(title: str, show: Tag) -> Tag:
    # What is folded is neither made nor sent before it is opened.
    return tags.details(tags.summary(title), show, class_="more")


@module.server
def embeddings_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the sums, the nearest words, the map and the positions."""

    def of_token() -> tuple[Trace, int]:
        return state.trace(), state.token()

    def of_text() -> tuple[Trace]:
        return (state.trace(),)

    painter.draw(session.ns("sum"), of_token, embeddings)
    painter.draw(session.ns("all"), of_text, all_embeddings)
    painter.draw(session.ns("nearest"), of_token, nearest_words)
    painter.draw(session.ns("map"), of_text, token_map)
    painter.draw(session.ns("positions"), of_text, positions)
    painter.draw(session.ns("tables"), of_text, position_tables)
