"""All heads of a model at a glance: their patterns, or one of their metrics as a colour."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.analysis.metrics import AttentionMetrics
from attention_atlas.errors import InvalidChoice
from attention_atlas.views.metric_cards.descriptions import DESCRIPTIONS
from attention_atlas.views.picture import Picture

if TYPE_CHECKING:
    from attention_atlas.analysis.heads import HeadSummary

PATTERN = "pattern"
METRICS: tuple[str, ...] = tuple(field.name for field in fields(AttentionMetrics))


def head_atlas(summary: HeadSummary, *, colour_by: str = PATTERN) -> Picture:
    """One cell for each of L × H heads, rows layers, columns heads.

    Args:
        summary: What the pass kept of all heads.
        colour_by: What the cells show at first: "pattern", or a field of `AttentionMetrics`. All
            are sent, so that the person can switch without asking Python.

    Returns:
        A Picture with the arrays "thumbnails" (L, H, s, s) uint8, 255 for weight 1, and "metrics"
        (6, L, H), in the order of the fields.

    Raises:
        InvalidChoice: `colour_by` is neither.
    """
    if colour_by not in (PATTERN, *METRICS):
        raise InvalidChoice(
            f"Heads cannot be coloured by {colour_by!r}. "
            f"Choose one of {', '.join((PATTERN, *METRICS))}."
        )
    choices = [{"value": PATTERN, "name": "attention pattern"}] + [
        {"value": name, "name": DESCRIPTIONS[name].name[0].lower() + DESCRIPTIONS[name].name[1:]}
        for name in METRICS
    ]
    return Picture(
        view="head_atlas",
        state={"colour_by": colour_by, "choices": choices},
        arrays={
            "thumbnails": summary.thumbnails,
            "metrics": np.stack([getattr(summary.metrics, name) for name in METRICS]),
        },
    )
