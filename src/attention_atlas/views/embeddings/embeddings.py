"""The first vector of each token: word + position + segment, and its LayerNorm."""

from __future__ import annotations

from typing import Any

import numpy as np

from attention_atlas.analysis.positions import cosines
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import first_word, token_of
from attention_atlas.views.picture import Picture
from attention_atlas.views.strip import strip
from attention_atlas.views.thinning import halves, pooled

CELLS = 25_600
"""How many cells of a matrix of all tokens are sent: four matrices of half floats in 273 KB."""


def embeddings(trace: Trace, token: int) -> Picture:
    """The addition for one token.

    Arrays `word`, `position`, `segment`, `sum` and `output`, (d,) each, and in the state `rows`,
    one line each with its sign, name and length (L2 norm). Of a pair, also `segment_a` and
    `segment_b`, (d,) each, and in the state `pair`, with the `rows` of the two, how many `tokens`
    each is added to, and their `cosine`. `one_segment` says that there is a pair, but that this
    model does not tell its sentences apart.

    Raises:
        InvalidChoice: there is no such token.
    """
    chosen = token_of(trace, token)
    made = trace.embeddings
    vectors = {
        "word": made.word[token],
        "position": made.position[token],
        "segment": made.segment[token],
        "sum": made.sum[token],
        "output": made.output[token],
    }
    rows = [
        strip("word", "", "Word", vectors["word"]),
        strip("position", "+", "Position", vectors["position"]),
        strip("segment", "+", f"Segment {'AB'[chosen.segment]}", vectors["segment"]),
        strip("sum", "=", "Sum", vectors["sum"]),
        strip("output", "→", "LayerNorm", vectors["output"], norm=True),
    ]
    pair, both = _segments(trace)
    state = {
        "everything": False,
        "token": chosen.text,
        "rows": rows,
        "pair": pair,
        "one_segment": trace.pair is not None and trace.model.segments < 2,
    }
    return Picture("embeddings", state, vectors | both)


def all_embeddings(trace: Trace) -> Picture:
    """The addition for all tokens at once.

    Arrays `word`, `position`, `sum` and `output`, (n, columns) each, and `segments`
    (S, columns), one row for each segment of the text. A column stands for `group` neighbouring
    dimensions and holds the one that is largest in magnitude; with a `group` of 1 it is the
    dimension itself. State: `group`, `dimensions` (d), `tokens` (the pieces), `segment_of` (the
    row of `segments` for each token), `first` (the token followed when none is focused).
    """
    made = trace.embeddings
    n, d = made.sum.shape
    group = -(-n * d // CELLS)
    segments = sorted({t.segment for t in trace.tokens})
    first = [next(t.index for t in trace.tokens if t.segment == s) for s in segments]
    arrays = {
        "word": made.word,
        "position": made.position,
        "segments": made.segment[first],
        "sum": made.sum,
        "output": made.output,
    }
    if 2 * n * d > CELLS:  # else there is room for them as they are
        arrays = {name: halves(pooled(array, group)) for name, array in arrays.items()}
    state = {
        "everything": True,
        "tokens": [t.text for t in trace.tokens],
        "group": group,
        "dimensions": d,
        "segment_of": [segments.index(t.segment) for t in trace.tokens],
        "segments": "Segment " + " and ".join("AB"[s] for s in segments),
        "first": first_word(trace),
    }
    return Picture("embeddings", state, arrays)


def _segments(trace: Trace) -> tuple[dict[str, Any] | None, dict[str, np.ndarray]]:
    of = [token.segment for token in trace.tokens]
    if set(of) != {0, 1}:
        return None, {}
    both = {f"segment_{'ab'[s]}": trace.embeddings.segment[of.index(s)] for s in (0, 1)}
    cosine = float(cosines(np.stack(list(both.values())))[0, 1])
    rows = [strip(name, "", f"Segment {name[-1].upper()}", vector) for name, vector in both.items()]
    told = {
        "rows": rows,
        "tokens": [of.count(0), of.count(1)],
        "cosine": cosine if np.isfinite(cosine) else None,
    }
    return told, both
