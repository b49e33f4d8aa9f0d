"""Attention rollout: how much of each input token reaches each token of a layer's output."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32


def with_residual(attention: Float[np.ndarray, "*layers n n"]) -> Float[np.ndarray, "*layers n n"]:
    """A = 0.5 W + 0.5 I: what a layer takes from each token, its residual path included.

    The residual path carries each token past the attention, and the two are counted alike. Rows
    are divided by their sum, so that a row of W that is all zero, because its token gave
    everything to tokens that are left out, keeps the residual path alone.

    Source: S. Abnar and W. Zuidema, "Quantifying Attention Flow in Transformers", ACL 2020, §3.
    """
    mixed = attention + np.eye(attention.shape[-1], dtype=attention.dtype)
    return mixed / mixed.sum(axis=-1, keepdims=True)


def rollout(attention: Float[np.ndarray, "layers n n"]) -> Float32[np.ndarray, "layers n n"]:
    """How much each token takes from each input token, through all paths up to a layer's output.

    Of layer l, counted from 0, it is A_l A_{l−1} … A_0, with A as `with_residual` gives it. Row i
    holds what token i of that layer's output takes from each input token, and sums to 1. What is
    not finite in one layer is not finite above it.

    Source: S. Abnar and W. Zuidema, "Quantifying Attention Flow in Transformers", ACL 2020, eq. 1.

    Args:
        attention: of each layer the mean over its heads, rows summing to 1.
    """
    mixed = with_residual(attention)
    rolled = np.empty(attention.shape, dtype=np.float32)
    for layer, own in enumerate(mixed):
        rolled[layer] = own @ rolled[layer - 1] if layer else own
    return rolled
