"""Token file → batches with hidden words, in an order that the seed and the position decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from training.recipe import Recipe
from training.tokens import Tokens

PAD, CLS, SEP, MASK = 0, 101, 102, 103
FIRST_WORD, VOCABULARY = 999, 30522  # ids below are [PAD], [unused…] and the special tokens
_POOL = 64  # batches whose pieces are sorted by length together, so that little is padding


@dataclass(frozen=True)
class Batch:
    """Sequences of about one length.

    ids, attended: (sequences, longest); hidden: (masks,) flat positions of the hidden words;
    answers: (masks,) the words that stood there.
    """

    ids: torch.Tensor
    attended: torch.Tensor
    hidden: torch.Tensor
    answers: torch.Tensor


def batches(tokens: Tokens, recipe: Recipe, first_step: int = 0) -> Iterator[Batch]:
    """Batch after batch from `first_step` on, for ever, epoch after epoch.

    What a step sees depends on the recipe's seed and the step's number alone, so a run that was
    interrupted goes on as if it had not been.
    """
    step, epoch = 0, 0
    while True:
        random = np.random.default_rng([recipe.seed, epoch])
        for rows in _grouped(_epoch(tokens, recipe, random), recipe.batch_tokens, random):
            if step >= first_step:
                yield batch(rows, recipe, np.random.default_rng([recipe.seed, epoch, step]))
            step += 1
        epoch += 1


def _epoch(tokens: Tokens, recipe: Recipe, random: np.random.Generator) -> list[NDArray[np.uint16]]:
    by_sentence = random.random(len(tokens)) < recipe.single_sentences
    pieces = [
        piece
        for passage in random.permutation(len(tokens))
        for piece in tokens.pieces(passage, recipe.longest, by_sentence=bool(by_sentence[passage]))
    ]
    return [piece for piece in pieces if len(piece) > 2]


def _grouped(
    pieces: list[NDArray[np.uint16]], batch_tokens: int, random: np.random.Generator
) -> Iterator[list[NDArray[np.uint16]]]:
    pool, in_pool = [], 0
    for piece in pieces:
        pool.append(piece)
        in_pool += len(piece) + 2
        if in_pool >= _POOL * batch_tokens:
            yield from _sorted_batches(pool, batch_tokens, random)
            pool, in_pool = [], 0
    yield from _sorted_batches(pool, batch_tokens, random)


def _sorted_batches(
    pool: list[NDArray[np.uint16]], batch_tokens: int, random: np.random.Generator
) -> list[list[NDArray[np.uint16]]]:
    groups: list[list[NDArray[np.uint16]]] = []
    for piece in sorted(pool, key=len):
        if not groups or (len(groups[-1]) + 1) * (len(piece) + 2) > batch_tokens:
            groups.append([])
        groups[-1].append(piece)
    random.shuffle(groups)
    return groups


def batch(rows: list[NDArray[np.uint16]], recipe: Recipe, random: np.random.Generator) -> Batch:
    """One batch of `rows`, each with its share of words hidden (at least one)."""
    width = max(map(len, rows)) + 2
    ids = np.full((len(rows), width), PAD, dtype=np.int64)
    hidden = np.zeros(ids.shape, dtype=bool)
    for row, piece in enumerate(rows):
        ids[row, 0], ids[row, 1 : len(piece) + 1], ids[row, len(piece) + 1] = CLS, piece, SEP
        count = max(1, round(recipe.masked * len(piece)))
        hidden[row, 1 + random.permutation(len(piece))[:count]] = True
    attended = ids != PAD
    answers = ids[hidden]
    chance = random.random(len(answers))
    replaced = chance < recipe.shown_masked + recipe.shown_random
    shown = np.where(replaced, random.integers(FIRST_WORD, VOCABULARY, len(answers)), answers)
    ids[hidden] = np.where(chance < recipe.shown_masked, MASK, shown)
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(attended),
        torch.from_numpy(np.flatnonzero(hidden)),
        torch.from_numpy(answers),
    )
