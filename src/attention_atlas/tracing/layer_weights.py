"""What a layer brings of its own, whatever it reads: its weights and its activation.

All of it is the model's: of a trace that was loaded without one, each function raises NeedsModel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float32

from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace

Part = Literal["attention", "ffn"]


@dataclass(frozen=True, eq=False)
class NormWeights:
    """One LayerNorm: γ ⊙ (x − μ) / √(σ² + ε) + β. Arrays are read-only."""

    gamma: Float32[np.ndarray, " d"]
    beta: Float32[np.ndarray, " d"]
    epsilon: float


def norm_weights(model: Model, layer: int, part: Part) -> NormWeights:
    """The LayerNorm after the attention, or after the feed-forward network, of layer `layer`.

    The layer is counted from 0 and has to be there.
    """
    from attention_atlas.tracing.capture import to_numpy

    model.require("The weights of a LayerNorm")
    parts = model.parts.layers[layer]
    norm: Any = parts.attention_norm if part == "attention" else parts.ffn_norm
    return NormWeights(to_numpy(norm.weight), to_numpy(norm.bias), float(norm.eps))


def output_weights(model: Model, layer: int) -> Float32[np.ndarray, "d d_ff"]:
    """W₂ of layer `layer`, counted from 0, as PyTorch keeps it: column k is what unit k writes.

    Read-only, and not copied where the network lives on the CPU.
    """
    from attention_atlas.tracing.capture import to_numpy

    model.require("The weights of the feed-forward network")
    projection: Any = model.parts.layers[layer].ffn_projection
    return to_numpy(projection.weight)


def before_activation(trace: Trace, layer: int, token: int) -> Float32[np.ndarray, " d_ff"]:
    """x·W₁ + b₁ of one token: what the activation of the feed-forward network is given.

    Layer and token are counted from 0 and have to be there.
    """
    import torch

    from attention_atlas.tracing.capture import to_numpy

    trace.model.require("What the activation of the feed-forward network is given")
    given = torch.tensor(trace.layers[layer].attention_norm[token])
    with torch.inference_mode():
        widening: Any = trace.model.parts.layers[layer].widening
        return to_numpy(widening(given.to(widening.weight.device, widening.weight.dtype)))


def activation_at(
    model: Model, layer: int, x: Float32[np.ndarray, " points"]
) -> Float32[np.ndarray, " points"]:
    """The layer's own activation of each number, by running its module."""
    import torch

    from attention_atlas.tracing.capture import to_numpy

    model.require("The activation of the feed-forward network")
    parts = model.parts.layers[layer]
    weight = next(parts.layer.parameters())
    with torch.inference_mode():
        return to_numpy(parts.activation(torch.tensor(x).to(weight.device, weight.dtype)))
