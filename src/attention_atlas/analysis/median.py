"""The exact median of many numbers, without sorting or partitioning all of them."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

_WORTH_IT = 10_000
"""From how many numbers on looking at a sample first is faster than partitioning them all."""
_MARGIN = 3.0
"""How far around the guess the median is looked for, in standard deviations of rank."""


def medians(rows: Float[np.ndarray, "rows count"]) -> Float[np.ndarray, " rows"]:
    """The median of each row, as `numpy.median` gives it."""
    if rows.shape[-1] >= _WORTH_IT:
        return np.array([_selected(row) for row in rows], dtype=rows.dtype)
    middle = rows.shape[-1] // 2
    parted = rows.copy()
    parted.partition(middle, axis=-1)
    if rows.shape[-1] % 2 == 1:
        return parted[:, middle]
    return (parted[:, middle] + parted[:, :middle].max(axis=-1)) / 2


def _selected(values: np.ndarray) -> np.floating:
    """The median of many numbers.

    A sample tells between which two values it lies; what lies between is taken out, what lies
    below only counted, so that few numbers are left to be partitioned (after R. Floyd and
    R. Rivest, "Expected Time Bounds for Selection", 1975). Where the sample misled, all are.
    """
    lower, upper = (len(values) - 1) // 2, len(values) // 2
    low, high = _bracket(values, lower)
    too_low, low_enough = values < low, values <= high
    candidates = values.take(np.flatnonzero(too_low ^ low_enough))
    below = np.count_nonzero(too_low)
    if not (below <= lower and upper < below + len(candidates)):
        candidates, below = values.copy(), 0
    candidates.partition(upper - below)
    above = candidates[upper - below]
    if lower == upper:
        return above
    return (candidates[: upper - below].max() + above) / 2


def _bracket(values: np.ndarray, rank: int) -> tuple[np.floating, np.floating]:
    """Two values that nearly always have the one of this rank, the median, between them."""
    # A stride that divides the rows of a matrix would look at the same few columns only.
    stride = int(len(values) ** (1 / 3) / 2)
    while math.gcd(stride, len(values)) > 1:
        stride += 1
    sample = np.sort(values[::stride])
    middle, last = len(sample) // 2, len(sample) - 1
    # How many lie below the sample's own median is counted, which leaves a short way to guess.
    way = (rank - np.count_nonzero(values < sample[middle])) / stride
    off = _MARGIN * (1 + math.sqrt(abs(way)))
    low, high = math.floor(middle + way - off), math.ceil(middle + way + off)
    return sample[min(max(low, 0), last)], sample[min(max(high, 0), last)]
