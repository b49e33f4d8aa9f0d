"""Runs a network's own modules and listens to them.

Hooks belong to a module, and the modules are shared by every thread of the process. So each run
listens to a twin of the modules it runs: module objects of its own that hold the very same
weights. No run can hear another, nothing is ever hung on the shared network, and when a run
ends, however it ends, its hooks are gone with the twin.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from attention_atlas.models.families.parts import LayerParts
from attention_atlas.models.memory import MemoryMayRunOut
from attention_atlas.models.model import Model
from attention_atlas.tracing.stopping import stop_if
from attention_atlas.tracing.tokens import Token


class Twin:
    """A module tree beside the original: own module objects and hooks, the same tensors."""

    def __init__(self, original: nn.Module) -> None:
        """Mirrors `original`, in microseconds per module, without copying a tensor."""
        self._twins: dict[int, nn.Module] = {}
        self.module = self._mirror(original)

    def __getitem__(self, original: nn.Module) -> nn.Module:
        """The twin of a module of the original tree."""
        return self._twins[id(original)]

    def _mirror(self, original: nn.Module) -> nn.Module:
        known = self._twins.get(id(original))
        if known is not None:
            return known
        twin = original.__new__(type(original))
        # Hooks, parameters and children live in dictionaries of the module: it gets its own.
        twin.__dict__.update(
            (name, value.copy() if isinstance(value, dict) else value)
            for name, value in original.__dict__.items()
        )
        self._twins[id(original)] = twin
        for name, child in original._modules.items():
            twin._modules[name] = None if child is None else self._mirror(child)
        return twin

    def hear(self, original: nn.Module, listener: Callable[[tuple[Any, ...], Any], None]) -> None:
        """Calls `listener(inputs, output)` whenever the twin of `original` has run."""

        def hook(_module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            listener(inputs, output)

        self[original].register_forward_hook(hook)


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """The tensor as read-only float32 on the CPU; no copy where it already is that."""
    array = tensor.detach().to(device="cpu", dtype=torch.float32).numpy()
    array.flags.writeable = False
    return array


def run_encoder(
    model: Model,
    ids: np.ndarray,
    segments: np.ndarray,
    *,
    hear: Callable[[Twin], None] | None = None,
    after_layer: Callable[[int, torch.Tensor], None] | None = None,
    cancel: threading.Event | None = None,
) -> torch.Tensor:
    """One pass: ids and segments (batch, n) -> the last hidden states (batch, n, d).

    `hear` may hang listeners on the twin before it runs; `after_layer(l, hidden_states)` is called
    after each layer, on the device of the model.

    Raises:
        TraceCancelled: `cancel` was set; noticed before each layer.
        NotEnoughMemory: the memory ran out; the model is as it was.
    """
    parts = model.parts
    twin = Twin(parts.encoder)
    if hear is not None:
        hear(twin)

    def layer_ended(layer: int, output: Any) -> None:
        if after_layer is not None:
            after_layer(layer, first_of(output))
        stop_if(cancel)

    for index, layer_parts in enumerate(parts.layers):
        twin.hear(layer_parts.layer, lambda _in, output, index=index: layer_ended(index, output))
    stop_if(cancel)
    running = f"Running {ids.shape[-1]} tokens through the model '{model.name}'"
    with MemoryMayRunOut(running), torch.inference_mode():
        device = model.device
        output = twin.module(
            input_ids=torch.from_numpy(ids).to(device),
            token_type_ids=torch.from_numpy(segments).to(device),
            # A checkpoint's config may ask otherwise, and the first would keep L·H·n² numbers.
            output_attentions=False,
            output_hidden_states=False,
            return_dict=True,
        )
    return output.last_hidden_state


def run_layer(
    model: Model, parts: LayerParts, hidden_states: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Runs one layer on hidden states (n, d) and returns what passed through its modules.

    The names are those of `LayerTrace`; `query`, `key`, `value` and `context` are (H, n, d_h),
    `scores` and `attention` (H, n, n), `intermediate` (n, d_ff), the others (n, d).
    """
    twin = Twin(parts.layer)
    heard: dict[str, torch.Tensor] = {}

    def keep(name: str, module: nn.Module) -> None:
        twin.hear(module, lambda _inputs, output: heard.__setitem__(name, output[0]))

    for name, module in (
        ("query", parts.query),
        ("key", parts.key),
        ("value", parts.value),
        ("attention_output", parts.attention_projection),
        ("attention_norm", parts.attention_norm),
        ("intermediate", parts.intermediate),
        ("ffn_output", parts.ffn_projection),
        ("output", parts.ffn_norm),
    ):
        keep(name, module)

    def keep_attention(_inputs: tuple[Any, ...], output: Any) -> None:
        heard["context"], heard["attention"] = output[0][0], output[1][0]

    twin.hear(parts.self_attention, keep_attention)
    with torch.inference_mode():
        weight = next(parts.layer.parameters())
        twin.module(hidden_states.to(weight.device, weight.dtype)[None])
        for name in ("query", "key", "value", "context"):
            heard[name] = _split_heads(heard[name], model.heads)
        scale = heard["query"].shape[-1] ** -0.5
        heard["scores"] = heard["query"] @ heard["key"].transpose(-1, -2) * scale
    return heard


