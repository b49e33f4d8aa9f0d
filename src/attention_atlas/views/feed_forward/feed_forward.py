"""One token through the feed-forward network: widened, bent, narrowed."""

from __future__ import annotations

from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import token_of
from attention_atlas.views.picture import Picture


def feed_forward(trace: Trace, layer: int, token: int) -> Picture:
    """For one token, arrays `input` (d,), `intermediate` (d_ff,) and `output` (d,).

    `input` is what the first Add & Norm gave, `intermediate` is after the activation, `output` is
    after the second projection, before it is added. State: `token` (the piece), `layer` counted
    from 0, `columns` (the width of the grid that shows the units) and `active`, the share of
    units whose activation is above 0.

    Raises:
        InvalidChoice: there is no such layer or token.
    """
    chosen = token_of(trace, token)
    seen = trace.layers[layer]
    units = seen.intermediate[token]
    return Picture(
        "feed_forward",
        {
            "token": chosen.text,
            "layer": layer,
            "columns": _columns(len(units)),
            "active": float((units > 0).mean()),
        },
        {
            "input": seen.attention_norm[token],
            "intermediate": units,
            "output": seen.ffn_output[token],
        },
    )


def _columns(units: int, about: int = 64) -> int:
    """A width that leaves no cell of the last row empty, if there is one near `about`."""
    if units <= about:
        return units
    near = [c for c in range(about // 2, 2 * about + 1) if units % c == 0]
    return min(near, key=lambda c: abs(c - about), default=about)
