"""What the masked-language-model head expects at each position, with or without masking it."""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attention_atlas.errors import InvalidChoice, NoPredictionHead
from attention_atlas.models.model import Model
from attention_atlas.tracing.stopping import stop_if
from attention_atlas.tracing.tokens import Token

if TYPE_CHECKING:
    import torch
    from torch import nn

PASS_BYTES = 128 * 2**20
"""About how much memory one batch of masked texts may take inside the network."""
LOGIT_BYTES = 32 * 2**20
"""How much memory the logits that are formed at once may take."""
SAVED = 20
"""How many of the likeliest pieces of each position a saved trace has, nothing masked."""


@dataclass(frozen=True)
class Prediction:
    """One word piece the network holds possible at a position."""

    text: str
    """The piece as the vocabulary has it: "cat", "##able"."""
    id: int
    """Its row in the vocabulary."""
    probability: float
    """The softmax over the whole vocabulary, 0 to 1."""

    def __repr__(self) -> str:
        """`Prediction('cat', 0.8312)`."""
        return f"Prediction({self.text!r}, {self.probability:.4f})"


def predict(
    model: Model,
    tokens: Sequence[Token],
    last_hidden_states: torch.Tensor,
    *,
    top_k: int = 5,
    masked: bool = False,
    positions: Iterable[int] | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancel: threading.Event | None = None,
) -> tuple[tuple[Prediction, ...], ...]:
    """See `Trace.predictions`; `last_hidden_states` is (n, d)."""
    top_k = top_k_of(top_k)
    chosen, states = read_at(
        model, tokens, last_hidden_states, masked=masked, positions=positions, cancel=cancel
    )
    predictions: list[tuple[Prediction, ...]] = []
    for batch in states:
        predictions.extend(_decode(model, batch, top_k))
        if progress is not None:
            progress(len(predictions), len(chosen))
    return tuple(predictions)


