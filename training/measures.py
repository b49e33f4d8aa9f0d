"""What is measured of a network: held-out words, and where its heads look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import BertForMaskedLM

from training.batches import Batch, batch
from training.recipe import Recipe
from training.tokens import Tokens

SEED = 2026


@dataclass(frozen=True)
class Guesses:
    """How well hidden words are guessed."""

    masks: int
    loss: float  # mean negative log-likelihood, in nats
    top_1: float
    top_5: float


def held_out_pieces(
    tokens: Tokens, count: int | None = None, longest: int = 126
) -> list[NDArray[np.uint16]]:
    """The ids of the first `count` held-out paragraphs (all if None).

    A paragraph longer than `longest` gives its first whole sentences that fit.
    """
    return [
        tokens.pieces(passage, longest, by_sentence=False)[0]
        for passage in range(min(len(tokens), count or len(tokens)))
    ]


def held_out_batches(tokens: Tokens, count: int | None = None, longest: int = 126) -> list[Batch]:
    """`held_out_pieces` of more than two tokens, 15 % of each hidden behind [MASK]."""
    recipe = replace(Recipe(), masked=0.15, shown_masked=1.0, shown_random=0.0)
    rows = (row for row in held_out_pieces(tokens, count, longest) if len(row) > 2)
    rows = sorted(rows, key=len)
    random = np.random.default_rng(SEED)
    return [batch(rows[at : at + 32], recipe, random) for at in range(0, len(rows), 32)]


@torch.inference_mode()
def guesses(network: BertForMaskedLM, batches: Iterable[Batch]) -> Guesses:
    """Loss, top-1 and top-5 at the hidden places of `batches`."""
    network.eval()
    device = network.device
    masks, loss, first, five = 0, 0.0, 0, 0
    for each in batches:
        states = network.bert(each.ids.to(device), each.attended.to(device)).last_hidden_state
        logits = network.cls(states.flatten(0, 1)[each.hidden.to(device)]).float()
        answers = each.answers.to(device)
        masks += len(answers)
        loss += torch.nn.functional.cross_entropy(logits, answers, reduction="sum").item()
        right = logits.topk(5).indices == answers[:, None]
        first += int(right[:, 0].sum())
        five += int(right.sum())
    return Guesses(masks, loss / masks, first / masks, five / masks)
