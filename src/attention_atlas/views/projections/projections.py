"""Query, key and value of one head, for all tokens."""

from __future__ import annotations

from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import head_of
from attention_atlas.views.picture import Picture


def projections(trace: Trace, layer: int, head: int) -> Picture:
    """Arrays `query`, `key` and `value` of one head, (n, d_h) each.

    State: `tokens` (the pieces), `layer` and `head` counted from 0.

    Raises:
        InvalidChoice: there is no such layer or head.
    """
    head = head_of(trace, head)
    seen = trace.layers[layer]
    return Picture(
        "projections",
        {"tokens": [token.text for token in trace.tokens], "layer": layer, "head": head},
        {"query": seen.query[head], "key": seen.key[head], "value": seen.value[head]},
    )
