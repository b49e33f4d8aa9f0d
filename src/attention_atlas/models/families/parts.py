"""What every architecture tells about itself: where it keeps the parts that a trace listens to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class LayerParts:
    """The modules of one encoder layer, in the order data flows through them."""

    layer: nn.Module
    """The whole layer: hidden states (batch, n, d) -> hidden states (batch, n, d)."""
    query: nn.Module
    """Linear d -> d; so are `key` and `value`."""
    key: nn.Module
    value: nn.Module
    self_attention: nn.Module
    """Gives (context (batch, n, d), attention (batch, H, n, n))."""
    attention_projection: nn.Module
    """Linear d -> d over the joined heads."""
    attention_norm: nn.Module
    """LayerNorm of input + attention output."""
    intermediate: nn.Module
    """Linear d -> d_ff and the activation."""
    widening: nn.Module
    """The Linear d -> d_ff of `intermediate`."""
    activation: nn.Module
    """The activation of `intermediate`: each number on its own, whatever the shape."""
    ffn_projection: nn.Module
    """Linear d_ff -> d."""
    ffn_norm: nn.Module
    """LayerNorm of attention norm + feed-forward output."""


@dataclass(frozen=True)
class Parts:
    """The modules of a whole encoder."""

    encoder: nn.Module
    """The model without a head: ids -> hidden states."""
    word_embeddings: nn.Module
    position_embeddings: nn.Module
    segment_embeddings: nn.Module
    embedding_norm: nn.Module
    layers: tuple[LayerParts, ...]
    prediction_head: nn.Module | None
    """Hidden states (…, d) -> logits (…, vocabulary); None without a masked-LM head."""
