"""Embeddings: word + position + segment, added and normalised, and what these vectors are like."""

from __future__ import annotations

from htmltools import Tag, TagChild, TagList, tags

from attention_atlas.views.steps.slots import fact
from attention_atlas.views.steps.step import Ids, explained, more, picture, step


def embeddings_step(id: Ids) -> Tag:
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
            picture(id("sum"), "embeddings", figure="embeddings"),
            _fold("All tokens at once", picture(id("all"), "embeddings")),
            _part(
                "Nearest words",
                picture(id("nearest"), "nearest_words", figure="nearest-words"),
                "Read it as neighbours in the lookup table, before the sentence plays any part: a "
                "cosine of 1 is the same direction, 0 no relation at all.",
                formula=explained("cosine"),
            ),
            _part(
                "A map of the tokens, layer by layer",
                picture(id("map"), "token_map", figure="token-map"),
                "The plane is spanned by the two first principal components (by SVD) of all "
                "tokens' hidden states in all layers, each layer centred on its mean and brought "
                "to the same spread. It is one plane for all layers, so a point that moves has "
                "moved in the model too. The map is flat, so distances on it are distorted: "
                "tokens that lie together may be far apart in the other dimensions.",
            ),
            _part(
                "Positions",
                picture(id("positions"), "positions", figure="positions"),
                "The sinusoids of the first transformer (Vaswani et al., 2017) are fixed, and how "
                "alike two of them are depends only on how far apart they stand; BERT learned a "
                "vector for each position, free to treat each place in its own way. The sinusoids "
                "play no part in this model.",
                formula=explained("sinusoid_even", own=["hidden"]),
                fold=_fold(
                    "Both tables, number by number",
                    picture(id("tables"), "positions"),
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
