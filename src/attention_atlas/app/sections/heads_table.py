"""All heads in numbers: the metrics as heat maps, and a table that sorts and downloads."""

from __future__ import annotations

from htmltools import Tag, tags
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter, picture
from attention_atlas.app.sections.atlas import draw_all_heads
from attention_atlas.app.state import State
from attention_atlas.views.heads_table import heads_table


@module.ui
def heads_table_ui() -> Tag:
    """The place of heat maps and table, in a fold."""
    # What is folded is neither made nor sent before it is opened.
    return tags.details(
        tags.summary("All heads in numbers"),
        picture(module.resolve_id("picture"), "heads_table"),
        class_="more",
    )


@module.server
def heads_table_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the numbers made during the pass."""
    draw_all_heads(heads_table, session, state, painter)
