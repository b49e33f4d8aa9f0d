"""The six metrics of one head as cards, each among all heads of the model."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.analysis.heads import rank, standing
from attention_atlas.views.metric_cards.descriptions import DESCRIPTIONS, REFERENCE, entropy_share
from attention_atlas.views.picture import Picture

if TYPE_CHECKING:
    from attention_atlas.analysis.heads import HeadSummary


def metric_cards(summary: HeadSummary, layer: int, head: int, n: int) -> Picture:
    """The cards of one head.

    Args:
        summary: What the pass kept of all L × H heads.
        layer: Counted from 0.
        head: Counted from 0.
        n: How many tokens took part in `summary`: the rows of a head's matrix.

    Returns:
        A Picture with the arrays, all in the order of the cards: "values" (6, L, H); "ranks"
        (6, L, H), 1 for the highest; "words" (6, L, H) uint8, which of a metric's three words
        fits; and "entropy_share" (L, H), entropy over ln n. They hold all heads, so that another
        head shows at once; only the sentences in the state are of this one.

    Raises:
        InvalidChoice: there is no such layer or head.
    """
    layer, head = index(layer), index(head)  # what NumPy counts with is not JSON
    values = {name: np.asarray(getattr(summary.metrics, name)) for name in DESCRIPTIONS}
    return Picture(
        view="metric_cards",
        state={
            "layer": layer,
            "head": head,
            "n": n,
            "metrics": [
                {
                    "field": name,
                    "name": about.name,
                    "unit": about.unit,
                    "formula": about.formula,
                    "words": list(about.words),
                    **about.sentences(standing(values[name], layer, head).value, n),
                }
                for name, about in DESCRIPTIONS.items()
            ],
            "reference": REFERENCE,
        },
        arrays={
            "values": np.stack(list(values.values())),
            "ranks": np.stack([rank(array) for array in values.values()]),
            "words": np.stack(
                [about.word(values[name], n) for name, about in DESCRIPTIONS.items()]
            ),
            "entropy_share": entropy_share(values["entropy"], n),
        },
    )
