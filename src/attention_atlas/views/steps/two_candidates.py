"""Two candidates compared, inside the step of the predictions."""

from __future__ import annotations

from htmltools import Tag, tags

from attention_atlas.views.steps.step import explained, more, picture

PYTHON = (
    "from attention_atlas.tracing.readout import readout",
    "read = trace.hide([{token}])",
    "a, b = read.predictions(top_k=2, positions=[{token}])[0]",
    "apart = readout(read, {token}, [a.id, b.id])",
    "apart.transformed * (apart.weights[0] - apart.weights[1])",
)


def two_candidates_part(id: str) -> Tag:
    """The part with the picture `id`, which is resolved already."""
    return tags.section(
        tags.h4("Two candidates compared"),
        tags.p(
            "Both logits are read from one vector, so their difference is a sum over its "
            "dimensions. These weigh most.",
            class_="quiet",
        ),
        picture(id, "two_candidates", figure="two-candidates"),
        more(
            "W has a row for each word; in most BERTs it is the table of word embeddings, used "
            "a second time. A dimension speaks for the first word where t(h) and the difference "
            "of the two rows have the same sign, and for the second where they have not. The "
            "bias is the same whatever the sentence says.",
            python=PYTHON,
            formula=explained("candidates", own=["hidden"]),
            source=(
                "An identity of the head's last linear map; the sharing of W with the embeddings: "
                "Press & Wolf, “Using the Output Embedding to Improve Language Models”, 2017."
            ),
        ),
        class_="in-turn",
        aria_label="Two candidates compared",
    )
