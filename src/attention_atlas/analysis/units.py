"""What attention is shown between: single tokens, or whole words put together from their pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from attention_atlas.errors import InvalidChoice
from attention_atlas.tracing.tokens import Token


@dataclass(frozen=True)
class Unit:
    """A token, or the pieces of one word."""

    text: str
    """The token as the vocabulary has it, or the pieces of the word joined: "unaffable"."""
    tokens: tuple[int, ...]
    """The indices of its tokens, which follow each other."""
    special: bool
    """Whether it is one of the tokenizer's special tokens, added or typed."""
    segment: int
    """0, or 1 in the second sentence of a pair."""


def units(
    tokens: Sequence[Token], keep: Bool[np.ndarray, " n"] | None = None, *, words: bool = False
) -> tuple[Unit, ...]:
    """The tokens as units, in their order.

    A special token, also a [MASK] that hides one piece of a word, and an unknown word are units
    of their own.

    Args:
        tokens: of a trace, n of them.
        keep: which of them stay, True for those; all of them if None.
        words: whether the pieces of a word become one unit, or each its own.
    """
    stay = [token for token in tokens if keep is None or keep[token.index]]
    groups = groupby(stay, key=_word if words else lambda token: token.index)
    return tuple(_unit(list(pieces)) for _, pieces in groups)


def merge(
    numbers: Float[np.ndarray, "*heads n n"],
    units: Sequence[Unit],
    *,
    columns: Literal["sum", "mean"] = "sum",
) -> Float[np.ndarray, "*heads m m"]:
    """The numbers between tokens as numbers between units.

    The columns of a word's pieces are summed, because a word is looked at as often as its pieces
    together, and their rows are averaged: weights stay weights, and each row sums to 1 again.

    Source: K. Clark, U. Khandelwal, O. Levy and C. D. Manning, "What Does BERT Look At?",
    BlackboxNLP 2019, §4.1.

    Args:
        numbers: between the n tokens of all units, in their order; rows are queries.
        units: m of them.
        columns: "mean" averages the columns too, for numbers that are no shares.

    Raises:
        InvalidChoice: the units have another number of tokens than `numbers`.
    """
    sizes = np.array([len(unit.tokens) for unit in units], dtype=np.intp)
    if numbers.shape[-1] != sizes.sum():
        raise InvalidChoice(
            f"The units have {sizes.sum()} tokens, but the numbers are between "
            f"{numbers.shape[-1]}. Give the numbers between the tokens of the units."
        )
    blocks = _summed(_summed(numbers, sizes, axis=-2), sizes, axis=-1)
    share = sizes.astype(numbers.dtype)
    return blocks / (share[:, None] if columns == "sum" else share[:, None] * share)


def _summed(numbers: np.ndarray, sizes: Int[np.ndarray, " m"], *, axis: int) -> np.ndarray:
    """Runs of `sizes` along an axis (-2 or -1), each summed.

    Most words are one piece. So the first pieces of all are taken, and the second ones added to
    those that have one, and so on: many times faster than `np.add.reduceat`.
    """
    starts = np.cumsum(sizes) - sizes
    sums = numbers.take(starts, axis=axis)
    for piece in range(1, max(sizes, default=0)):
        longer = np.flatnonzero(sizes > piece)
        into = (..., longer) if axis == -1 else (..., longer, slice(None))
        sums[into] += numbers.take(starts[longer] + piece, axis=axis)
    return sums


def _word(token: Token) -> tuple[Any, ...]:
    # What is no part of a word stands alone, and a hidden piece no longer says what it was.
    if token.word is None or token.special:
        return ("alone", token.index)
    return (token.sentence, token.word)


def _unit(pieces: list[Token]) -> Unit:
    first = pieces[0]
    return Unit(
        text=first.text + "".join(piece.text.removeprefix("##") for piece in pieces[1:]),
        tokens=tuple(piece.index for piece in pieces),
        special=first.special,
        segment=first.segment,
    )
