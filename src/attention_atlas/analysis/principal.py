"""A plane to see a sentence's tokens in, layer after layer.

Principal component analysis by the singular value decomposition: K. Pearson, "On Lines and Planes
of Closest Fit to Systems of Points in Space", 1901; I. T. Jolliffe, "Principal Component
Analysis", 2002, section 3.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from attention_atlas.errors import InvalidChoice

NOT_FINITE = (
    "Some of the hidden states are not finite numbers (NaN or ∞), so their principal components "
    "do not exist and there is no map of them. Choose another model or another text."
)

WHOLE = 96
"""Matrices up to this size are decomposed whole."""
BLOCK = 12
STILL = 1e-6
MOST_ROUNDS = 60


@dataclass(frozen=True, eq=False)
class Plane:
    """The tokens of each layer in one and the same plane.

    "Layer" 0 is the embeddings, and layer l is what the l-th layer gives.
    """

    points: Float[np.ndarray, "states n 2"]
    """Each token's place, in units of its layer's spread; the mean of a layer is at 0, 0."""
    spread: Float[np.ndarray, " states"]
    """Root of the mean squared distance of a layer's tokens from their mean, in all d dimensions;
    0 where the tokens are all alike."""
    share: Float[np.ndarray, " states"]
    """The share of a layer's squared spread that lies in the plane; NaN where there is none."""
    best: Float[np.ndarray, " states"]
    """The share that lies in the best plane for this layer alone; NaN where there is none."""
    nearest: Int[np.ndarray, "states n"]
    """For each token the one nearest to it in all d dimensions (Euclidean); -1 if it is alone."""


def principal_plane(hidden_states: Float[np.ndarray, "states n d"]) -> Plane:
    """Finds the plane that holds most of the spread between the tokens, over all layers at once.

    Each layer is centred on the mean of its tokens and divided by its spread, so that all layers
    count alike; the plane is spanned by the two first principal components of all these vectors
    together. It is one plane for all layers: a point that moves has moved in the model too.

    Raises:
        InvalidChoice: a hidden state is NaN or infinite.
    """
    if not np.isfinite(hidden_states).all():
        raise InvalidChoice(NOT_FINITE)
    states, n, d = hidden_states.shape
    centred = hidden_states - hidden_states.mean(axis=1, keepdims=True)
    spread = np.sqrt(np.square(centred).sum(axis=(1, 2)) / n)
    length = np.sqrt(np.square(hidden_states).sum(axis=(1, 2)) / n)
    spread[spread <= 1e-5 * length] = 0  # what rounding leaves of equal vectors is no spread
    unit = np.divide(
        centred, spread[:, None, None], out=np.zeros_like(centred), where=spread[:, None, None] > 0
    )
    axes = _axes(unit.reshape(states * n, d))
    points = np.zeros((states, n, 2), dtype=np.float32)
    points[..., : axes.shape[1]] = unit @ axes
    gram = unit @ unit.transpose(0, 2, 1)
    with np.errstate(invalid="ignore"):
        some = np.where(spread > 0, 1.0, np.nan)
    return Plane(
        points=points,
        spread=spread,
        share=np.square(points).sum(axis=(1, 2)) / n * some,
        best=_largest_two(gram if n <= d else unit.transpose(0, 2, 1) @ unit)[0].sum(axis=1)
        / n
        * some,
        nearest=_nearest(gram),
    )


def _axes(vectors: Float[np.ndarray, "rows d"]) -> Float[np.ndarray, "d axes"]:
    """The two first right singular vectors, each with its largest entry positive."""
    rows, d = vectors.shape
    if rows <= d:
        values, left = _largest_two(vectors @ vectors.T)
        real = values > 1e-6 * values[0]  # below, there is only what rounding left
        axes = vectors.T @ left / np.sqrt(np.where(real, values, np.inf))
    else:  # the same vectors, of a matrix that does not grow with the text
        axes = _largest_two(vectors.T @ vectors)[1]
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    return (axes * signs).astype(vectors.dtype)


def _largest_two(
    gram: Float[np.ndarray, "*many m m"],
) -> tuple[Float[np.ndarray, "*many two"], Float[np.ndarray, "*many m two"]]:
    """The two largest eigenvalues of MᵀM (the squared singular values of M), and their vectors.

    Small matrices are decomposed whole; of larger ones a block of vectors is multiplied by the
    matrix until the two values stand still, which is much the faster, above all on a busy machine
    (N. Halko, P. G. Martinsson and J. A. Tropp, "Finding Structure with Randomness", 2011,
    section 4.5).
    """
    m = gram.shape[-1]
    if m <= WHOLE:
        vectors, values, _ = np.linalg.svd(gram, hermitian=True)
        return values[..., :2], vectors[..., :2]
    block = np.random.default_rng(0).standard_normal((m, BLOCK)).astype(gram.dtype)
    before, values, within = np.inf, np.zeros(2), np.zeros((BLOCK, 2))
    block = np.linalg.qr(gram @ block)[0]
    for _ in range(MOST_ROUNDS):
        small = block.swapaxes(-1, -2) @ (image := gram @ block)
        within, values, _ = np.linalg.svd(small, hermitian=True)
        values = values[..., :2]
        if (np.abs(values - before) <= STILL * values).all():
            break
        before = values
        block = np.linalg.qr(image)[0]
    return values, block @ within[..., :2]


def _nearest(gram: Float[np.ndarray, "states n n"]) -> Int[np.ndarray, "states n"]:
    states, n, _ = gram.shape
    if n == 1:
        return np.full((states, 1), -1)
    squared = np.einsum("sii->si", gram)
    distance = squared[:, :, None] + squared[:, None, :] - 2 * gram
    distance[:, np.arange(n), np.arange(n)] = np.inf
    return distance.argmin(axis=2)
