"""What came in + what a step found, and the LayerNorm of the two."""

from __future__ import annotations

from typing import Literal

from attention_atlas.errors import InvalidChoice
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import token_of
from attention_atlas.views.picture import Picture
from attention_atlas.views.strip import strip


def add_norm(trace: Trace, layer: int, token: int, part: Literal["attention", "ffn"]) -> Picture:
    """One of the two additions of a layer, for one token.

    Arrays `carried` (what came in), `found` (what the step gave), `sum` and `output` (its
    LayerNorm), (d,) each. State: `token` (the piece), and `rows`, one line each with its sign,
    name and length (L2 norm).

    Raises:
        InvalidChoice: there is no such layer, token or part.
    """
    chosen = token_of(trace, token)
    seen = trace.layers[layer]
    if part == "attention":
        names = f"Layer {seen.index + 1} input", "Attention"
        carried, found, output = seen.input, seen.attention_output, seen.attention_norm
    elif part == "ffn":
        names = "After attention", "Feed-forward"
        carried, found, output = seen.attention_norm, seen.ffn_output, seen.output
    else:
        raise InvalidChoice(f"There is no part {part!r} of a layer. Choose 'attention' or 'ffn'.")
    vectors = {
        "carried": carried[token],
        "found": found[token],
        "sum": carried[token] + found[token],
        "output": output[token],
    }
    rows = [
        strip("carried", "", names[0], vectors["carried"]),
        strip("found", "+", names[1], vectors["found"]),
        strip("sum", "=", "Sum", vectors["sum"]),
        strip("output", "→", "LayerNorm", vectors["output"], norm=True),
    ]
    return Picture("add_norm", {"token": chosen.text, "rows": rows}, vectors)
