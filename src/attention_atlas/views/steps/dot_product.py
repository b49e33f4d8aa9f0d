"""Scaled dot-product attention, walked through for the focused token."""

from __future__ import annotations

from htmltools import Tag, TagList, tags

from attention_atlas.views.steps.slots import fact, focused_token
from attention_atlas.views.steps.step import Ids, explained, more, picture, step


def dot_product_step(id: Ids) -> Tag:
    """The step with one row for each key."""
    return step(
        "Scaled dot-product attention",
        "The query of ",
        focused_token(),
        " meets every key. Softmax turns the scores into shares, and the values are mixed in "
        "those shares.",
        anchor="dot",
        formula=explained("attention"),
        shape=TagList(
            tags.b(fact("heads", "head"), " × ", fact("tokens"), " × ", fact("tokens")),
            " shares",
            tags.br(),
            tags.b(fact("heads", "head"), " × ", fact("tokens", "token"), " × ", fact("head-size")),
            " out",
        ),
        show=picture(id("picture"), "dot_product", figure="scaled-dot-product"),
        fold=more(
            "The dot product is large where query and key agree in sign and size, dimension by "
            "dimension. Its spread grows with the number of dimensions, so it is divided by √",
            fact("head-size"),
            "; without that, softmax would nearly always give everything to one key. The maximum "
            "is taken off so that exp cannot overflow: it cancels in the division and changes no "
            "share. A share is never quite 0, and the shares of a row sum to 1, so a head that "
            "finds nothing must still look somewhere, often at [SEP] or [CLS]. Each printed number "
            "follows from the printed ones before it, to about one unit in its last digit.",
            formula=explained("scores", "softmax", "context", own=["head-size"]),
            python=[
                "trace.layers[{layer}].key[{head}] @ trace.layers[{layer}].query[{head}, {token}]",
                "trace.layers[{layer}].scores[{head}, {token}]",
                "trace.layers[{layer}].attention[{head}, {token}]",
                "trace.layers[{layer}].attention[{head}, {token}] @ "
                "trace.layers[{layer}].value[{head}]",
                "trace.layers[{layer}].context[{head}, {token}]",
            ],
            source=TagList(
                "Vaswani et al., ",
                tags.a("Attention Is All You Need", href="https://arxiv.org/abs/1706.03762"),
                ", 2017, section 3.2.1.",
            ),
        ),
    )
