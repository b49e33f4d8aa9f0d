"""What is said of a file before it is saved: which arrays it has, and what it opens on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attention_atlas.views.figures.captions import focused, taken

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure


def holds(view: ViewFigure, suffix: str) -> str:
    """In one sentence, which arrays a file with the numbers of a view has."""
    told = [
        f"{name}, {' × '.join(f'{size:,}' for size in one.values.shape)} ({' × '.join(one.axes)})"
        for name, one in view.numbers.items()
    ]
    arrays = "; ".join(told)
    values = sum(one.values.size for one in view.numbers.values())
    if suffix == "csv":
        lines = f"{values:,} {'value' if values == 1 else 'values'}, one a line"
        return f"A table for a spreadsheet or a script, {lines}: {arrays}."
    return f"For numpy.load, with the names along their axes: {arrays}."


def opens_on(trace: Trace, chosen: Chosen) -> str:
    """What the reader of the file sees first: what is chosen on the page at this moment."""
    said = [f"It opens as the page is now: layer {chosen.layer + 1}, head {chosen.head + 1}"]
    if chosen.token is not None:
        said.append(focused(trace, chosen.token))
    return "; ".join([*said, *taken(trace, chosen.shown)]) + "."
