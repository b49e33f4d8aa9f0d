"""The walk whole: its steps in the order in which the numbers flow, the chosen layer among them."""

from __future__ import annotations

from collections.abc import Mapping

from htmltools import Tag, tags

from attention_atlas.views.steps.slots import chosen_layer, fact, focused_token


def walk_head() -> Tag:
    """What is walked through, in one line."""
    return tags.header(
        tags.h2("How the model reads ", focused_token()),
        tags.p(
            "One of ",
            fact("tokens"),
            " tokens, followed from the input to the prediction. Choose another above to "
            "follow that one.",
        ),
        class_="tab-head",
    )


def walk(parts: Mapping[str, Tag]) -> Tag:
    """The steps on their spine. `parts` are the twelve steps by the names of their files, the two
    Add & Norm by "add_norm_attention" and "add_norm_ffn", the passed layers by "before" and
    "after".
    """
    return tags.div(
        parts["tokens"],
        parts["embeddings"],
        parts["before"],
        _layer_head(),
        tags.div(
            parts["projections"], parts["dot_product"], parts["heads_joined"], class_="bypass"
        ),
        parts["add_norm_attention"],
        tags.div(parts["feed_forward"], class_="bypass"),
        parts["add_norm_ffn"],
        parts["after"],
        parts["stack"],
        parts["predictions"],
        class_="walk",
    )


def _layer_head() -> Tag:
    return tags.section(
        tags.i(chosen_layer(), class_="node layer", aria_hidden="true"),
        tags.div(
            tags.h3("Layer ", chosen_layer(), tags.span(" of ", fact("layers"), class_="quiet")),
            class_="say",
        ),
        tags.div(
            tags.p(
                "Every layer takes the same six steps with weights of its own. The loop on the "
                "left is the residual path: what came in, carried past the step and added back.",
                class_="quiet",
            ),
            class_="show",
        ),
        class_="step layer-head",
        id="s-layer",
    )
