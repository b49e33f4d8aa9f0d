"""The sinusoidal position encoding that the Transformer began with, as a comparison to BERT's."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32

from attention_atlas.errors import InvalidChoice


def sinusoidal_encoding(n: int, d: int) -> Float32[np.ndarray, "{n} {d}"]:
    """The fixed encoding of positions 0 to n - 1, (n, d), values from -1 to 1.

    PE(pos, 2i) = sin(pos / 10000^(2i/d)) and PE(pos, 2i + 1) = cos(pos / 10000^(2i/d)). BERT does
    not use it: it learned a vector for each position instead.

    Source: A. Vaswani et al., "Attention Is All You Need", 2017, §3.5.

    Raises:
        InvalidChoice: n or d is less than 1.
    """
    if n < 1 or d < 1:
        raise InvalidChoice(
            f"A position encoding has at least 1 position and 1 dimension, but {n} × {d} was "
            "asked for. Choose both from 1."
        )
    even = np.arange(0, d, 2)
    angles = np.arange(n)[:, None] / 10000 ** (even / d)
    encoding = np.empty((n, d), dtype=np.float32)
    encoding[:, 0::2] = np.sin(angles)
    encoding[:, 1::2] = np.cos(angles)[:, : d // 2]
    return encoding


def cosines(vectors: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n n"]:
    """The cosine of each vector with each other, (n, n), from -1 to 1; NaN for a zero vector."""
    norms = np.linalg.norm(vectors, axis=1)
    with np.errstate(all="ignore"):
        similar = vectors @ vectors.T / (norms[:, None] * norms)
    return np.clip(similar, -1, 1)
