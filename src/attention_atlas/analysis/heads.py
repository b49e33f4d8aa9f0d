"""All heads of a model beside each other: their metrics, roles, and a small picture of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from attention_atlas.analysis.metrics import AttentionMetrics, metrics
from attention_atlas.analysis.roles import (
    Places,
    RoleShare,
    mean_distance,
    roles,
    uniform_distance,
)
from attention_atlas.errors import InvalidChoice

THUMBNAIL = 24
"""The most pixels a side that the picture of a head has."""


@dataclass(frozen=True, eq=False)
class LayerSummary:
    """What is kept of one layer's attention when the pass goes on to the next."""

    metrics: AttentionMetrics
    """Arrays (H,)."""
    thumbnails: UInt8[np.ndarray, "heads s s"]
    """A picture of each head, 255 for weight 1; s = min(n, 24)."""
    roles: Mapping[str, RoleShare]
    """By the names of `analysis.roles.places`; arrays (H,). Empty if nobody said where to look."""
    distance: Float[np.ndarray, " heads"]
    """How many tokens away each head looks on average."""
    uniform_distance: float
    """How many that is for uniform attention."""


@dataclass(frozen=True, eq=False)
class HeadSummary:
    """What is kept of the attention of a whole pass."""

    metrics: AttentionMetrics
    """Arrays (L, H)."""
    thumbnails: UInt8[np.ndarray, "layers heads s s"]
    """A picture of each head, 255 for weight 1; s = min(n, 24)."""
    roles: Mapping[str, RoleShare]
    """By the names of `analysis.roles.places`; arrays (L, H). NaN where no query has such a
    place. Empty if the layers were summarised without places."""
    distance: Float[np.ndarray, "layers heads"]
    """How many tokens away each head looks on average."""
    uniform_distance: float
    """How many that is for uniform attention: (n² - 1) / 3n."""

    def __repr__(self) -> str:
        """`HeadSummary(12 layers × 12 heads)`."""
        layers, heads = self.thumbnails.shape[:2]
        return f"HeadSummary({layers} layers × {heads} heads)"


@dataclass(frozen=True)
class Standing:
    """Where one head stands among all heads in one metric."""

    value: float
    rank: int
    """1 for the highest value; heads with the same value share a rank."""
    of: int
    """How many heads there are."""
    lowest: float
    median: float
    highest: float

    @property
    def share_below(self) -> float:
        """The share of the other heads that rank lower or the same, 0 to 1; 1 for a lone head."""
        return (self.of - self.rank) / (self.of - 1) if self.of > 1 else 1.0


def summarise_layer(
    attention: Float32[np.ndarray, "heads n n"], where: Mapping[str, Places] | None = None
) -> LayerSummary:
    """What is kept of one layer's heads; meant for `trace(..., on_layer=...)`.

    A head that holds NaN or infinity has NaN for metrics, and dark pixels where they stand: the
    rest of a pass through a damaged network can still be looked at.

    Args:
        attention: weights of the layer's heads.
        where: the kinds of places that make the roles, `places(tokens)`; no roles if None.

    Raises:
        InvalidChoice: as `roles` does.
    """
    return LayerSummary(
        _metrics_of_each(attention),
        thumbnails(attention),
        roles(attention, where or {}),
        mean_distance(attention),
        uniform_distance(attention.shape[-1]),
    )


def _metrics_of_each(attention: Float32[np.ndarray, "heads n n"]) -> AttentionMetrics:
    """The metrics of each head; NaN for a head whose network has run into NaN or infinity."""
    try:
        return metrics(attention)
    except InvalidChoice:
        finite = np.isfinite(attention).all(axis=(1, 2))
        found = metrics(attention[finite]) if finite.any() else None
        filled = {}
        for field in fields(AttentionMetrics):
            filled[field.name] = np.full(len(attention), np.nan, dtype=attention.dtype)
            if found is not None:
                filled[field.name][finite] = getattr(found, field.name)
        return AttentionMetrics(**filled)


