"""Each word piece hidden in turn, and what the model puts in its place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attention_atlas.tracing.distributions import Distribution
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import token_of
from attention_atlas.views.picture import Picture

AT_ONCE_UP_TO = 64
"""Texts of at most this many tokens are run without asking: each word takes a pass."""
MOST_GUESSES = 5
"""As many as a line has room for, also where more are wanted elsewhere."""


def words_to_mask(trace: Trace) -> list[int]:
    """The positions worth hiding: everything that is not special already."""
    return [token.index for token in trace.tokens if not token.special]


def masked_in_turn(
    trace: Trace, found: Sequence[Distribution], positions: Sequence[int], *, top_k: int = 5
) -> Picture:
    """The first guesses for each position that was hidden, and where the true piece stands.

    Args:
        trace: the text.
        found: what `distributions(trace, masked=True, positions=positions)` gave.
        positions: the token of each of them. It may be a part of the text while the rest is
            still being computed.
        top_k: how many guesses to show of those that were found.

    State: `rows`, in the order of the text, each with `token` (its index), `piece` (the true
    one), `rank` (the true one's), and `guesses` (`text`, `true`), likeliest first; `right`, how
    many first guesses are the true piece; and `vocabulary`. Array `probabilities` (rows, 1 + k):
    the true piece's, then those of the guesses.

    Raises:
        InvalidChoice: a position is not one of the text.
        ValueError: there are not as many positions as distributions.
    """
    rows = []
    probabilities = []
    for position, one in sorted(zip(positions, found, strict=True), key=lambda of: of[0]):
        token = token_of(trace, position)
        true = one.asked[0]
        best = one.best[:top_k]
        guesses = [{"text": p.text, "true": p.id == token.id} for p in best]
        rows.append({"token": position, "piece": token.text, "rank": true.rank, "guesses": guesses})
        probabilities.append([true.probability, *(p.probability for p in best)])
    right = sum(row["guesses"][0]["true"] for row in rows)
    return Picture(
        "masked_in_turn",
        {"rows": rows, "right": right, "vocabulary": trace.model.vocabulary_size},
        {"probabilities": np.array(probabilities or np.empty((0, 1 + top_k)))},
    )
