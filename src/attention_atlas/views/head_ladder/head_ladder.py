"""The layers before and after the chosen one, a small picture of each of their heads."""

from __future__ import annotations

from typing import Literal

from attention_atlas.analysis.heads import HeadSummary
from attention_atlas.views.picture import Picture


def head_ladder(summary: HeadSummary, part: Literal["before", "after"]) -> Picture:
    """One row a layer, one small picture a head. Array `thumbnails`, (L, H, s, s) uint8.

    All layers are sent once; which of them are shown (those `part` the chosen layer) follows the
    selection in the browser.
    """
    return Picture("head_ladder", {"part": part}, {"thumbnails": summary.thumbnails})
