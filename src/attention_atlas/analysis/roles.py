"""What a head looks at: the share of attention that goes to a kind of place.

A share alone misleads in a short sentence, where each place is much of the whole. So each comes
with what uniform attention would give, and the ratio of the two. The kinds are those that
K. Clark, U. Khandelwal, O. Levy and C. D. Manning found in BERT: "What Does BERT Look At?",
BlackboxNLP 2019, section 3.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int

from attention_atlas.analysis.units import Unit, units
from attention_atlas.errors import InvalidChoice
from attention_atlas.tracing.tokens import Token


@dataclass(frozen=True, eq=False)
class Places:
    """Which of n keys are one kind of place, for each of n queries.

    It lists them instead of saying yes or no n² times, so that a head is asked for few weights.
    """

    n: int
    chosen: slice | Int[np.ndarray, " places"]
    """Which of the n² weights, counted row after row; of the n columns if `columns`."""
    columns: bool
    """Whether they are the same keys for every query."""
    queries: int
    """How many queries have such a place."""
    uniform: float
    """What `RoleShare.uniform` says."""

    @property
    def mask(self) -> Bool[np.ndarray, "{self.n} {self.n}"]:
        """The same as a matrix: whether key j is such a place for query i."""
        yes = np.zeros(self.n if self.columns else self.n * self.n, dtype=bool)
        yes[self.chosen] = True
        return np.tile(yes, (self.n, 1)) if self.columns else yes.reshape(self.n, self.n)


@dataclass(frozen=True, eq=False)
class RoleShare:
    """How much of the attention goes to one kind of place."""

    share: Float[np.ndarray, "*heads"]
    """Mean, over the queries that have such a place, of the weight given to those places."""
    uniform: float
    """The same for a head that gives each token 1/n. NaN if no query has such a place."""
    queries: int
    """How many queries have such a place."""

    @property
    def ratio(self) -> Float[np.ndarray, "*heads"]:
        """How many times what uniform attention would give; 1 says nothing."""
        return np.asarray(self.share / self.uniform)


def places(tokens: Sequence[Token], among: Sequence[Unit] | None = None) -> dict[str, Places]:
    """Which keys are which kind of place, for each query.

    itself: j = i. previous, next: j = i - 1, j = i + 1. first: the first token, if it is special
    ([CLS]). separator: the special tokens after it that the tokenizer added ([SEP]). punctuation:
    tokens of nothing but punctuation. same word: the same piece, or of whole words all the same
    pieces, elsewhere in the text, special tokens apart.

    Args:
        tokens: of the trace.
        among: the units that the attention is between, from `units`; each token one if None. A
            place whose token is left out is there for no query.
    """
    among = units(tokens) if among is None else among
    n = len(among)
    added = [_is_added(tokens, unit) for unit in among]
    at_start = [unit.tokens[0] == 0 for unit in among]
    marks = [all(_is_punctuation(tokens[i]) for i in unit.tokens) for unit in among]
    return {
        "itself": _diagonal(n, 0),
        "previous": _diagonal(n, -1),
        "next": _diagonal(n, 1),
        "first": _columns([a and start for a, start in zip(added, at_start, strict=True)]),
        "separator": _columns([a and not start for a, start in zip(added, at_start, strict=True)]),
        "punctuation": _columns(marks),
        "same word": _same_word(tokens, among),
    }


def roles(
    attention: Float[np.ndarray, "*heads n n"], where: Mapping[str, Places]
) -> dict[str, RoleShare]:
    """The share of each kind of place in `where`, for one head or for many at once.

    Args:
        attention: weights, (..., n, n); rows are queries and columns keys.
        where: kinds of places, as `places` gives them.

    Raises:
        InvalidChoice: the places are among another number of tokens than the attention.
    """
    n = attention.shape[-1]
    for name, of in where.items():
        if of.n != n:
            raise InvalidChoice(
                f"The places of {name!r} are among {of.n} tokens, but the attention is between "
                f"{n}. Give the places of the tokens, or units, that the attention is between."
            )
    weights = attention.reshape(*attention.shape[:-2], n * n)
    received = np.einsum("...ij->...j", attention)
    return {name: _share(received if of.columns else weights, of) for name, of in where.items()}


def mean_distance(attention: Float[np.ndarray, "*heads n n"]) -> Float[np.ndarray, "*heads"]:
    """Mean over queries i of Σ_j A_ij |i - j|: how many tokens away a head looks."""
    n = attention.shape[-1]
    apart = _apart(n).astype(attention.dtype, copy=False)
    # Row by row first: one sum over n² numbers would lose digits in single precision.
    return np.asarray(np.einsum("...ij,ij->...i", attention, apart).sum(axis=-1) / n)


def uniform_distance(n: int) -> float:
    """The mean distance of uniform attention: Σ_ij |i - j| / n² = (n² - 1) / 3n."""
    return (n * n - 1) / (3 * n)


def _share(weights: Float[np.ndarray, "*heads cells"], of: Places) -> RoleShare:
    if of.queries == 0:
        nothing = np.full(weights.shape[:-1], np.nan, dtype=weights.dtype)
        return RoleShare(nothing, of.uniform, 0)
    if isinstance(of.chosen, slice):
        found = weights[..., of.chosen]
    else:
        found = weights.take(of.chosen, axis=-1)
    return RoleShare(np.asarray(found.sum(axis=-1) / of.queries), of.uniform, of.queries)


def _diagonal(n: int, offset: int) -> Places:
    queries = max(0, n - abs(offset))
    begin = offset if offset >= 0 else -offset * n
    return _places(n, slice(begin, begin + queries * (n + 1), n + 1), queries, queries)


def _columns(keys: list[bool]) -> Places:
    chosen = np.flatnonzero(keys)
    n = len(keys)
    queries = n if len(chosen) else 0
    return _places(n, chosen, queries, n * len(chosen), columns=True)


def _same_word(tokens: Sequence[Token], among: Sequence[Unit]) -> Places:
    known: dict[tuple[int, ...], int] = {}
    # Special ones get a number of their own each, so that they are like no other.
    words = np.array(
        [
            -1 - i if unit.special else known.setdefault(_ids(tokens, unit), len(known))
            for i, unit in enumerate(among)
        ],
        dtype=np.intp,
    )
    same = words[:, None] == words
    np.fill_diagonal(same, val=False)
    chosen = np.flatnonzero(same)
    return _places(len(among), chosen, int(same.any(axis=1).sum()), len(chosen))


def _places(
    n: int,
    chosen: slice | Int[np.ndarray, " places"],
    queries: int,
    weights: int,
    *,
    columns: bool = False,
) -> Places:
    uniform = weights / n / queries if queries else math.nan
    return Places(n, chosen, columns, queries, uniform)


@lru_cache(maxsize=8)
def _apart(n: int) -> Float[np.ndarray, "{n} {n}"]:
    index = np.arange(n, dtype=np.float32)
    apart = np.abs(index[None, :] - index[:, None])
    apart.flags.writeable = False
    return apart


def _ids(tokens: Sequence[Token], unit: Unit) -> tuple[int, ...]:
    return tuple(tokens[i].id for i in unit.tokens)


def _is_added(tokens: Sequence[Token], unit: Unit) -> bool:
    token = tokens[unit.tokens[0]]
    return token.special and not token.typed_special


def _is_punctuation(token: Token) -> bool:
    return not token.special and all(
        unicodedata.category(letter).startswith("P") for letter in token.text.removeprefix("##")
    )
