"""What a head looks at: the share of attention that goes to a kind of place.

A share alone misleads in a short sentence, where each place is much of the whole. So each comes
with what uniform attention would give, and the ratio of the two. The kinds are those that
K. Clark, U. Khandelwal, O. Levy and C. D. Manning found in BERT: "What Does BERT Look At?",
BlackboxNLP 2019, section 3.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from attention_atlas.tracing.tokens import Token

Places = Bool[np.ndarray, "n n"]
"""Whether key j is such a place for query i."""


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


def places(tokens: Sequence[Token]) -> dict[str, Places]:
    """Which keys are which kind of place, for each query.

    itself: j = i. previous, next: j = i - 1, j = i + 1. first: the first token, if it is special
    ([CLS]). separator: the special tokens after it that the tokenizer added ([SEP]). punctuation:
    tokens of nothing but punctuation. same word: the same piece elsewhere in the text, special
    tokens apart.
    """
    n = len(tokens)
    index = np.arange(n)
    apart = index[None, :] - index[:, None]
    added = np.array([token.special and not token.typed_special for token in tokens])
    special = np.array([token.special for token in tokens])
    ids = np.array([token.id for token in tokens])
    marks = np.array([_is_punctuation(token) for token in tokens])
    everywhere = np.ones((n, 1), dtype=bool)
    return {
        "itself": apart == 0,
        "previous": apart == -1,
        "next": apart == 1,
        "first": everywhere & (added & (index == 0)),
        "separator": everywhere & (added & (index > 0)),
        "punctuation": everywhere & marks,
        "same word": (ids[None, :] == ids[:, None]) & (apart != 0) & ~(special | special[:, None]),
    }


def roles(
    attention: Float[np.ndarray, "*heads n n"], where: Mapping[str, Places]
) -> dict[str, RoleShare]:
    """The share of each kind of place in `where`, for one head or for many at once.

    Args:
        attention: weights, (..., n, n); rows are queries and columns keys.
        where: kinds of places, as `places` gives them.
    """
    return {name: _share(attention, chosen) for name, chosen in where.items()}


def mean_distance(attention: Float[np.ndarray, "*heads n n"]) -> Float[np.ndarray, "*heads"]:
    """Mean over queries i of Σ_j A_ij |i - j|: how many tokens away a head looks."""
    index = np.arange(attention.shape[-1], dtype=attention.dtype)
    apart = np.abs(index[None, :] - index[:, None])
    return np.asarray(np.einsum("...ij,ij->...", attention, apart) / len(index))


def _share(attention: Float[np.ndarray, "*heads n n"], chosen: Places) -> RoleShare:
    asked = chosen.any(axis=1)
    count = int(asked.sum())
    with np.errstate(invalid="ignore"):
        total = np.einsum("...ij,ij->...", attention, chosen.astype(attention.dtype))
        uniform = np.float64(chosen.sum()) / chosen.shape[-1] / np.float64(count)
        return RoleShare(np.asarray(total / np.float64(count)), float(uniform), count)


def _is_punctuation(token: Token) -> bool:
    return not token.special and all(
        unicodedata.category(letter).startswith("P") for letter in token.text.removeprefix("##")
    )
