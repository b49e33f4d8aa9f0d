"""Tokens: the sentence cut into word pieces."""

from __future__ import annotations

from htmltools import Tag, TagList, tags

from attention_atlas.views.steps.slots import fact
from attention_atlas.views.steps.step import Ids, more, picture, step


def tokens_step(id: Ids) -> Tag:
    """The step with its table of pieces."""
    return step(
        "Tokens",
        "The sentence is cut into pieces from a fixed list; [CLS] opens it and [SEP] closes it.",
        anchor="tokens",
        place="first",
        shape=TagList(tags.b(fact("tokens", "token")), ", vocabulary ", fact("vocabulary")),
        show=picture(id("picture"), "token_table", figure="tokens"),
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
