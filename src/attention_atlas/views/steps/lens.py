"""The lens: what each layer would predict if it were the last, inside the step of predictions."""

from __future__ import annotations

from htmltools import Tag, tags

from attention_atlas.views.steps.step import explained, more, picture

PYTHON = (
    "rows = trace.hide([{token}]).lens({token}, top_k=5)",
    "[row.best for row in rows]",
)


def lens_part(id: str) -> Tag:
    """The part with the picture `id`, which is resolved already."""
    return tags.section(
        tags.h4("The lens"),
        tags.p(
            "A reading aid, the logit lens: the head put on each layer's output, as if that layer "
            "were the last. Early rows mislead, for the head was trained on the last layer only.",
            class_="quiet",
        ),
        picture(id, "lens", figure="lens"),
        more(
            "The layers of a transformer add to one vector, so each layer's output can be held "
            "under the head that reads the final one. What it says there was never asked for in "
            "training: a word that comes late may have been there before in a form that the head "
            "does not read. Only the last row is the model's prediction.",
            python=PYTHON,
            formula=explained("lens"),
            source=(
                "nostalgebraist, “interpreting GPT: the logit lens”, 2020; here with BERT's head, "
                "which transforms and normalises a vector before it reads it."
            ),
        ),
        class_="in-turn",
        aria_label="The lens",
    )
