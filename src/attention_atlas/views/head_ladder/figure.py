"""All layers on paper, a small picture of each of their heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.views.figures.blocks import Block, Run, composed, heading
from attention_atlas.views.figures.captions import caption
from attention_atlas.views.figures.paper import SMALL
from attention_atlas.views.figures.view_figure import Numbers
from attention_atlas.views.figures.walking import many
from attention_atlas.views.weights import summary_of

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.sheet import Sheet
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

TITLE = "Layers and their heads"
_NAMES, _GAP, _LARGEST = 0.5, 0.05, 0.5


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """A row for each layer, a thumbnail for each head; the chosen head is framed.

    Raises:
        InvalidChoice: nothing is left of the text without its special tokens.
    """
    thumbnails = summary_of(trace, chosen.shown).thumbnails
    layers, heads = thumbnails.shape[:2]

    def blocks(paper: Paper) -> list[Block]:
        size = f"{many(layers, 'layer')} × {many(heads, 'head')}"
        return [
            heading(TITLE, Run(size, "ink_3", mono=True)),
            _Ladder(thumbnails, chosen.layer, chosen.head),
        ]

    labels = (
        tuple(f"layer {k + 1}" for k in range(layers)),
        tuple(f"head {k + 1}" for k in range(heads)),
    )
    numbers = {
        "thumbnails": Numbers(
            thumbnails, ("layer", "head", "row", "column"), (*labels, None, None),
            "Each head’s weights in small, as levels of the colour map, 0 to 255.",
        )
    }  # fmt: skip
    text = caption(trace, chosen, layer=True, head=True, shown=chosen.shown)
    return composed("ladder", TITLE, text, numbers, blocks)


@dataclass(frozen=True, eq=False)
class _Ladder:
    """The rows; a block."""

    thumbnails: np.ndarray
    layer: int
    head: int

    def height(self, width: float) -> float:
        """As `Block` says."""
        return len(self.thumbnails) * (self._side(width) + _GAP) - _GAP

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """As `Block` says."""
        side = self._side(width)
        for layer, row in enumerate(self.thumbnails):
            y = top + layer * (side + _GAP)
            on = layer == self.layer
            base = y + side / 2 + 0.36 * SMALL / 72
            colour = "accent" if on else "ink_2"
            sheet.text(left, base, f"Layer {layer + 1}", size=SMALL, colour=colour)
            for head, levels in enumerate(row):
                x = left + _NAMES + head * (side + _GAP)
                sheet.cells(
                    x, y, side, side, levels.astype(np.float32), low=0, high=255,
                    cmap=sheet.paper.sequential(), name=f"{layer + 1}.{head + 1}",
                )  # fmt: skip
                if on and head == self.head:
                    sheet.box(x, y, side, side, "accent", outline=True, name="chosen")

    def _side(self, width: float) -> float:
        heads = self.thumbnails.shape[1]
        return min(_LARGEST, (width - _NAMES + _GAP) / heads - _GAP)
