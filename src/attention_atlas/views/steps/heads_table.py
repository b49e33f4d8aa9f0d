"""All heads in numbers: the metrics as heat maps, and a table that sorts and downloads."""

from __future__ import annotations

from htmltools import Tag, tags

from attention_atlas.views.steps.step import Ids, picture


def heads_table_step(id: Ids) -> Tag:
    """The place of heat maps and table, in a fold."""
    # What is folded is neither made nor sent before it is opened.
    return tags.details(
        tags.summary("All heads in numbers"),
        picture(id("picture"), "heads_table", figure="heads-table"),
        class_="more",
    )
