"""All heads of a model in numbers: a heat map of each metric, and a table that sorts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.analysis.metrics import THRESHOLD
from attention_atlas.views.head_atlas.quantities import STRONG, Unit, numbers, quantities
from attention_atlas.views.picture import Picture

if TYPE_CHECKING:
    from attention_atlas.analysis.heads import HeadSummary


def heads_table(
    summary: HeadSummary, *, unit: Unit = "token", tau: str = str(THRESHOLD)
) -> Picture:
    """One row for each of L × H heads, and their means.

    Args:
        summary: What the pass kept of all heads.
        unit: What attends, and is attended to: "token" or "word".
        tau: τ of the sparsity in `summary`, as it is written.

    Returns:
        A Picture with the arrays of `quantities.numbers`; "layer_means" (6 + R + 1, L), means
        over the heads of a layer of what each head has: six metrics, R shares, distance; and
        "means" (6 + R + 1), the same over all heads. No number is computed on a mean matrix. Its
        state has "columns", the `Quantity` of each number in that order, "roles", and "strong",
        the ratio from which a role is a head's strongest.
    """
    arrays = numbers(summary)
    each = np.concatenate([arrays["metrics"], arrays["shares"], arrays["distance"][None]])
    return Picture(
        view="heads_table",
        state={
            "columns": quantities(summary, unit, tau),
            "roles": list(summary.roles),
            "strong": STRONG,
        },
        arrays={
            **arrays,
            "layer_means": each.mean(axis=2, dtype=np.float64),
            "means": each.mean(axis=(1, 2), dtype=np.float64),
        },
    )
