"""The layout of a trace's file: which arrays it has, of what type and shape.

docs/trace-file.md tells it. Whoever changes it changes VERSION, and that page.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from attention_atlas.models.model import Model
from attention_atlas.tracing.tensors import TENSORS

FORMAT = "attention-atlas trace"
VERSION = 1
METADATA = "metadata"
"""The array of no axes that holds what is no array, as JSON in ASCII."""


@dataclass(frozen=True)
class Entry:
    """One array of the file."""

    name: str
    """As it is reached in Python: "layers.3.query"."""
    dtype: str
    """As NumPy writes it: "<f4"."""
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """How many bytes its numbers take."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


def token_entries(n: int) -> tuple[Entry, ...]:
    """What is kept of n tokens; −1 stands for None."""
    return (
        Entry("tokens.id", "<i8", (n,)),
        Entry("tokens.position", "<i8", (n,)),
        Entry("tokens.segment", "<i8", (n,)),
        Entry("tokens.sentence", "<i8", (n,)),
        Entry("tokens.word", "<i8", (n,)),
        Entry("tokens.span", "<i8", (n, 2)),
        Entry("tokens.special", "|b1", (n,)),
        Entry("tokens.unknown", "|b1", (n,)),
    )


def whole_entries(model: Model, n: int) -> tuple[Entry, ...]:
    """The embeddings and the hidden states."""
    return tuple(
        Entry(tensor.path.removeprefix("trace."), "<f4", tensor.shape(model, n))
        for tensor in TENSORS
        if tensor.place != "layer"
    )


def prediction_entries(n: int, pieces: int) -> tuple[Entry, ...]:
    """The likeliest `pieces` at each of n positions."""
    return (
        Entry("predictions.id", "<i8", (n, pieces)),
        Entry("predictions.probability", "<f4", (n, pieces)),
    )


def layer_entries(model: Model, n: int, layer: int) -> tuple[Entry, ...]:
    """The inside of one layer, counted from 0."""
    return tuple(
        Entry(f"layers.{layer}.{tensor.name}", "<f4", tensor.shape(model, n))
        for tensor in TENSORS
        if tensor.place == "layer"
    )


def entries(model: Model, n: int, pieces: int | None) -> Iterator[Entry]:
    """All that a file has to have for a text of n tokens; `pieces` is None without predictions."""
    yield from token_entries(n)
    yield from whole_entries(model, n)
    if pieces is not None:
        yield from prediction_entries(n, pieces)
    for layer in range(model.layers):
        yield from layer_entries(model, n, layer)
