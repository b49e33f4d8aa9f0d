"""The position embeddings a model learned, beside the sinusoids it could have used."""

from __future__ import annotations

import numpy as np

from attention_atlas.analysis.positions import cosines, sinusoidal_encoding
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import first_word
from attention_atlas.views.picture import Picture
from attention_atlas.views.thinning import halves, stride_for

MOST_POSITIONS = 128
"""How many positions a similarity map shows: two maps of half floats in 87 KB."""
TABLE_VALUES = 52_000
"""How many values of a table are sent: two tables of half floats in 277 KB."""


def positions(trace: Trace) -> Picture:
    """How alike the positions of a text are.

    Arrays `learned` and `sinusoidal`, (m, m) each: the cosine of position i · `stride` with
    position j · `stride`, of what this model adds to its tokens and of the encoding of Vaswani et
    al. (2017), which BERT does not use. State: `tables` False, `tokens` (the pieces), `first`
    (the token followed when none is focused), `stride`, and `neighbours`, the mean cosine of
    positions next to each other for either of the two, None where there is one position.
    """
    learned, sinusoidal = (cosines(table) for table in _tables(trace))
    stride = stride_for(len(learned), MOST_POSITIONS)
    state = _state(trace, stride) | {
        "tables": False,
        "neighbours": {
            "learned": _next_to_each_other(learned),
            "sinusoidal": _next_to_each_other(sinusoidal),
        },
    }
    arrays = {
        "learned": halves(learned[::stride, ::stride]),
        "sinusoidal": halves(sinusoidal[::stride, ::stride]),
    }
    return Picture("positions", state, arrays)


def position_tables(trace: Trace) -> Picture:
    """The two tables themselves: arrays `learned` and `sinusoidal`, (m, d) each.

    Row i is position i · `stride`. State: `tables` True, `tokens`, `first` and `stride`, as
    `positions` has them.
    """
    learned, sinusoidal = _tables(trace)
    n, d = learned.shape
    stride = stride_for(n, max(1, TABLE_VALUES // d))
    arrays = {"learned": learned[::stride], "sinusoidal": sinusoidal[::stride]}
    if 2 * arrays["learned"].size > TABLE_VALUES:  # else there is room for them as they are
        arrays = {name: halves(array) for name, array in arrays.items()}
    return Picture("positions", _state(trace, stride) | {"tables": True}, arrays)


def _tables(trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    learned = trace.embeddings.position
    rows = [token.position for token in trace.tokens]
    return learned, sinusoidal_encoding(max(rows) + 1, learned.shape[1])[rows]


def _state(trace: Trace, stride: int) -> dict[str, object]:
    tokens = [token.text for token in trace.tokens]
    return {"tokens": tokens, "first": first_word(trace), "stride": stride}


def _next_to_each_other(similar: np.ndarray) -> float | None:
    mean = float(np.mean(similar.diagonal(1))) if len(similar) > 1 else float("nan")
    return mean if np.isfinite(mean) else None
