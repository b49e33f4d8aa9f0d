"""All heads in numbers: the metrics as heat maps, and a table that sorts and downloads."""

from __future__ import annotations

from htmltools import Tag
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter
from attention_atlas.app.sections.atlas import draw_all_heads
from attention_atlas.app.state import State
from attention_atlas.views.heads_table import heads_table
from attention_atlas.views.steps.heads_table import heads_table_step


@module.ui
def heads_table_ui() -> Tag:
    """The place of heat maps and table, in a fold."""
    return heads_table_step(module.resolve_id)


@module.server
def heads_table_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws the numbers made during the pass."""
    draw_all_heads(heads_table, session, state, painter)
