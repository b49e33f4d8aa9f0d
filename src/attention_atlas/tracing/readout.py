"""What the head's last linear map reads: the transformed state, and the rows of the vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float32

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.predictions import head_of, positions_of
from attention_atlas.tracing.trace import Trace

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, eq=False)
class Readout:
    """A logit taken apart: `transformed @ weights[i] + bias[i]` is that of the i-th word."""

    transformed: Float32[np.ndarray, " d"]
    """t(h): the hidden state after the head's own linear map, activation and LayerNorm."""
    weights: Float32[np.ndarray, "words d"]
    """The decoder's row of each word; where it is tied, its word embedding."""
    bias: Float32[np.ndarray, " words"] | None
    """The decoder's bias of each word; None where it has none."""


def readout(trace: Trace, position: int, ids: Sequence[int]) -> Readout:
    """What gives the words with these rows of the vocabulary their logits at one position.

    Raises:
        NoPredictionHead: the checkpoint has no masked-language-model head.
        NeedsModel: the trace was loaded without its model.
        InvalidChoice: there is no such position, or no such row.
    """
    import torch

    from attention_atlas.tracing.capture import Twin, to_numpy

    head = head_of(trace.model, "What a logit is made of")
    (chosen,) = positions_of([position], len(trace.tokens))
    size = trace.model.vocabulary_size
    for id_ in ids:
        if id_ not in range(size):
            raise InvalidChoice(
                f"There is no word {id_}: the vocabulary has {size:,}. Choose 0 to {size - 1:,}."
            )
    decoder = _decoder(trace.model)
    twin = Twin(head)
    heard: list[torch.Tensor] = []
    twin.hear(decoder, lambda inputs, _output: heard.append(inputs[0]))
    with torch.inference_mode():
        weight = next(head.parameters())
        twin.module(trace._states[-1, chosen].to(weight.device, weight.dtype)[None])
        rows = torch.tensor(list(ids), device=decoder.weight.device, dtype=torch.long)
        weights = to_numpy(decoder.weight[rows])
        bias = None if decoder.bias is None else to_numpy(decoder.bias[rows])
    return Readout(to_numpy(heard[0][0]), weights, bias)


def _decoder(model: Model) -> nn.Linear:
    """The linear map d -> vocabulary of the head, which is the last thing in it."""
    from torch import nn

    size = model.vocabulary_size
    linear = [
        module
        for module in head_of(model).modules()
        if isinstance(module, nn.Linear) and module.out_features == size
    ]
    return linear[-1]
