"""A Model: a network, its tokenizer, and what is known of the two."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch
    from torch import nn
    from transformers import PreTrainedTokenizerFast

    from attention_atlas.models.families.parts import Parts

Source = Literal["embedded", "folder", "cache", "download"]


@dataclass(frozen=True, eq=False)
class Model:
    """A BERT that is ready to be traced: eval mode, float32, on one device.

    Made by `load_model`; shared by everyone in the process, so nothing may change it.
    """

    name: str
    """What was asked for: "embedded", a hub id, or the path of a folder."""
    source: Source
    """Where it came from."""
    network: nn.Module = field(repr=False)
    tokenizer: PreTrainedTokenizerFast = field(repr=False)
    parts: Parts = field(repr=False)
    layers: int
    """L, the number of encoder layers."""
    heads: int
    """H, the number of attention heads of a layer."""
    hidden_size: int
    """d, the length of a token's vector."""
    intermediate_size: int
    """d_ff, the width of the feed-forward network."""
    vocabulary_size: int
    max_tokens: int
    """The most tokens the network can read at once, special tokens included."""
    segments: int
    """How many segment embeddings there are; with fewer than 2 a pair is read as one segment."""
    activation: str
    """The feed-forward activation, as the checkpoint names it ("gelu")."""

    @property
    def head_size(self) -> int:
        """d_h = d / H, the length of one head's query, key and value."""
        return self.hidden_size // self.heads

    @property
    def has_prediction_head(self) -> bool:
        """Whether the checkpoint can predict masked words."""
        return self.parts.prediction_head is not None

    @property
    def device(self) -> torch.device:
        """Where the network lives."""
        return next(self.network.parameters()).device
