"""The whole distribution at a position, in the few numbers that say what it is like."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attention_atlas.models.model import Model
from attention_atlas.tracing.predictions import (
    Prediction,
    head_of,
    piece_of,
    read_at,
    top_k_of,
)
from attention_atlas.tracing.trace import Trace

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, repr=False)
class Candidate(Prediction):
    """One word piece of the distribution, and how it stands among all of them."""

    logit: float
    """What the head gave it, before the softmax."""
    rank: int
    """1 for the likeliest; equal logits share a rank."""

    def __repr__(self) -> str:
        """`Candidate(2, 'cat', 0.3121)`."""
        return f"Candidate({self.rank}, {self.text!r}, {self.probability:.4f})"


@dataclass(frozen=True)
class Distribution:
    """The softmax over the vocabulary at one position.

    Sums are in double precision over the logits z as the head gave them, in float32.
    """

    best: tuple[Candidate, ...]
    """The likeliest pieces, likeliest first."""
    asked: tuple[Candidate, ...]
    """Those that were asked for, wherever they stand."""
    maximum: float
    """m, the largest logit, which the softmax takes off every logit."""
    exp_sum: float
    """Σ exp(z − m) over the vocabulary; a probability is exp(z − m) divided by it."""
    entropy: float
    """−Σ p ln p in nats (Shannon, 1948): 0 for certainty, ln of the vocabulary's size if even."""


def distributions(
    trace: Trace,
    *,
    top_k: int = 5,
    masked: bool = False,
    positions: Iterable[int] | None = None,
    asked: Sequence[int] | None = None,
    cancel: threading.Event | None = None,
) -> tuple[Distribution, ...]:
    """As `Trace.predictions`, with all that is known of the distribution at each position.

    Args:
        asked: rows of the vocabulary to report wherever they stand; the piece at each position
            if None.

    Raises:
        NoPredictionHead, InvalidChoice, TraceCancelled: as `Trace.predictions`.
        NeedsModel: the trace was loaded without its model.
    """
    head_of(trace.model, "The distribution over the vocabulary")
    chosen, states = read_at(
        trace.model,
        trace.tokens,
        trace._states[-1],
        masked=masked,
        positions=positions,
        cancel=cancel,
    )
    of = iter([[trace.tokens[position].id] if asked is None else asked for position in chosen])
    top_k = top_k_of(top_k)
    return tuple(
        found
        for batch in states
        for found in decode(trace.model, batch, top_k, [next(of) for _ in batch])
    )


def decode(
    model: Model, states: torch.Tensor, top_k: int, asked: Sequence[Sequence[int]]
) -> Iterator[Distribution]:
    """What the head makes of hidden states (m, d), each with the vocabulary rows asked of it."""
    import torch

    head = head_of(model)
    weight = next(head.parameters())
    with torch.inference_mode():
        logits = head(states.to(weight.device, weight.dtype)).float().cpu()
        # Row by row, so that the double precision of one is all there is at a time.
        for row, ids in zip(logits, asked, strict=True):
            z = row.double()
            maximum = z.max()
            exps = (z - maximum).exp()
            exp_sum = exps.sum()
            p = exps / exp_sum
            best = row.topk(min(top_k, len(row))).indices.tolist()

            def candidate(id_: int, z: torch.Tensor = z, p: torch.Tensor = p) -> Candidate:
                rank = int((z > z[id_]).sum()) + 1
                return Candidate(piece_of(model, id_), id_, float(p[id_]), float(z[id_]), rank)

            yield Distribution(
                best=tuple(candidate(id_) for id_ in best),
                asked=tuple(candidate(id_) for id_ in ids),
                maximum=float(maximum),
                exp_sum=float(exp_sum),
                entropy=float(-torch.xlogy(p, p).sum()),
            )
