"""A Model + a text -> a Trace: every tensor of one forward pass."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float32

from attention_atlas.models.model import Model
from attention_atlas.tracing.layers import LayerTrace, LayerTraces
from attention_atlas.tracing.predictions import Prediction, predict
from attention_atlas.tracing.tokens import Token, tokenise

if TYPE_CHECKING:
    import torch

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


@dataclass(frozen=True, eq=False)
class Trace:
    """Everything a BERT computes for one text. Made by `trace`; nothing changes it.

    It keeps the hidden states; the inside of a layer is computed again from that layer's input
    when it is looked at. Safe to read from several threads.
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
    _states: torch.Tensor

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
            InvalidChoice: there is no such position, `top_k` is not a whole number from 1, or
                `masked` is wanted of a tokenizer that has no mask token.
            TraceCancelled: `cancel` was set.
        """
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
            TraceCancelled: `cancel` was set.
        """
        from attention_atlas.tracing.masking import hide

        return hide(self, positions, cancel)

    def lens(self, position: int, top_k: int = 5) -> tuple[Distribution, ...]:
        """What the head makes of each hidden state at a position, the embeddings' first.

        The logit lens, a reading aid: see `attention_atlas.tracing.lens`.

        Raises:
            NoPredictionHead: the checkpoint has no masked-language-model head.
            InvalidChoice: there is no such position, or `top_k` is not a whole number from 1.
        """
        from attention_atlas.tracing.lens import lens

        return lens(self, position, top_k)

    def __repr__(self) -> str:
        """`Trace('the cat sat', 5 tokens, 'bert-base-uncased': 12 layers × 12 heads, d = 768)`."""
        pair = "" if self.pair is None else f" + {_short(self.pair)}"
        left_out = f" ({self.truncated} left out)" if self.truncated else ""
        model = self.model
        return (
            f"Trace({_short(self.text)}{pair}, {len(self.tokens)} tokens{left_out}, "
            f"{model.name!r}: {model.layers} layers × {model.heads} heads, d = {model.hidden_size})"
        )


def trace(
    model: Model,
    text: str,
    pair: str | None = None,
    *,
    on_layer: Callable[[int, np.ndarray], None] | None = None,
    cancel: threading.Event | None = None,
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

    Raises:
        EmptyText: the text is empty, or only spaces or invisible characters.
        InvalidChoice: the text or the pair is not a string.
        TraceCancelled: `cancel` was set.
    """
    from attention_atlas.tracing.capture import trace_pass

    read = tokenise(model, text, pair)
    heard = trace_pass(model, read.tokens, on_layer=on_layer, cancel=cancel)
    hidden_states = heard.states.numpy()
    hidden_states.flags.writeable = False
    return Trace(
        model=model,
        text=read.text,
        pair=read.pair,
        tokens=read.tokens,
        truncated=read.truncated,
        embeddings=Embeddings(**heard.embeddings),
        hidden_states=hidden_states,
        layers=LayerTraces(model, heard.states, hidden_states),
        _states=heard.states,
    )


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
