"""The six metrics of one head as cards, each among all heads of the model."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.analysis.heads import rank, standing
from attention_atlas.analysis.metrics import THRESHOLD
from attention_atlas.analysis.sparsity_curve import thresholds
from attention_atlas.views.metric_cards.descriptions import (
    DESCRIPTIONS,
    REFERENCES,
    Description,
    entropy_share,
)
from attention_atlas.views.metric_cards.over import Over, threshold_text
from attention_atlas.views.picture import Picture

if TYPE_CHECKING:
    from attention_atlas.analysis.heads import HeadSummary


def metric_cards(
    summary: HeadSummary,
    layer: int,
    head: int,
    n: int,
    *,
    tau: float = THRESHOLD,
    keep_special: bool = True,
    words: bool = False,
) -> Picture:
    """The cards of one head.

    Args:
        summary: What the pass kept of all L × H heads; its sparsity is at `tau`.
        layer: Counted from 0.
        head: Counted from 0.
        n: How many tokens, or words, took part in `summary`: the rows of a head's matrix.
        tau: The threshold of sparsity.
        keep_special: Whether [CLS], [SEP] and padding took part in `summary`.
        words: Whether `summary` is of whole words instead of word pieces.

    Returns:
        A Picture with the arrays, all in the order of the cards: "values" (6, L, H); "ranks"
        (6, L, H), 1 for the highest; "below" (6, L, H), how many heads have a lower value;
        "words" (6, L, H) uint8, which of a metric's three words fits; "layer_means" (6, L) and
        "model_means" (6,), means over heads of their values; and "entropy_share" (L, H), entropy
        over ln n. Nothing depends on the head: the sentences and the line of Python have places
        for its numbers, so that another head shows at once.

    Raises:
        InvalidChoice: there is no such layer or head.
    """
    layer, head = index(layer), index(head)  # what NumPy counts with is not JSON
    over = Over(n, float(tau), keep_special, words)
    values = {name: np.asarray(getattr(summary.metrics, name)) for name in DESCRIPTIONS}
    standing(values["entropy"], layer, head)  # refuses a head that is not there
    stacked = np.stack(list(values.values()))
    # In double precision: a float32 mean of many equal values is not quite that value.
    means = stacked.astype(np.float64)
    return Picture(
        view="metric_cards",
        state={
            "layer": layer,
            "head": head,
            "n": n,
            "tau": over.tau,
            "default_tau": THRESHOLD,
            "thresholds": [
                {"tau": float(offered), "text": threshold_text(float(offered), n)}
                for offered in np.union1d(thresholds(n), [over.tau])
            ],
            "keep_special": keep_special,
            "words": words,
            "caption": caption(over, summary.metrics.entropy.size),
            "note": over.note(),
            "metrics": [
                _card(name, about, over, summary.metrics.entropy.size)
                for name, about in DESCRIPTIONS.items()
            ],
            "references": REFERENCES,
        },
        arrays={
            "values": stacked,
            "ranks": np.stack([rank(array) for array in values.values()]),
            "below": np.stack([_below(array) for array in values.values()]),
            "words": np.stack(
                [about.word(values[name], n) for name, about in DESCRIPTIONS.items()]
            ),
            "layer_means": means.mean(axis=2),
            "model_means": means.mean(axis=(1, 2)),
            "entropy_share": entropy_share(values["entropy"], n),
        },
    )


def python(field: str, over: Over) -> list[str]:
    """Lines of Python that give a metric; `{layer}` and `{head}` are counted from 0."""
    moved = field == "sparsity" and over.tau != THRESHOLD
    threshold = f", threshold={over.tau_text}" if moved else ""
    if over.keep_special and not over.words:
        return [f"aa.metrics(trace.layers[{{layer}}].attention[{{head}}]{threshold}).{field}"]
    chosen = [
        *(["keep_special=False"] if not over.keep_special else []),
        *(["words=True"] if over.words else []),
    ]
    return [
        "from attention_atlas.views.weights import Shown, numbers",
        f"A = numbers(trace, {{layer}}, [{{head}}], Shown({', '.join(chosen)}))[0]",
        f"aa.metrics(A{threshold}).{field}",
    ]


def caption(over: Over, heads: int) -> str:
    """What the numbers and the words of the six cards are of."""
    if heads == 1:
        level = "Each number is of the model’s only head."
    else:
        level = (
            "Each number is of this one head. A mean is over heads, of each head’s own value: no "
            "metric is taken of a mean matrix."
        )
    if over.n == 1 or heads == 1:
        return level
    return (
        f"{level} The words of focus and distribution compare with uniform attention; for the "
        "other four metrics they compare with the other heads of this model on this text."
    )


def _card(name: str, about: Description, over: Over, heads: int) -> dict[str, Any]:
    return {
        "field": name,
        "name": about.name,
        "unit": about.unit,
        "formula": about.formula,
        "words": list(about.words) if over.n > 1 else [f"One {over.one}"] * 3,
        **about.sentences(over, heads),
        "python": python(name, over),
    }


def _below(values: np.ndarray) -> np.ndarray:
    """How many heads have a lower value, for each head; equal ones do not count."""
    return np.searchsorted(np.sort(values, axis=None), values, side="left")
