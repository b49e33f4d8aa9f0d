"""Sending less than there is, in ways that can be said in one sentence."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

LARGEST_HALF = float(np.finfo(np.float16).max)


def halves(array: Float[np.ndarray, "*any"]) -> Float[np.ndarray, "*any"]:
    """The array as half floats, off by less than 1 in 2,000; as it is if one would not fit."""
    finite = np.abs(array[np.isfinite(array)])
    return array.astype(np.float16) if finite.max(initial=0) <= LARGEST_HALF else array


def stride_for(n: int, most: int) -> int:
    """The smallest step with which at most `most` of n things are taken: the 0th, the step-th, …"""
    return max(1, -(-n // most))


def pooled(matrix: Float[np.ndarray, "n d"], group: int) -> Float[np.ndarray, "n cells"]:
    """Of each `group` neighbouring columns the value that is largest in magnitude.

    The last group is as wide as what is left. A NaN is larger than everything.
    """
    if group == 1:
        return matrix
    n, d = matrix.shape
    cells = -(-d // group)
    padded = np.zeros((n, cells * group), dtype=matrix.dtype)
    padded[:, :d] = matrix
    blocks = padded.reshape(n, cells, group)
    size = np.where(np.isnan(blocks), np.inf, np.abs(blocks))
    return np.take_along_axis(blocks, size.argmax(axis=-1)[..., None], axis=-1)[..., 0]
