"""The units of a feed-forward network, one token at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

STRONG = 0.1
"""A unit is strong when its magnitude is more than this share of the largest one."""


@dataclass(frozen=True, eq=False)
class Neurons:
    """The units of one token in one layer; d_ff units, the k strongest picked."""

    above_zero: int
    """How many values are above 0. That is what "active" means for a ReLU, which gives 0 below;
    GELU, SiLU and tanh keep the sign of what they are given, so it counts the same units there."""
    strong: int
    """How many magnitudes are more than `STRONG` times the largest."""
    strongest: Int[np.ndarray, " k"]
    """The units of the largest magnitude, the largest first."""
    shares: Float[np.ndarray, " k"]
    """The share that each of the strongest has in the output: see `neurons`."""
    rest_share: float
    """The share of all the other units together."""
    bias_share: float
    """The share of the bias; with all units it adds up to 1."""


def neurons(
    values: Float[np.ndarray, " d_ff"],
    weights: Float[np.ndarray, "d d_ff"],
    output: Float[np.ndarray, " d"],
    count: int = 8,
) -> Neurons:
    """Which units of one token are strong, and how much of the output they make.

    The output is Σₖ valueₖ · W₂[:, k] + b₂. The share of a unit is the projection of its term on
    the output, valueₖ W₂[:, k] · output / (output · output): all shares and that of the bias add
    up to 1, and a term that points against the output is below 0. NaN where the output is zero.

    Args:
        values: after the activation.
        weights: W₂ as PyTorch keeps it, a column for each unit.
        output: after the second projection.
        count: how many of the strongest to pick; all of them if there are fewer.
    """
    magnitudes = np.abs(values)
    strongest = np.argsort(-magnitudes, kind="stable")[:count]
    target = output.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        along = target.astype(weights.dtype) @ weights
        shares = values * along.astype(np.float64) / (target @ target)
    return Neurons(
        above_zero=int((values > 0).sum()),
        strong=int((magnitudes > STRONG * magnitudes.max()).sum()),
        strongest=strongest,
        shares=shares[strongest],
        rest_share=float(np.delete(shares, strongest).sum()),
        bias_share=float(1 - shares.sum()),
    )