def _split_heads(joined: torch.Tensor, heads: int) -> torch.Tensor:
    """(n, d) -> (H, n, d_h): head h has columns h·d_h to (h + 1)·d_h."""
    return joined.unflatten(-1, (heads, -1)).transpose(0, 1)


def first_of(output: Any) -> torch.Tensor:
    """The hidden states a layer gives, whether alone or first in a tuple."""
    return output[0] if isinstance(output, tuple) else output


@dataclass(frozen=True)
class Heard:
    """What one pass over a text leaves behind."""

    states: torch.Tensor
    """(L + 1, n, d) float32, on the CPU."""
    embeddings: dict[str, np.ndarray]
    """`word`, `position`, `segment`, `sum` and `output`, (n, d) each."""


def trace_pass(
    model: Model,
    tokens: Sequence[Token],
    *,
    on_layer: Callable[[int, np.ndarray], None] | None = None,
    cancel: threading.Event | None = None,
) -> Heard:
    """One pass over a text that keeps the embeddings and the hidden states.

    `on_layer(l, attention)` is handed the attention (H, n, n) of each layer as soon as it has run.
    """
    parts = model.parts
    states = torch.empty(model.layers + 1, len(tokens), model.hidden_size)
    embeddings: dict[str, np.ndarray] = {}
    attention: list[torch.Tensor] = []

    def hear(twin: Twin) -> None:
        for name, module in (
            ("word", parts.word_embeddings),
            ("position", parts.position_embeddings),
            ("segment", parts.segment_embeddings),
        ):
            twin.hear(module, lambda _in, out, name=name: keep(name, out))
        twin.hear(parts.embedding_norm, keep_norm)
        if on_layer is not None:
            for layer in parts.layers:
                twin.hear(layer.self_attention, lambda _in, out: attention.append(out[1][0]))

    def keep(name: str, output: torch.Tensor) -> None:
        embeddings[name] = to_numpy(output[0])

    def keep_norm(inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        keep("sum", inputs[0])
        states[0].copy_(output[0])

    def after_layer(layer: int, hidden_states: torch.Tensor) -> None:
        states[layer + 1].copy_(hidden_states[0])
        if on_layer is not None:
            on_layer(layer, to_numpy(attention.pop()))

    ids = np.array([[token.id for token in tokens]])
    segments = np.array([[token.segment for token in tokens]])
    run_encoder(model, ids, segments, hear=hear, after_layer=after_layer, cancel=cancel)
    embeddings["output"] = to_numpy(states[0])
    return Heard(states, embeddings)
