"""The tokens as a table: piece, id, position, segment."""

from __future__ import annotations

from attention_atlas.tracing.trace import Trace
from attention_atlas.views.picture import Picture


def token_table(trace: Trace) -> Picture:
    """The tokens of a trace. State: `tokens`, one entry each, in order.

    An entry has `piece`, `id`, `position`, `segment` ("A" or "B"), `part` ("only", "first",
    "middle" or "last": its place in its word), `special`, and `original`, the characters an
    unknown piece stands for (None for a piece the vocabulary has).
    """
    words = [(token.sentence, token.word) for token in trace.tokens]
    entries = []
    for i, token in enumerate(trace.tokens):
        inside = token.word is not None
        before = inside and i > 0 and words[i - 1] == words[i]
        after = inside and i + 1 < len(words) and words[i + 1] == words[i]
        entries.append(
            {
                "piece": token.text,
                "id": token.id,
                "position": token.position,
                "segment": "AB"[token.segment],
                "part": _PARTS[before, after],
                "special": token.special,
                "original": token.original if token.unknown else None,
            }
        )
    return Picture("token_table", {"tokens": entries})


_PARTS = {
    (False, False): "only",
    (False, True): "first",
    (True, True): "middle",
    (True, False): "last",
}
