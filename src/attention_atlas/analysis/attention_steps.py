"""Scaled dot-product attention, one token at a time, with its real numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from attention_atlas.errors import InvalidChoice


@dataclass(frozen=True, eq=False)
class AttentionSteps:
    """What lies between the tensors of one query token in one head; n keys, d_h head size.

    All in double precision, so that only the model's own rounding is in the numbers.
    """

    raw: Float64[np.ndarray, " n"]
    """q·k with the key of each token."""
    maximum: float
    """The largest score: the softmax takes it off first, and exp cannot overflow."""
    shifted: Float64[np.ndarray, " n"]
    """score − maximum."""
    exponentials: Float64[np.ndarray, " n"]
    """exp(shifted), between 0 and 1."""
    exponential_sum: float
    """The sum of the exponentials: what the softmax divides by."""
    weighted_values: Float64[np.ndarray, "n d_h"]
    """The value of each token, times its weight. Their sum is the context vector."""
    rounding: float
    """How far the scores are from raw / √d_h at most: what the model's single precision cost."""


def attention_steps(
    query: Float[np.ndarray, " d_h"],
    key: Float[np.ndarray, "n d_h"],
    value: Float[np.ndarray, "n d_h"],
    scores: Float[np.ndarray, " n"],
    weights: Float[np.ndarray, " n"],
) -> AttentionSteps:
    """Walks softmax(q·kᵀ / √d_h) · v for one query token of one head, along the model's numbers.

    NaN and infinity go on as they would in the model.

    Source: A. Vaswani et al., "Attention Is All You Need", 2017, §3.2.1.

    Args:
        query: of the token that asks, `layer.query[h, i]`.
        key, value: of all tokens, `layer.key[h]` and `layer.value[h]`.
        scores, weights: the model's own, `layer.scores[h, i]` and `layer.attention[h, i]`.
    """
    scores = scores.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        raw = key.astype(np.float64) @ query.astype(np.float64)
        apart = np.abs(raw / np.sqrt(len(query)) - scores)
        maximum = scores.max()
        shifted = scores - maximum
        exponentials = np.exp(shifted)
        weighted = weights.astype(np.float64)[:, None] * value
    return AttentionSteps(
        raw=raw,
        maximum=float(maximum),
        shifted=shifted,
        exponentials=exponentials,
        exponential_sum=float(exponentials.sum()),
        weighted_values=weighted,
        rounding=float(apart[np.isfinite(apart)].max(initial=0)),
    )


@dataclass(frozen=True, eq=False)
class DotProductTerms:
    """A dot product as its largest terms and the rest; in double precision."""

    dimensions: tuple[int, ...]
    """Which dimensions these are, the largest term first."""
    products: Float64[np.ndarray, " terms"]
    """q_d · k_d of each."""
    rest: float
    """The sum of the terms that are not listed."""


def largest_terms(
    query: Float[np.ndarray, " d_h"], key: Float[np.ndarray, " d_h"], most: int
) -> DotProductTerms:
    """The `most` dimensions that contribute most to q·k, by the magnitude of q_d · k_d.

    Terms that are no numbers come first: they decide the sum.

    Raises:
        InvalidChoice: `most` is below 1.
    """
    if most < 1:
        raise InvalidChoice(f"At least 1 term is listed, but {most} was asked for.")
    with np.errstate(invalid="ignore", over="ignore"):
        products = query.astype(np.float64) * key
        size = np.where(np.isnan(products), np.inf, np.abs(products))
        order = np.argsort(-size, kind="stable")
        rest = products[np.sort(order[most:])].sum()
    return DotProductTerms(
        dimensions=tuple(order[:most].tolist()), products=products[order[:most]], rest=float(rest)
    )
