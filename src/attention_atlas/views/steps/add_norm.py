"""Add & Norm: what a sublayer found is added to what came in, and normalised."""

from __future__ import annotations

from htmltools import Tag, TagList, tags

from attention_atlas.tracing.layer_weights import Part
from attention_atlas.views.steps.slots import chosen_layer, fact
from attention_atlas.views.steps.step import Ids, explained, more, picture, step

# What to write for each of the two: the arrays of the sum, and of its LayerNorm.
PYTHON: dict[Part, list[str]] = {
    "attention": [
        "trace.layers[{layer}].input[{token}] + trace.layers[{layer}].attention_output[{token}]",
        "trace.layers[{layer}].attention_norm[{token}]",
        "trace.model.parts.layers[{layer}].attention_norm.weight",
        "trace.model.parts.layers[{layer}].attention_norm.bias",
    ],
    "ffn": [
        "trace.layers[{layer}].attention_norm[{token}] + trace.layers[{layer}].ffn_output[{token}]",
        "trace.layers[{layer}].output[{token}]",
        "trace.model.parts.layers[{layer}].ffn_norm.weight",
        "trace.model.parts.layers[{layer}].ffn_norm.bias",
    ],
}


def add_norm_step(id: Ids, part: Part) -> Tag:
    """The step after the attention, or after the feed-forward network."""
    if part == "attention":
        sentence = TagList(
            "What attention found is added to what came in, and each token's vector is normalised."
        )
        formula = explained("add_norm_attention")
    else:
        sentence = TagList("Added and normalised again: the output of layer ", chosen_layer(), ".")
        formula = explained("add_norm_ffn")
    return step(
        "Add & Norm",
        sentence,
        anchor="norm1" if part == "attention" else "norm2",
        node="plus",
        label=f"Add & Norm after {'attention' if part == 'attention' else 'feed-forward'}",
        formula=formula,
        shape=tags.b(fact("tokens", "token"), " × ", fact("hidden")),
        show=picture(id("picture"), "add_norm", figure=f"add-norm-{part}"),
        fold=_fold(part),
    )


def _fold(part: Part) -> Tag:
    if part == "attention":
        paragraph = (
            "The addition lets a sublayer write into the vector instead of replacing it, and "
            "gives the gradient a way around it. LayerNorm then treats each token alone: it takes "
            "the mean μ of its own numbers off and divides by their deviation, so that the "
            "normalised vector has the length √d, whatever came in. γ and β are learned, one "
            "number for each dimension and the same for every token; a small γ makes its "
            "dimension quiet. Below, x = c + f is the sum of what came in and what was found."
        )
    else:
        paragraph = (
            "The same two operations with a γ and a β of their own. BERT normalises after each "
            "addition (post-norm), so also what is carried past is rescaled in every layer; newer "
            "models normalise before each sublayer instead and leave the carried vector alone. A "
            "share says how much of the sum a part makes, not how much it matters for the "
            "prediction. Below, x = c + f is the sum of what came in and what was found."
        )
    return more(
        paragraph,
        python=PYTHON[part],
        formula=tags.div(
            explained("layer_norm"),
            explained("norm_mean", "norm_variance", own=["hidden"]),
            explained("residual_share"),
        ),
        source="Ba, Kiros & Hinton, 2016, section 3 (LayerNorm); He et al., 2016 (residual "
        "connections); Vaswani et al., 2017, section 3.1.",
    )
