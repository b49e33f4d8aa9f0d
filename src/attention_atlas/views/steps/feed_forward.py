"""Feed-forward: each token alone is widened, bent and narrowed again."""

from __future__ import annotations

from htmltools import Tag, tags

from attention_atlas.views.steps.slots import fact
from attention_atlas.views.steps.step import Ids, explained, more, picture, step

PYTHON = [
    "trace.layers[{layer}].intermediate[{token}]",
    "abs(trace.layers[{layer}].intermediate[{token}]).argsort()[::-1][:8]",
    "trace.layers[{layer}].ffn_output[{token}]",
    "trace.model.parts.layers[{layer}].ffn_projection.weight",
]


def feed_forward_step(id: Ids) -> Tag:
    """The step with the hourglass."""
    return step(
        "Feed-forward",
        "Each token alone is widened to ",
        fact("intermediate"),
        " units, bent by ",
        tags.span(data_activation=""),
        ", and narrowed again.",
        anchor="ffn",
        formula=explained("feed_forward", own=["activation"]),
        shape=tags.b(fact("hidden"), " → ", fact("intermediate"), " → ", fact("hidden")),
        show=picture(id("picture"), "feed_forward", figure="feed-forward"),
        fold=more(
            "No token looks at another here. Each column of W₁ asks one question of the vector, "
            "and the activation turns the answer into a value; the unit's row of W₂, times that "
            "value, is added to the output. So a unit is a pair of what it looks for and what it "
            "writes. Without the activation between them the two matrices would be one. What a "
            "unit writes can be read as words that it makes likelier; below the last layer that "
            "reading is rough. PyTorch keeps both matrices transposed.",
            python=PYTHON,
            formula=explained("widening", "narrowing", own=["hidden", "intermediate"]),
            source="Vaswani et al., 2017, section 3.3; Geva et al., 2021 (units as keys and "
            "values) and 2022 (Transformer Feed-Forward Layers Build Predictions by Promoting "
            "Concepts in the Vocabulary Space).",
        ),
    )