def recall(
    model: Model,
    predicted: Sequence[tuple[Prediction, ...]] | None,
    *,
    top_k: int,
    masked: bool,
    positions: Iterable[int] | None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[tuple[Prediction, ...], ...]:
    """As `predict`, from the `SAVED` likeliest of each position that a saved trace has.

    Raises:
        NoPredictionHead, InvalidChoice: as `Trace.predictions`.
        NeedsModel: they are wanted masked, or more of them than there are.
    """
    top_k = top_k_of(top_k)
    if predicted is None:
        head_of(model)
        raise AssertionError("A saved trace of a model with a head has its predictions.")
    chosen = positions_of(positions, len(predicted))
    if masked:
        _mask_id_of(model)
        model.require("What the model predicts at a masked position")
    if min(top_k, model.vocabulary_size) > SAVED:
        model.require(f"More than the {SAVED} likeliest words of a position")
    if progress is not None and chosen:
        progress(len(chosen), len(chosen))
    return tuple(predicted[position][:top_k] for position in chosen)


def head_of(model: Model, what: str = "What the head makes of a hidden state") -> nn.Module:
    """The masked-language-model head: hidden states (…, d) -> logits (…, vocabulary).

    `what` is wanted of it, and begins the sentence that says why it cannot be had.

    Raises:
        NoPredictionHead: the checkpoint has none.
        NeedsModel: it has one, and is not at hand.
    """
    if not model.has_prediction_head:
        raise NoPredictionHead(
            f"{model.name} has no masked-language-model head, so it cannot predict words. "
            "Everything else works; choose a BertForMaskedLM checkpoint to see predictions."
        )
    model.require(what)
    head = model.parts.prediction_head
    assert head is not None
    return head


def read_at(
    model: Model,
    tokens: Sequence[Token],
    last_hidden_states: torch.Tensor,
    *,
    masked: bool,
    positions: Iterable[int] | None,
    cancel: threading.Event | None,
) -> tuple[list[int], Iterator[torch.Tensor]]:
    """The positions chosen, counted from 0, and their last hidden states in batches (m, d).

    Raises:
        NoPredictionHead, InvalidChoice, TraceCancelled: as `Trace.predictions`.
    """
    head_of(model)
    chosen = positions_of(positions, len(tokens))
    if masked:
        states = _masked_states(model, tokens, chosen, cancel)
    else:
        states = _unmasked_states(model, last_hidden_states, chosen)

    def heeding() -> Iterator[torch.Tensor]:
        for batch in states:
            stop_if(cancel)
            yield batch

    return chosen, heeding()


def _unmasked_states(
    model: Model, last_hidden_states: torch.Tensor, chosen: list[int]
) -> Iterator[torch.Tensor]:
    at_once = max(1, LOGIT_BYTES // (4 * model.vocabulary_size))
    for start in range(0, len(chosen), at_once):
        yield last_hidden_states[chosen[start : start + at_once]]


def _masked_states(
    model: Model, tokens: Sequence[Token], chosen: list[int], cancel: threading.Event | None
) -> Iterator[torch.Tensor]:
    """The last hidden state of each chosen position, in texts where that position is masked."""
    from attention_atlas.tracing.capture import run_encoder

    mask_id = _mask_id_of(model)
    ids = np.array([token.id for token in tokens])
    segments = np.array([token.segment for token in tokens])
    at_once = max(1, PASS_BYTES // _bytes_of_one_text(model, len(tokens)))
    for start in range(0, len(chosen), at_once):
        positions = chosen[start : start + at_once]
        rows = range(len(positions))
        batch = np.tile(ids, (len(positions), 1))
        batch[rows, positions] = mask_id
        states = run_encoder(model, batch, np.tile(segments, (len(positions), 1)), cancel=cancel)
        yield states[list(rows), positions]


def _mask_id_of(model: Model) -> int:
    mask_id = model.special_tokens.mask_id
    if mask_id is None:
        raise InvalidChoice(
            f"masked=True needs a mask token, and the tokenizer of {model.name} has none. "
            "Use masked=False to see the predictions for the text as it is."
        )
    return mask_id


def _bytes_of_one_text(model: Model, n: int) -> int:
    """About what a text of n tokens takes inside the network while one layer runs, in bytes."""
    attention = 3 * model.heads * n * n
    return 4 * (attention + n * (4 * model.intermediate_size + 12 * model.hidden_size))


def _decode(model: Model, states: torch.Tensor, top_k: int) -> list[tuple[Prediction, ...]]:
    import torch

    head = head_of(model)
    weight = next(head.parameters())
    with torch.inference_mode():
        logits = head(states.to(weight.device, weight.dtype)).float()
        best = logits.topk(min(top_k, logits.shape[-1]), dim=-1)
        # Chosen by their logits, which tell apart what rounds to the same probability.
        probabilities = logits.softmax(dim=-1).gather(-1, best.indices)
    return [
        tuple(
            Prediction(piece_of(model, id_), id_, probability)
            for id_, probability in zip(row_ids, row, strict=True)
        )
        for row_ids, row in zip(best.indices.tolist(), probabilities.tolist(), strict=True)
    ]


def piece_of(model: Model, id_: int) -> str:
    """The word piece in a row of the vocabulary."""
    piece = model.tokenizer.convert_ids_to_tokens(id_)
    # A network can have more rows than its tokenizer has pieces.
    return piece if isinstance(piece, str) else f"[no piece {id_}]"


def positions_of(positions: Iterable[int] | None, n: int) -> list[int]:
    """Positions of a text of n tokens, counted from 0; all of them for None.

    Raises:
        InvalidChoice: one of them is not there.
    """
    if positions is None:
        return list(range(n))
    chosen = []
    for position in positions:
        try:
            chosen.append(range(n)[operator.index(position)])
        except (IndexError, TypeError):
            raise InvalidChoice(
                f"There is no position {position!r}: the text has {n} tokens. "
                f"Choose positions from 0 to {n - 1}."
            ) from None
    return chosen


def top_k_of(top_k: int) -> int:
    """A number of predictions.

    Raises:
        InvalidChoice: it is not a whole number from 1.
    """
    if isinstance(top_k, bool) or not hasattr(top_k, "__index__") or top_k < 1:
        raise InvalidChoice(
            f"top_k is how many predictions to give for each position, and was {top_k!r}. "
            "Choose a whole number from 1."
        )
    return operator.index(top_k)
