"""The first vector of each token: word + position + segment, and its LayerNorm."""

from __future__ import annotations

from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import token_of
from attention_atlas.views.picture import Picture
from attention_atlas.views.strip import strip


def embeddings(trace: Trace, token: int, *, everything: bool = False) -> Picture:
    """The addition for one token, or for all of them.

    For one token, arrays `word`, `position`, `segment`, `sum` and `output`, (d,) each, and in the
    state `rows`, one line each with its sign, name and length (L2 norm).

    With `everything`, arrays `word`, `position` and `output`, (n, d) each, `segments` (S, d), one
    row for each segment of the text, and in the state `tokens` (the pieces) and `segment_of` (the
    row of `segments` for each token). The sum is not sent: the view adds up what it shows.

    Raises:
        InvalidChoice: there is no such token.
    """
    chosen = token_of(trace, token)
    made = trace.embeddings
    if everything:
        segments = sorted({t.segment for t in trace.tokens})
        first = [next(t.index for t in trace.tokens if t.segment == s) for s in segments]
        return Picture(
            "embeddings",
            {
                "everything": True,
                "tokens": [t.text for t in trace.tokens],
                "segment_of": [segments.index(t.segment) for t in trace.tokens],
                "segments": "Segment " + " and ".join("AB"[s] for s in segments),
            },
            {
                "word": made.word,
                "position": made.position,
                "segments": made.segment[first],
                "output": made.output,
            },
        )
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
    return Picture("embeddings", {"everything": False, "token": chosen.text, "rows": rows}, vectors)
