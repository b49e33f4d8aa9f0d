"""The tokens of a sentence as points in a plane, layer after layer."""

from __future__ import annotations

import numpy as np

from attention_atlas.analysis.principal import principal_plane
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import first_word
from attention_atlas.views.picture import Picture
from attention_atlas.views.thinning import halves


def token_map(trace: Trace) -> Picture:
    """The hidden states of all layers in one plane (`analysis.principal.principal_plane`).

    Arrays `points` (L + 1, n, 2), half floats in units of each layer's spread, and `nearest`
    (L + 1, n), the index of the token that is nearest in all d dimensions, -1 if there is none.
    State: `tokens` with `text`, `segment` and `special`; `first` (the token followed when none is
    focused); `dimensions` (d); and for each of the L + 1 states `share` and `best`, None where
    the tokens do not differ.

    Raises:
        InvalidChoice: a hidden state is not a finite number.
    """
    plane = principal_plane(trace.hidden_states)
    state = {
        "tokens": [
            {"text": token.text, "segment": token.segment, "special": token.special}
            for token in trace.tokens
        ],
        "first": first_word(trace),
        "dimensions": trace.model.hidden_size,
        "share": _told(plane.share),
        "best": _told(plane.best),
    }
    arrays = {"points": halves(plane.points), "nearest": plane.nearest.astype(np.float16)}
    if plane.nearest.shape[1] > 2048:  # beyond, half floats skip whole numbers
        arrays["nearest"] = plane.nearest.astype(np.float32)
    return Picture("token_map", state, arrays)


def _told(shares: np.ndarray) -> list[float | None]:
    return [float(share) if np.isfinite(share) else None for share in shares]
