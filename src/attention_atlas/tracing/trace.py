"""A Model + a text -> a Trace: every tensor of one forward pass."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32

from attention_atlas.models.model import Model
from attention_atlas.tracing.layer_cache import LayerCache
from attention_atlas.tracing.layers import LayerTrace, LayerTraces, computed
from attention_atlas.tracing.predictions import Prediction, predict, recall
from attention_atlas.tracing.tokens import Token, tokenise

if TYPE_CHECKING:
    import torch

    from attention_atlas.tracing.capture import Heard
    from attention_atlas.tracing.distributions import Distribution

__all__ = ["Embeddings", "LayerTrace", "LayerTraces", "Prediction", "Token", "Trace", "trace"]


@dataclass(frozen=True, eq=False)
class Embeddings:
    """How each token's first vector is made. Arrays are read-only float32."""

    word: Float32[np.ndarray, "n d"]
    """Looked up by the token's id."""
    position: Float32[np.ndarray, "n d"]
    """Looked up by where the token stands; BERT learned these."""
    segment: Float32[np.ndarray, "n d"]
    """Looked up by which sentence of a pair the token is in."""
    sum: Float32[np.ndarray, "n d"]
    """word + position + segment."""
    output: Float32[np.ndarray, "n d"]
    """LayerNorm(sum): what enters the first layer, `trace.hidden_states[0]`."""

    def __repr__(self) -> str:
        """`Embeddings(8 tokens × 768)`."""
        return f"Embeddings({self.sum.shape[0]} tokens × {self.sum.shape[1]})"

    def _repr_html_(self) -> str:
        """What a notebook shows: the five arrays and what they are."""
        from attention_atlas.tracing.notebook import html_of_embeddings

        return html_of_embeddings(self)


