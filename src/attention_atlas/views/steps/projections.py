"""Query, key, value: what a head looks for, offers, and hands over."""

from __future__ import annotations

from htmltools import Tag, TagList, tags

from attention_atlas.views.steps.slots import chosen_head, fact
from attention_atlas.views.steps.step import Ids, explained, more, picture, step, toggle


def projections_step(id: Ids) -> Tag:
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
            "projected",
            "Query, key and value of",
            ("head", "This head, all tokens"),
            ("token", "All heads, this token"),
        ),
        show=picture(id("picture"), "projections", figure="projections"),
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
