"""A Model: a network, its tokenizer, and what is known of the two."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from attention_atlas.errors import NeedsModel

if TYPE_CHECKING:
    import torch
    from torch import nn
    from transformers import PreTrainedTokenizerFast

    from attention_atlas.models.families.parts import Parts

Source = Literal["embedded", "folder", "cache", "download", "file", "offered"]


@dataclass(frozen=True)
class SpecialTokens:
    """The tokens that frame, fill and hide; None where the tokenizer has no such token."""

    cls_id: int | None
    """The row of [CLS] in the vocabulary; so are the others of [SEP], [PAD] and [MASK]."""
    sep_id: int | None
    pad_id: int | None
    mask_id: int | None
    mask: str | None
    """The piece of the mask token as the vocabulary has it: "[MASK]"."""


@dataclass(frozen=True, eq=False)
class Model:
    """A BERT that is ready to be traced: eval mode, float32, on one device.

    Made by `load_model`; shared by everyone in the process, so nothing may change it.
    """

    name: str
    """What was asked for: "embedded", a hub id, the path of a folder, or what a server calls it."""
    source: Source
    """Where it came from; "file" is what a saved trace remembers of its model, and "offered" is
    what a server shows under a name of its own."""
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
    def special_tokens(self) -> SpecialTokens:
        """What the tokenizer frames, fills and hides with."""
        tokenizer = self.tokenizer

        def row(id_: Any) -> int | None:
            return id_ if isinstance(id_, int) else None

        return SpecialTokens(
            cls_id=row(tokenizer.cls_token_id),
            sep_id=row(tokenizer.sep_token_id),
            pad_id=row(tokenizer.pad_token_id),
            mask_id=row(tokenizer.mask_token_id),
            mask=tokenizer.mask_token if isinstance(tokenizer.mask_token, str) else None,
        )

    @property
    def at_hand(self) -> bool:
        """Whether the weights are here, and not only what a saved trace remembers of them."""
        return True

    def require(self, what: str) -> None:
        """Says that `what`, which begins a sentence, cannot be had unless the weights are at hand.

        Raises:
            NeedsModel: this is a `RememberedModel`.
        """

    @property
    def device(self) -> torch.device:
        """Where the network lives."""
        return next(self.network.parameters()).device


@dataclass(frozen=True, eq=False)
class RememberedModel(Model):
    """What a saved trace remembers of its model: the sizes and names, without a weight.

    Asking it for its network, its parts or its tokenizer raises NeedsModel.
    """

    network: nn.Module = field(init=False, repr=False)
    tokenizer: PreTrainedTokenizerFast = field(init=False, repr=False)
    parts: Parts = field(init=False, repr=False)
    path: str
    """The file of the trace, as it was given."""
    fingerprint: str = field(repr=False)
    """See `attention_atlas.models.fingerprint`."""
    predicts: bool = field(repr=False)
    """Whether the checkpoint had a masked-language-model head."""
    specials: SpecialTokens = field(repr=False)
    """What its tokenizer framed, filled and hid with."""

    @property
    def has_prediction_head(self) -> bool:
        """Whether the checkpoint can predict masked words, once it is at hand."""
        return self.predicts

    @property
    def special_tokens(self) -> SpecialTokens:
        """What its tokenizer framed, filled and hid with."""
        return self.specials

    @property
    def at_hand(self) -> bool:
        """Whether the weights are here: they are not."""
        return False

    def require(self, what: str) -> None:
        """Says that `what`, which begins a sentence, cannot be had without the weights.

        Raises:
            NeedsModel: always.
        """
        raise NeedsModel(
            f"{what} cannot be had from the saved numbers alone: this trace was loaded from "
            f"{self.path} without its model. To go on, load both: "
            f"aa.load_trace({_quoted(self.path)}, model=aa.load_model({_quoted(self.name)}))."
        )

    def __getattr__(self, name: str) -> Any:
        """Tells what is missing; asked only for what the object does not have.

        Raises:
            NeedsModel: it is the network, the tokenizer or the parts.
        """
        if name in _WEIGHTS:
            self.require(_WEIGHTS[name])
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


_WEIGHTS = {
    "network": "The network",
    "tokenizer": "The tokenizer",
    "parts": "The weights of the network",
}


def _quoted(text: str) -> str:
    """`text` as a person writes it in Python, between double quotes."""
    return json.dumps(text, ensure_ascii=False)
