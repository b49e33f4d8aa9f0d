"""The stack: all layers for the focused token, one line each."""

from __future__ import annotations

from htmltools import Tag, TagList, tags

from attention_atlas.views.steps.slots import fact, focused_token
from attention_atlas.views.steps.step import Ids, explained, more, picture, step

PYTHON = [
    "trace.hidden_states[:, {token}]",
    "(trace.hidden_states[:, {token}] ** 2).sum(-1) ** 0.5",
    "[layer.attention_output[{token}] for layer in trace.layers]",
    "[layer.ffn_output[{token}] for layer in trace.layers]",
]


def stack_step(id: Ids) -> Tag:
    """The step with all layers."""
    return step(
        "The stack",
        TagList(
            "How far each layer moves ",
            focused_token(),
            ", and whether attention or the feed-forward network has more to do with it. Choose "
            "a layer to walk through it.",
        ),
        anchor="stack",
        formula=explained("layer_change"),
        shape=TagList(tags.b(fact("layers", "layer"), " × ", fact("hidden")), " + the embeddings"),
        show=picture(id("picture"), "layer_stack", figure="stack"),
        fold=more(
            "The cosine compares directions and leaves lengths out, since LayerNorm sets the "
            "length anew in every layer. To compare the two sublayers, the layer is written as a "
            "sum: with a what attention gives and f what the feed-forward network gives, the "
            "output holds A and F, and the old vector and the biases make the rest; C takes the "
            "mean off, and σ is the one that this token had. A and F may point against each other "
            "or against the old vector, so a long one need not change the direction.",
            python=PYTHON,
            formula=explained("attention_part", "ffn_part"),
            source="Kobayashi et al., 2021 (Incorporating Residual and Normalization Layers into "
            "Analysis of Masked Language Models), section 3.",
        ),
    )
