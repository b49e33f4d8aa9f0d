"""The results of all heads side by side, and the output projection that mixes them."""

from __future__ import annotations

from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import token_of
from attention_atlas.views.picture import Picture
from attention_atlas.views.strip import strip


def heads_joined(trace: Trace, layer: int, token: int) -> Picture:
    """For one token, arrays `context` (H, d_h) and `attention_output` (d,).

    State: `token` (the piece), `layer` counted from 0, and `row`, the line of the output.

    Raises:
        InvalidChoice: there is no such layer or token.
    """
    chosen = token_of(trace, token)
    seen = trace.layers[layer]
    output = seen.attention_output[token]
    return Picture(
        "heads_joined",
        {
            "token": chosen.text,
            "layer": layer,
            "row": strip("attention_output", "→", "Attention output", output),
        },
        {"context": seen.context[:, token], "attention_output": output},
    )
