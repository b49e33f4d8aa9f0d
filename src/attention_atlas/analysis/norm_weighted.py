"""How long the vector is that a head takes from each token: attention weighted by norms."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64


def norm_weighted(
    attention: Float[np.ndarray, "heads n n"],
    value: Float[np.ndarray, "heads n d_h"],
    weight: Float[np.ndarray, "d heads d_h"],
) -> Float[np.ndarray, "heads n n"]:
    """‖α_ij v_j W_O,h‖, the L2 norm of what token i takes from token j through head h.

    A head may give much weight to a token whose value is next to nothing; this number says what
    arrives. It is a length, not a share: rows do not sum to 1.

    Source: G. Kobayashi, T. Kuribayashi, S. Yokoi and K. Inui, "Attention is Not Only a Weight:
    Analyzing Transformers with Vector Norms", EMNLP 2020, §3.

    Args:
        attention: α, rows are queries and columns keys.
        value: v, the bias of the value projection in it, as the model computes it.
        weight: of the output projection as PyTorch keeps it, its columns split among the heads.
            Its bias belongs to no head and takes no part.
    """
    # α is never negative, so it comes out of the norm, and n vectors a head are enough, not n².
    lengths = np.stack([_lengths(own, weight[:, head]) for head, own in enumerate(value)])
    return attention * lengths[:, None, :].astype(attention.dtype)


def _lengths(
    vectors: Float[np.ndarray, "n d_h"], weight: Float[np.ndarray, "d d_h"]
) -> Float64[np.ndarray, " n"]:
    """‖W v‖ of each vector v, by its square vᵀ (WᵀW) v: that has d_h² numbers where W has d·d_h."""
    # In double precision, as squaring halves the digits of what W makes small. And no matrix
    # products: BLAS would start threads beside the waiting ones of the network.
    columns = weight.T.astype(np.float64, order="C")
    vectors = vectors.astype(np.float64)
    through = np.einsum("na,ab->nb", vectors, np.einsum("ad,bd->ab", columns, columns))
    return np.sqrt(np.maximum(np.einsum("nb,nb->n", through, vectors), 0))