def combine(summaries: Sequence[LayerSummary]) -> HeadSummary:
    """The summaries of all layers, in their order, as one.

    Raises:
        InvalidChoice: there is no summary.
    """
    if not summaries:
        raise InvalidChoice(
            "There is no layer to combine: the list of summaries is empty. "
            "Give one summary for each layer, from summarise_layer."
        )
    names = [field.name for field in fields(AttentionMetrics)]
    stacked = {name: np.stack([getattr(s.metrics, name) for s in summaries]) for name in names}
    first = summaries[0]
    return HeadSummary(
        AttentionMetrics(**stacked),
        np.stack([summary.thumbnails for summary in summaries]),
        {
            name: RoleShare(
                np.stack([summary.roles[name].share for summary in summaries]),
                role.uniform,
                role.queries,
            )
            for name, role in first.roles.items()
        },
        np.stack([summary.distance for summary in summaries]),
        first.uniform_distance,
    )


def thumbnails(
    attention: Float32[np.ndarray, "*heads n n"], size: int = THUMBNAIL
) -> UInt8[np.ndarray, "*heads s s"]:
    """A picture of each head, s = min(n, size) pixels a side, 255 for weight 1.

    Up to `size` tokens a pixel is a weight. Above, a pixel stands for a run of queries and a run
    of keys, tokens on its border counted by the share that lies inside: its weights are summed
    over the keys and averaged over the queries. So it is again a share of attention, each row
    sums to 1, and a long text's pictures are as bright as a short one's.
    """
    pixels = attention if attention.shape[-1] <= size else _shrunk(attention, size)
    return np.clip(np.rint(np.nan_to_num(pixels) * np.float32(255)), 0, 255).astype(np.uint8)


def _shrunk(attention: np.ndarray, size: int) -> np.ndarray:
    """Means over runs of queries, sums over runs of keys; first the queries, in one look each."""
    n = attention.shape[-1]
    means = _area_means(n, size)
    rows = np.empty((*attention.shape[:-2], size, n), dtype=attention.dtype)
    for pixel, counts in enumerate(means):
        inside = np.flatnonzero(counts)
        area = slice(inside[0], inside[-1] + 1)
        # No matrix products here: BLAS would start threads beside the waiting ones of the network.
        np.einsum("k,...kn->...n", counts[area], attention[..., area, :], out=rows[..., pixel, :])
    sums = means * np.float32(n / size)
    return np.einsum("...n,pn->...p", rows, sums)


@lru_cache(maxsize=64)
def _area_means(n: int, size: int) -> Float32[np.ndarray, "{size} {n}"]:
    """Row p: how much each of n cells counts in pixel p of `size`; each row sums to 1."""
    # Whole numbers, in units of 1/size of a cell, so that no border is off by a rounding error.
    starts = np.arange(size)[:, None] * n
    cells = np.arange(n) * size
    overlap = np.minimum(starts + n, cells + size) - np.maximum(starts, cells)
    means = (np.maximum(overlap, 0) / n).astype(np.float32)
    means.flags.writeable = False
    return means


def rank(values: Float[np.ndarray, "layers heads"]) -> Int[np.ndarray, "layers heads"]:
    """The rank of each head among all: 1 for the highest value, the same for equal values."""
    descending = np.sort(values, axis=None)[::-1]
    return 1 + np.searchsorted(-descending, -values, side="left")


def standing(values: Float[np.ndarray, "layers heads"], layer: int, head: int) -> Standing:
    """Where head `head` of layer `layer`, both counted from 0, stands in one metric.

    Raises:
        InvalidChoice: there is no such head.
    """
    layers, heads = values.shape
    if not (0 <= layer < layers and 0 <= head < heads):
        raise InvalidChoice(
            f"There is no head {head} in layer {layer}: the model has {layers} layers of {heads} "
            f"heads. Choose a layer from 0 to {layers - 1} and a head from 0 to {heads - 1}."
        )
    value = values[layer, head]
    return Standing(
        value=float(value),
        rank=1 + int((values > value).sum()),
        of=values.size,
        lowest=float(values.min()),
        median=float(np.median(values)),
        highest=float(values.max()),
    )
