"""Sparsity at many thresholds τ at once, so that τ can be moved without another pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float64

from attention_atlas.analysis.heads import HeadSummary
from attention_atlas.analysis.metrics import THRESHOLD
from attention_atlas.errors import InvalidChoice

_STEPS = ("1", "1.2", "1.5", "1.8", "2.2", "2.7", "3.3", "3.9", "4.7", "5.6", "6.8", "8.2")
"""The E12 series of IEC 60063: twelve steps a decade, evenly spaced in the logarithm to two digits,
so that each threshold can be written out in full."""
_LOWEST, _HIGHEST = 1e-4, 0.5


@dataclass(frozen=True, eq=False)
class SparsityCurve:
    """The sparsity of all heads at each of T thresholds."""

    thresholds: Float64[np.ndarray, " thresholds"]
    """τ, ascending."""
    shares: Float[np.ndarray, "thresholds layers heads"]
    """The share of the n² weights of a head below τ, as `analysis.metrics` has it."""

    def nearest(self, tau: float) -> float:
        """The threshold of this curve that is nearest to `tau`, as a ratio.

        One in the address of the page, or 1/n of an earlier text, need not be among those here.
        """
        with np.errstate(divide="ignore"):
            away = np.abs(np.log(self.thresholds) - np.log(max(float(tau), np.finfo(float).tiny)))
        return float(self.thresholds[int(np.argmin(away))])


def thresholds(n: int) -> Float64[np.ndarray, " thresholds"]:
    """The thresholds that the page offers for n tokens, ascending.

    From 1e-4 to 0.5, evenly spaced in the logarithm to two digits, among them exactly `THRESHOLD`;
    and exactly 1/n, the weight that uniform attention gives to each of n tokens.

    Raises:
        InvalidChoice: n is not 1 or more.
    """
    if n < 1:
        raise InvalidChoice(
            f"Thresholds are for attention among n tokens, and n was {n}. Give 1 or more."
        )
    written = [float(f"{step}e{power}") for power in range(-4, 0) for step in _STEPS]
    offered = {tau for tau in written if _LOWEST <= tau <= _HIGHEST}
    return np.array(sorted(offered | {_HIGHEST, THRESHOLD, 1 / n}))


def sparsity_curve(
    attentions: Iterable[Float[np.ndarray, "heads n n"]],
    thresholds: Float[np.ndarray, " thresholds"],
) -> SparsityCurve:
    """The sparsity of every head at each threshold, exactly as `metrics` gives it.

    Args:
        attentions: the weights of each layer in turn; one layer is looked at at a time.
        thresholds: τ, ascending, each from 0 to 1.

    Raises:
        InvalidChoice: there is no layer, or the thresholds do not ascend from 0 to 1.
    """
    taus = np.asarray(thresholds, dtype=np.float64)
    if not (len(taus) and taus[0] >= 0 and taus[-1] <= 1 and (np.diff(taus) > 0).all()):
        raise InvalidChoice(
            f"Thresholds ascend and lie from 0 to 1, but {taus.tolist()} were given. "
            "Give them sorted, each once."
        )
    layers = [_shares(attention, taus) for attention in attentions]
    if not layers:
        raise InvalidChoice(
            "There is no layer to look at: no attention was given. Give that of each layer."
        )
    return SparsityCurve(taus, np.stack(layers, axis=1))


def with_threshold(summary: HeadSummary, curve: SparsityCurve, tau: float) -> HeadSummary:
    """`summary` with the sparsity at `tau` in place of its own; nothing else changes.

    Raises:
        InvalidChoice: `tau` is not one of the curve's thresholds (`curve.nearest` finds one), or
            the curve is of other heads than the summary.
    """
    found = np.flatnonzero(curve.thresholds == tau)
    if not len(found):
        raise InvalidChoice(
            f"τ = {tau!r} is not one of the {len(curve.thresholds)} thresholds of this curve, "
            f"from {curve.thresholds[0]:g} to {curve.thresholds[-1]:g}. "
            f"The nearest is {curve.nearest(tau)!r}."
        )
    shares = curve.shares[found[0]]
    if shares.shape != summary.metrics.sparsity.shape:
        raise InvalidChoice(
            f"The curve is of {' × '.join(map(str, shares.shape))} heads, the summary of "
            f"{' × '.join(map(str, summary.metrics.sparsity.shape))}. Give those of one pass."
        )
    return replace(summary, metrics=replace(summary.metrics, sparsity=shares))


def _shares(attention: np.ndarray, taus: np.ndarray) -> np.ndarray:
    """The sparsity of one layer's heads, (T, H)."""
    heads, n = attention.shape[:2]
    # `metrics` compares in the precision of the weights: 1/n has to be rounded as they are.
    rounded = taus.astype(attention.dtype)
    below = np.empty((len(taus), heads))
    for head, weights in enumerate(attention):
        # Sorted once, each threshold is a look-up: half the time of a comparison for each.
        below[:, head] = np.searchsorted(np.sort(weights, axis=None), rounded, side="left")
    return (below / (n * n)).astype(attention.dtype)
