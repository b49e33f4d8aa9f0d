"""The position embeddings a model learned, beside the sinusoids it could have used."""

from __future__ import annotations

from attention_atlas.analysis.positions import sinusoidal_encoding
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.picture import Picture


def positions(trace: Trace) -> Picture:
    """The positions of a text. Arrays `learned` and `sinusoidal`, (n, d) each.

    `learned` is what this model adds to its tokens; `sinusoidal` is the encoding of Vaswani et
    al. (2017) for the same positions, which BERT does not use. State: `tokens` (the pieces).
    """
    learned = trace.embeddings.position
    rows = [token.position for token in trace.tokens]
    sinusoidal = sinusoidal_encoding(max(rows) + 1, learned.shape[1])[rows]
    return Picture(
        "positions",
        {"tokens": [token.text for token in trace.tokens]},
        {"learned": learned, "sinusoidal": sinusoidal},
    )
