"""Which words a feed-forward unit makes likelier, read through the masked-language-model head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attention_atlas.errors import InvalidChoice, NoPredictionHead
from attention_atlas.models.model import Model
from attention_atlas.tracing.predictions import head_of, piece_of
from attention_atlas.tracing.trace import Trace

if TYPE_CHECKING:
    import torch

MOST_NEURONS = 64
"""How many units may be asked for at once: each takes the logits of a whole vocabulary."""


@dataclass(frozen=True)
class PushedWord:
    """One word piece, and by how much a unit changes its probability."""

    text: str
    """The piece as the vocabulary has it."""
    factor: float
    """Its probability with the unit, divided by that without it."""


@dataclass(frozen=True)
class NeuronWords:
    """The words that one unit moves most."""

    neuron: int
    """Which unit of the layer, counted from 0."""
    up: tuple[PushedWord, ...]
    """Made likelier, the most first; every factor is above 1."""
    down: tuple[PushedWord, ...]
    """Made less likely, the most first; every factor is below 1."""


def neuron_words(
    trace: Trace, layer: int, token: int, neurons: Sequence[int], top_k: int = 5
) -> tuple[NeuronWords, ...]:
    """What the head would say of a layer's output with a unit, against without it.

    A unit adds its value times its row of W₂ to the token's vector. The masked-language-model
    head reads the layer's output twice: as it is, and with that one addition taken out before the
    last LayerNorm. The quotient of the two probabilities of a word is its factor. In the last
    layer that is what the unit does to the prediction itself; in the layers below it is a reading
    aid, since the layers that follow still change the vector.

    That units promote words is from M. Geva et al., "Transformer Feed-Forward Layers Build
    Predictions by Promoting Concepts in the Vocabulary Space", EMNLP 2022. They multiply the
    row with the output embeddings; a BERT's head has a transform of its own between the two,
    so the head itself is run here.

    Args:
        trace: the text.
        layer, token, neurons: counted from 0.
        top_k: how many words in each direction, at most.

    Raises:
        NoPredictionHead: the checkpoint has no masked-language-model head.
        NeedsModel: the trace was loaded without its model.
        InvalidChoice: there is no such layer or unit, or more than `MOST_NEURONS` are asked for.
    """
    import torch

    model = trace.model
    if not model.has_prediction_head:
        raise NoPredictionHead(
            f"{model.name} has no masked-language-model head, so it cannot be said which words a "
            "unit makes likelier. Choose a BertForMaskedLM checkpoint to see them."
        )
    head = head_of(model, "Which words a unit makes likelier")
    _check(model, neurons)
    seen = trace.layers[layer]
    parts = model.parts.layers[layer]
    projection: Any = parts.ffn_projection
    weight = projection.weight
    chosen = list(neurons)
    with torch.inference_mode():
        whole = torch.tensor(seen.attention_norm[token] + seen.ffn_output[token])
        values = torch.tensor(seen.intermediate[token, chosen])[:, None].to(weight.device)
        whole = whole.to(weight.device, weight.dtype)
        states = torch.cat([whole[None], whole - values * weight[:, chosen].T])
        said = head(parts.ffn_norm(states)).float().log_softmax(dim=-1)
        factors = (said[0] - said[1:]).exp()
    return tuple(
        NeuronWords(neuron, _words(model, row, top_k, up=True), _words(model, row, top_k, up=False))
        for neuron, row in zip(chosen, factors, strict=True)
    )


def _words(model: Model, factors: torch.Tensor, top_k: int, *, up: bool) -> tuple[PushedWord, ...]:
    best = factors.topk(min(top_k, len(factors)), largest=up)
    return tuple(
        PushedWord(piece_of(model, id_), factor)
        for id_, factor in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        if (factor > 1 if up else factor < 1)
    )


def _check(model: Model, neurons: Sequence[int]) -> None:
    size = model.intermediate_size
    if len(neurons) > MOST_NEURONS:
        raise InvalidChoice(
            f"{len(neurons)} units are too many at once. Choose at most {MOST_NEURONS}."
        )
    for neuron in neurons:
        if neuron not in range(size):
            raise InvalidChoice(
                f"There is no unit {neuron}: each layer of {model.name} has {size}. "
                f"Choose 0 to {size - 1}."
            )
