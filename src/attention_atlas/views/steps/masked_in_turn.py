"""Each word hidden in turn: what the model would have written in its place."""

from __future__ import annotations

from htmltools import Tag, tags

from attention_atlas.views.steps.step import Ids, picture


def masked_in_turn_step(id: Ids) -> Tag:
    """The table, and the button that starts it for long texts."""
    return tags.section(
        tags.h4("Each word masked in turn"),
        tags.p(
            "One word hidden at a time, the rest as you wrote it. The first guesses, likeliest "
            "first.",
            class_="quiet",
        ),
        tags.div(
            tags.button(
                "Mask each word in turn",
                type="button",
                class_="link",
                data_event="mask_all",
                hidden="",
            ),
            tags.span(class_="quiet num", data_mask_progress="", role="status"),
            class_="mask-all",
        ),
        picture(id("picture"), "masked_in_turn", figure="masked-in-turn"),
        class_="in-turn",
        data_in_turn="",
    )
