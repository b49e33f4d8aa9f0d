"""Scaled dot-product attention, one token at a time, with its real numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from attention_atlas.errors import InvalidChoice


@dataclass(frozen=True, eq=False)
class AttentionSteps:
    """How one query token comes to its context vector in one head; n tokens, d_h head size."""

    query_token: int
    """The token that asks, counted from 0."""
    raw: Float[np.ndarray, " n"]
    """q·k with the key of each token."""
    scaled: Float[np.ndarray, " n"]
    """raw / √d_h."""
    weights: Float[np.ndarray, " n"]
    """The softmax of scaled: they sum to 1."""
    weighted_values: Float[np.ndarray, "n d_h"]
    """The value of each token, times its weight."""
    context: Float[np.ndarray, " d_h"]
    """The sum of the weighted values."""


def attention_steps(
    query: Float[np.ndarray, "n d_h"],
    key: Float[np.ndarray, "n d_h"],
    value: Float[np.ndarray, "n d_h"],
    query_token: int,
) -> AttentionSteps:
    """Walks softmax(q·kᵀ / √d_h) · v for one query token of one head.

    Source: A. Vaswani et al., "Attention Is All You Need", 2017, §3.2.1.

    Args:
        query, key, value: of one head, `layer.query[h]` and so on.
        query_token: which token asks, counted from 0.

    Raises:
        InvalidChoice: there is no such token.
    """
    n, head_size = query.shape
    if not 0 <= query_token < n:
        raise InvalidChoice(
            f"There is no token {query_token}: the text has {n}. Choose 0 to {n - 1}."
        )
    raw = key @ query[query_token]
    scaled = raw / np.sqrt(head_size, dtype=raw.dtype)
    exponentials = np.exp(scaled - scaled.max())
    weights = exponentials / exponentials.sum()
    weighted_values = weights[:, None] * value
    return AttentionSteps(
        query_token=query_token,
        raw=raw,
        scaled=scaled,
        weights=weights,
        weighted_values=weighted_values,
        context=weighted_values.sum(axis=0),
    )
