"""Six numbers that say how a head attends, for one head or for many at once.

Source: P. Golshanrad and F. Faghih, "From Attention to Assurance: Enhancing Transformer Encoder
Reliability Through Advanced Testing and Online Error Prediction", SSRN 4856933,
doi:10.2139/ssrn.4856933.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Float

from attention_atlas.analysis.median import medians
from attention_atlas.errors import InvalidChoice

REFERENCE = (
    "P. Golshanrad and F. Faghih, “From Attention to Assurance: Enhancing Transformer Encoder "
    "Reliability Through Advanced Testing and Online Error Prediction”, SSRN 4856933, "
    "doi:10.2139/ssrn.4856933."
)
THRESHOLD = 0.01
"""τ, the weight below which sparsity counts a weight as none."""

_BLOCK_BYTES = 2**20
"""How much attention is worked on at once: what stays in a core's cache between the steps."""


@dataclass(frozen=True, eq=False)
class AttentionMetrics:
    """The six metrics of attention A (n, n); floats for one head, arrays (...) for (..., n, n)."""

    confidence_max: Any
    """max over i, j of A_ij. From 1/n (uniform) to 1 (one token takes all of another)."""
    confidence_avg: Any
    """Mean over i of max over j of A_ij. From 1/n (every row uniform) to 1 (every row one-hot)."""
    entropy: Any
    """Mean over i of -Σ_j A_ij ln A_ij, with 0·ln 0 = 0, in nats. From 0 (every row one-hot) to
    ln n (every row uniform)."""
    sparsity: Any
    """Share of the n² weights below τ. From 0 to 1."""
    median: Any
    """Median of the n² weights. From 0 to 2/n, where half of the weights share everything."""
    uniformity: Any
    """Standard deviation of the n² weights (of the population: divided by n²). From 0 (all equal)
    to √(n - 1)/n (every row one-hot)."""

    def __getitem__(self, index: Any) -> AttentionMetrics:
        """The metrics of some of the heads: `metrics[3, 7]`, `metrics[3]`."""
        chosen = {field.name: getattr(self, field.name)[index] for field in fields(self)}
        return AttentionMetrics(
            **{name: float(v) if np.ndim(v) == 0 else v for name, v in chosen.items()}
        )


def metrics(
    attention: Float[np.ndarray, "*heads n n"] | Any,  # what has no such shape is told so below
    *,
    threshold: float = THRESHOLD,
) -> AttentionMetrics:
    """The six metrics of one head's attention (n, n), or of every head of (..., n, n) at once.

    Args:
        attention: weights, rows are queries and columns keys; each row sums to 1, or is all zero
            where special tokens took everything and were left out.
        threshold: τ, from 0 to 1; sparsity is the share of weights below it. Compare it with 1/n,
            the weight that uniform attention gives to each of n tokens.

    Returns:
        Floats for (n, n); arrays of shape (...), float32 (float64 for float64), otherwise.

    Raises:
        InvalidChoice: the last two axes are not square or are empty, a weight is negative or not
            finite, or the threshold is outside 0 to 1.
    """
    weights = _checked(attention)
    threshold = _checked_threshold(threshold)
    n = weights.shape[-1]
    heads = weights.reshape(-1, n, n)
    results = np.empty((6, len(heads)), dtype=weights.dtype)
    at_once = max(1, _BLOCK_BYTES // (weights.itemsize * n * n))
    for start in range(0, len(heads), at_once):
        block = slice(start, start + at_once)
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            results[:, block] = _block_metrics(heads[block], threshold)
    shaped = results.reshape(6, *weights.shape[:-2])
    return AttentionMetrics(*(float(r) if r.ndim == 0 else r for r in shaped))


def _block_metrics(heads: np.ndarray, threshold: float) -> tuple[np.ndarray, ...]:
    """The six metrics of (h, n, n), each (h,), in the order of AttentionMetrics."""
    n = heads.shape[-1]
    flat = heads.reshape(len(heads), n * n)
    # As heads.max(axis=-1), which takes twice the time.
    row_max = np.maximum.reduceat(heads.ravel(), np.arange(0, heads.size, n)).reshape(-1, n)
    # No matrix products here: BLAS would start threads beside the waiting ones of the network.
    row_mean = np.einsum("hij->hi", heads) / n
    lowest = flat.min(axis=-1)
    _check_values(row_mean, row_max, lowest)

    # 0·ln 0 = 0: a weight of zero meets the logarithm of the smallest number, which is finite.
    tiny = np.finfo(heads.dtype).tiny
    scratch = np.log(heads if (lowest >= tiny).all() else np.maximum(heads, tiny))
    row_entropy = -np.einsum("hij,hij->hi", heads, scratch)

    below = flat < threshold
    sparsity = np.array([np.count_nonzero(head) for head in below]) / (n * n)

    # The spread around the mean, not the mean square less the squared mean: those two are nearly
    # equal when attention is nearly uniform, and their difference would be noise.
    np.subtract(heads, row_mean.mean(axis=-1)[:, None, None], out=scratch)
    variance = np.einsum("hij,hij->hi", scratch, scratch).mean(axis=-1) / n
    return (
        row_max.max(axis=-1),
        row_max.mean(axis=-1),
        np.maximum(row_entropy.mean(axis=-1), 0),
        sparsity,
        medians(flat),
        np.sqrt(variance),
    )


def _checked(attention: Any) -> np.ndarray:
    weights = np.asarray(attention)
    if weights.ndim < 2 or weights.shape[-1] != weights.shape[-2] or weights.shape[-1] == 0:
        raise InvalidChoice(
            f"Attention has as many rows as columns, shape (..., n, n), but the shape given is "
            f"{weights.shape}. Give the attention of one head, or of several heads stacked."
        )
    if weights.dtype.kind not in "fiub":
        raise InvalidChoice(
            f"Attention is made of real numbers, but the array given holds {weights.dtype}. "
            "Give an array of floats."
        )
    wide = weights.dtype == np.float64
    return np.asarray(weights, dtype=np.float64 if wide else np.float32)


def _checked_threshold(threshold: float) -> float:
    given = threshold
    if isinstance(threshold, bool) or not isinstance(threshold, (int, float, np.number)):
        threshold = math.nan
    if not 0 <= threshold <= 1:
        raise InvalidChoice(
            f"threshold is the weight below which a weight counts as none, from 0 to 1, and was "
            f"{given!r}. Choose a number from 0 to 1, such as {THRESHOLD}."
        )
    return float(threshold)


def _check_values(row_mean: np.ndarray, row_max: np.ndarray, lowest: np.ndarray) -> None:
    # NaN and infinity reach every mean and maximum, so these few numbers speak for all.
    if not (np.isfinite(row_mean).all() and np.isfinite(row_max).all()):
        raise InvalidChoice(
            "Attention holds a value that is not a finite number (NaN or infinity), so it has no "
            "metrics. Check the array that was given."
        )
    if (lowest < 0).any():
        raise InvalidChoice(
            f"Attention weights are never negative, but the lowest given is {lowest.min():.4g}. "
            "Give the weights after the softmax, not the scores before it."
        )
