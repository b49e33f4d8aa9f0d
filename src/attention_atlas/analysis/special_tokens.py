"""Attention among some of the tokens: the special ones soak up much, and can be left out."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from attention_atlas.errors import InvalidChoice


def without(
    attention: Float[np.ndarray, "*heads n n"], keep: Bool[np.ndarray, " n"] | Any
) -> Float[np.ndarray, "*heads m m"]:
    """The attention among the tokens that are kept: rows and columns of the others left out.

    Each row is divided by what is left of it, so that it sums to 1 again. A row of which nothing
    is left, because all its attention went to tokens left out, is all zero.

    Args:
        attention: weights, (..., n, n); rows are queries and columns keys.
        keep: which of the n tokens stay, True for those.

    Raises:
        InvalidChoice: `keep` does not say yes or no for each token, or keeps none.
    """
    keep = np.asarray(keep)
    n = attention.shape[-1]
    if keep.dtype != bool or keep.shape != (n,):
        raise InvalidChoice(
            f"keep says for each of the {n} tokens whether it stays, but an array of {keep.dtype} "
            f"of shape {keep.shape} was given. Give {n} booleans."
        )
    if not keep.any():
        raise InvalidChoice(
            f"keep leaves none of the {n} tokens, so there is no attention to show. "
            "Keep at least one."
        )
    chosen = np.flatnonzero(keep)
    # Rows first, which are whole runs of memory; both at once would leave the heads innermost.
    left = attention.take(chosen, axis=-2).take(chosen, axis=-1)
    sums = left.sum(axis=-1, keepdims=True)
    return np.divide(left, sums, out=np.zeros_like(left), where=sums > 0)