@dataclass(frozen=True, eq=False)
class Trace:
    """Everything a BERT computes for one text. Made by `trace` or `load_trace`; nothing changes it.

    It keeps the hidden states; the inside of a layer is computed again from that layer's input, or
    read from the file, when it is looked at. Safe to read from several threads.
    """

    model: Model = field(repr=False)
    text: str
    """The sentence as it was read."""
    pair: str | None
    """The second sentence; None where there is none."""
    tokens: tuple[Token, ...]
    """What the network read, special tokens included."""
    truncated: int
    """How many tokens did not fit the model, 0 if none."""
    embeddings: Embeddings
    hidden_states: Float32[np.ndarray, "states n d"]
    """The input of the first layer, then the output of each layer."""
    layers: LayerTraces
    """The layers, counted from 0."""
    _kept: torch.Tensor | None
    """The hidden states for PyTorch; None without the model."""
    _saved: tuple[tuple[Prediction, ...], ...] | None = None
    """The likeliest pieces at each position, as the file has them that the trace is from."""

    @property
    def _states(self) -> torch.Tensor:
        """The hidden states for PyTorch, (L + 1, n, d).

        Raises:
            NeedsModel: the trace was loaded without its model.
        """
        self.model.require("The hidden states in PyTorch")
        assert self._kept is not None
        return self._kept

    @property
    def nbytes(self) -> int:
        """The memory that its arrays hold, without the layers that were looked at."""
        made = self.embeddings
        own = (made.word, made.position, made.segment, made.sum)  # the output is a hidden state
        return self.hidden_states.nbytes + sum(array.nbytes for array in own)

    @property
    def typed_specials(self) -> tuple[int, ...]:
        """The indices of the special tokens that the person typed, such as "[MASK]"."""
        return tuple(token.index for token in self.tokens if token.typed_special)

    def predictions(
        self,
        top_k: int = 5,
        masked: bool = False,
        positions: Iterable[int] | None = None,
        progress: Callable[[int, int], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> tuple[tuple[Prediction, ...], ...]:
        """What the masked-language-model head expects at each position.

        Args:
            top_k: how many predictions to give for a position; at most the whole vocabulary.
            masked: read the text once for each position with that position replaced by the mask
                token, so that the network cannot see the word it predicts. The texts are read in
                batches that keep the memory bounded.
            positions: only these, in this order; all of them if None.
            progress: called as `progress(done, total)` with numbers of positions.
            cancel: an event that stops the work when it is set.

        Returns:
            For each position a tuple of `Prediction`, likeliest first.

        Raises:
            NoPredictionHead: the checkpoint has no masked-language-model head.
            NeedsModel: the trace was loaded without its model; the file has the 20 likeliest
                pieces of each position with nothing masked, and no others.
            InvalidChoice: there is no such position, `top_k` is not a whole number from 1, or
                `masked` is wanted of a tokenizer that has no mask token.
            TraceCancelled: `cancel` was set.
        """
        if not self.model.at_hand:
            return recall(
                self.model,
                self._saved,
                top_k=top_k,
                masked=masked,
                positions=positions,
                progress=progress,
            )
        return predict(
            self.model,
            self.tokens,
            self._states[-1],
            top_k=top_k,
            masked=masked,
            positions=positions,
            progress=progress,
            cancel=cancel,
        )

    def hide(self, positions: Iterable[int], cancel: threading.Event | None = None) -> Trace:
        """The trace of the same tokens with those at `positions` hidden by the mask token.

        Raises:
            InvalidChoice: there is no such position, or the tokenizer has no mask token.
            NeedsModel: the trace was loaded without its model.
            TraceCancelled: `cancel` was set.
        """
        from attention_atlas.tracing.masking import hide

        return hide(self, positions, cancel)

    def lens(self, position: int, top_k: int = 5) -> tuple[Distribution, ...]:
        """What the head makes of each hidden state at a position, the embeddings' first.

        The logit lens, a reading aid: see `attention_atlas.tracing.lens`.

        Raises:
            NoPredictionHead: the checkpoint has no masked-language-model head.
            NeedsModel: the trace was loaded without its model.
            InvalidChoice: there is no such position, or `top_k` is not a whole number from 1.
        """
        from attention_atlas.tracing.lens import lens

        return lens(self, position, top_k)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes everything of this trace to one .npz file; `load_trace` reads it again.

        Every tensor of every layer, with the name it has in Python ("layers.3.query"), the tokens,
        and the 20 likeliest pieces of each position if the checkpoint has a head. The layout is
        told in docs/trace-file.md; no array is pickled. One layer is in memory at a time. The file
        is there whole or not at all, and takes the place of one with the same name.

        Raises:
            NotSaved: the file cannot be written there.
        """
        from attention_atlas.tracing.arrays_file import write_arrays

        write_arrays(self, path)

    def _repr_html_(self) -> str:
        """What a notebook shows: the sentence in pieces, the model, and what is in the trace."""
        from attention_atlas.tracing.notebook import html_of_trace

        return html_of_trace(self)

    def __repr__(self) -> str:
        """`Trace('the cat sat', 5 tokens, 'bert-base-uncased': 12 layers × 12 heads, d = 768)`."""
        pair = "" if self.pair is None else f" + {_short(self.pair)}"
        left_out = f" ({self.truncated} left out)" if self.truncated else ""
        model = self.model
        return (
            f"Trace({_short(self.text)}{pair}, {len(self.tokens)} tokens{left_out}, "
            f"{model.name!r}: {model.layers} layers × {model.heads} heads, d = {model.hidden_size}"
            f"{'' if model.at_hand else ', without its model'})"
        )


def trace(
    model: Model,
    text: str,
    pair: str | None = None,
    *,
    on_layer: Callable[[int, np.ndarray], None] | None = None,
    cancel: threading.Event | None = None,
    layer_cache: LayerCache | None = None,
) -> Trace:
    """Runs `model` over a text once, and returns everything it computed.

    Args:
        model: from `load_model`; any number of threads may trace with it at once.
        text: any Unicode text. What the model cannot read at once is left out at its end, and
            `trace.truncated` says how many tokens that were.
        pair: a second sentence; None or only spaces for none. The longer one is shortened first.
        on_layer: called during the pass as `on_layer(l, attention)` after each layer l, counted
            from 0, with the attention of all its heads, (H, n, n) float32, read-only. The array
            is not kept by the trace.
        cancel: an event that stops the pass before the next layer when it is set.
        layer_cache: where the layers that are looked at are kept, for several traces that share
            one bound; without it the trace keeps up to 160 MiB of its own.

    Raises:
        EmptyText: the text is empty, or only spaces or invisible characters.
        InvalidChoice: the text or the pair is not a string.
        IncompleteModel: the model's tokenizer breaks off over the text, because it is damaged.
        TraceCancelled: `cancel` was set.
    """
    from attention_atlas.tracing.capture import trace_pass

    read = tokenise(model, text, pair)
    heard = trace_pass(model, read.tokens, on_layer=on_layer, cancel=cancel)
    return Trace(
        model=model,
        text=read.text,
        pair=read.pair,
        tokens=read.tokens,
        truncated=read.truncated,
        **made_of(model, heard, layer_cache),
    )


def made_of(model: Model, heard: Heard, layer_cache: LayerCache | None = None) -> dict[str, Any]:
    """The fields of a Trace that a pass gives, beside those of the text."""
    hidden_states = heard.states.numpy()
    hidden_states.flags.writeable = False
    return {
        "embeddings": Embeddings(**heard.embeddings),
        "hidden_states": hidden_states,
        "layers": LayerTraces(model, computed(model, heard.states, hidden_states), layer_cache),
        "_kept": heard.states,
        "_saved": None,
    }


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
