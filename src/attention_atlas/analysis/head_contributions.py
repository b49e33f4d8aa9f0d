"""What each head adds to a token's attention output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64


@dataclass(frozen=True, eq=False)
class HeadContributions:
    """The output projection taken apart by heads; H heads, d hidden, in double precision."""

    parts: Float64[np.ndarray, "heads d"]
    """context_h W_O,h of each head. Added up, and the bias with them, they are the output."""
    norms: Float64[np.ndarray, " heads"]
    """‖context_h W_O,h‖, the L2 norm."""
    bias_norm: float
    """‖b_O‖: what is added whatever the heads say."""
    along: Float64[np.ndarray, " heads"]
    """How far each part goes in the direction of the output, as a share of the output's length:
    part · output / ‖output‖². Below 0 it works against the others. NaN for an output of zero."""
    bias_along: float
    """The same of the bias: with it, the shares add up to 1."""


def head_contributions(
    context: Float[np.ndarray, "heads d_h"],
    weight: Float[np.ndarray, "d joined"],
    bias: Float[np.ndarray, " d"],
) -> HeadContributions:
    """Takes the output projection of one token apart, head by head.

    The projection is linear, so projecting the joined heads is the same as projecting each head
    with its own d_h columns of the matrix and adding up.

    Source: how much a vector matters is read from the norm of what is added, not from weights
    alone, as G. Kobayashi et al. do: "Attention is Not Only a Weight: Analyzing Transformers with
    Vector Norms", EMNLP 2020, §3.

    Args:
        context: of the token, `layer.context[:, i]`.
        weight, bias: of the projection, as PyTorch keeps them: output = weight @ joined + bias;
            joined = H·d_h.
    """
    heads, head_size = context.shape
    own = weight.astype(np.float64).reshape(len(weight), heads, head_size)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        parts = np.einsum("hk,dhk->hd", context.astype(np.float64), own)
        output = parts.sum(axis=0) + bias
        square = output @ output
        return HeadContributions(
            parts=parts,
            norms=np.linalg.norm(parts, axis=-1),
            bias_norm=float(np.linalg.norm(bias.astype(np.float64))),
            along=parts @ output / square,
            bias_along=float(np.divide(bias @ output, square)),
        )
