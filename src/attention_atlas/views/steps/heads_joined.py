"""The heads joined: all contexts side by side, mixed by one matrix."""

from __future__ import annotations

from htmltools import Tag, TagList, tags

from attention_atlas.views.steps.slots import fact, focused_token
from attention_atlas.views.steps.step import Ids, explained, more, picture, step


def heads_joined_step(id: Ids) -> Tag:
    """The step with the joined heads and what the projection makes of them."""
    return step(
        "Heads joined",
        "The results of ",
        fact("heads", "head"),
        " for ",
        focused_token(),
        " are laid side by side and mixed by one matrix.",
        anchor="joined",
        formula=explained("heads_joined"),
        shape=tags.b(fact("heads"), " × ", fact("head-size"), " → ", fact("hidden")),
        show=picture(id("picture"), "heads_joined", figure="heads-joined"),
        fold=more(
            "To lay the heads side by side and multiply by one matrix is to give each head its own "
            "rows of that matrix and add up the results: so what each head adds can be told apart. "
            "The length of it says how much the head matters for this token, which its attention "
            "alone does not, for a large share of a short vector is little. Lengths do not add up, "
            "as the vectors point in different ways; how far each goes along the output does, and "
            "is below 0 for a head that works against the others.",
            formula=explained("heads_added", own=["heads", "head-size", "hidden"]),
            python=[
                "trace.layers[{layer}].context[:, {token}]",
                "trace.layers[{layer}].attention_output[{token}]",
                "W = trace.model.parts.layers[{layer}].attention_projection.weight"
                ".detach().cpu().numpy()",
                "parts = [W_h @ c for W_h, c in zip(np.split(W, trace.model.heads, axis=1), "
                "trace.layers[{layer}].context[:, {token}])]",
                "np.linalg.norm(parts, axis=-1)",
            ],
            source=TagList(
                "Norms, not weights alone: Kobayashi et al., ",
                tags.a(
                    "Attention is Not Only a Weight",
                    href="https://aclanthology.org/2020.emnlp-main.574/",
                ),
                ", 2020, section 3.",
            ),
        ),
    )
