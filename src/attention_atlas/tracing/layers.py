"""The inside of each layer: made when it is looked at, and kept while there is room."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

import numpy as np
from jaxtyping import Float32

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.layer_cache import LayerCache

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """Everything that one encoder layer computes for one text, in the order it happens.

    Arrays are read-only float32; n tokens, H heads, d hidden, d_h = d / H, d_ff feed-forward.
    """

    index: int
    """Which layer, counted from 0."""
    input: Float32[np.ndarray, "n d"]
    """What enters the layer: `trace.hidden_states[index]`."""
    query: Float32[np.ndarray, "heads n d_h"]
    key: Float32[np.ndarray, "heads n d_h"]
    value: Float32[np.ndarray, "heads n d_h"]
    scores: Float32[np.ndarray, "heads n n"]
    """q·k / √d_h, before the softmax; the one tensor formed from captured ones."""
    attention: Float32[np.ndarray, "heads n n"]
    """The softmax of the scores; row i holds how much token i takes from each token."""
    context: Float32[np.ndarray, "heads n d_h"]
    """attention @ value."""
    attention_output: Float32[np.ndarray, "n d"]
    """The heads joined, after the output projection."""
    attention_norm: Float32[np.ndarray, "n d"]
    """LayerNorm(input + attention_output)."""
    intermediate: Float32[np.ndarray, "n d_ff"]
    """After the feed-forward activation."""
    ffn_output: Float32[np.ndarray, "n d"]
    """After the second projection of the feed-forward network."""
    output: Float32[np.ndarray, "n d"]
    """LayerNorm(attention_norm + ffn_output): `trace.hidden_states[index + 1]`."""

    @property
    def nbytes(self) -> int:
        """The memory it holds beyond the hidden states of its trace."""
        arrays = (getattr(self, field.name) for field in fields(self))
        own = (array for array in arrays if isinstance(array, np.ndarray))
        return sum(array.nbytes for array in own) - self.input.nbytes

    def __repr__(self) -> str:
        """`LayerTrace(3: 12 heads, 8 tokens × 768)`."""
        n, d = self.input.shape
        return f"LayerTrace({self.index}: {len(self.attention)} heads, {n} tokens × {d})"

    def _repr_html_(self) -> str:
        """What a notebook shows: the tensors of the layer, their axes and sizes."""
        from attention_atlas.tracing.notebook import html_of_layer

        return html_of_layer(self)


class LayerTraces:
    """The layers of a trace. Looking at one computes or reads it anew; recent ones are kept.

    A sequence: it has a length, can be indexed, sliced and gone through. Safe to read from several
    threads.
    """

    def __init__(
        self,
        model: Model,
        make: Callable[[int], LayerTrace],
        shared_cache: LayerCache | None = None,
    ) -> None:
        """`make(l)` computes or reads layer l; it is called for one layer at a time.

        What was looked at is kept in `shared_cache`, or if there is none in a cache of its own.
        """
        self._model = model
        self._make = make
        self.shared_cache = shared_cache
        """The cache that other traces use as well; None if this one has its own."""
        self._cache = LayerCache() if shared_cache is None else shared_cache
        self._place = self._cache.enter(self)
        self._running = threading.Lock()

    @property
    def kept(self) -> list[int]:
        """The indices of the layers that are in memory, the one not seen for longest first."""
        return self._cache.of(self._place)

    def __len__(self) -> int:
        """L, the number of layers."""
        return self._model.layers

    @overload
    def __getitem__(self, index: SupportsIndex) -> LayerTrace: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[LayerTrace, ...]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> LayerTrace | tuple[LayerTrace, ...]:
        """The layer with this index, counted from 0; negative counts from the end.

        Raises:
            InvalidChoice: there is no such layer.
        """
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        try:
            layer = range(len(self))[index]
        except (IndexError, TypeError):
            raise InvalidChoice(
                f"There is no layer {index!r}: {self._model.name} has {len(self)} layers. "
                f"Choose 0 to {len(self) - 1}, or count from the end with -1."
            ) from None
        found = self._cache.get(self._place, layer)
        if found is None:
            with self._running:
                found = self._cache.get(self._place, layer)
                if found is None:
                    found = self._make(layer)
                    self._cache.keep(self._place, found)
        return found

    def __iter__(self) -> Iterator[LayerTrace]:
        """Each layer in turn; only the recent ones stay in memory."""
        return (self[layer] for layer in range(len(self)))

    def __reversed__(self) -> Iterator[LayerTrace]:
        """Each layer in turn, the last first."""
        return (self[layer] for layer in reversed(range(len(self))))

    def __contains__(self, value: object) -> bool:
        """Whether this very LayerTrace is one that is kept here."""
        return any(self._cache.get(self._place, layer) is value for layer in self.kept)

    def __repr__(self) -> str:
        """`LayerTraces(12 layers)`."""
        return f"LayerTraces({len(self)} layers)"


def computed(model: Model, states: torch.Tensor, arrays: np.ndarray) -> Callable[[int], LayerTrace]:
    """Runs a layer again on its own input; for `LayerTraces`.

    `states` and `arrays` are the same hidden states (L + 1, n, d), for PyTorch and NumPy.
    """

    def run(layer: int) -> LayerTrace:
        from attention_atlas.tracing.capture import run_layer, to_numpy

        heard = run_layer(model, model.parts.layers[layer], states[layer])
        inside: dict[str, Any] = {name: to_numpy(tensor) for name, tensor in heard.items()}
        return LayerTrace(index=layer, input=arrays[layer], **inside)

    return run
