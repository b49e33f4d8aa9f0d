"""The results of all heads side by side, and what each adds to the output."""

from __future__ import annotations

from typing import Any

import numpy as np

from attention_atlas.analysis.head_contributions import head_contributions
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import token_of
from attention_atlas.views.picture import Picture


def heads_joined(trace: Trace, layer: int, token: int) -> Picture:
    """For one token, arrays `context` (H, d_h), `parts` (H, d), `bias` (d,) and
    `attention_output` (d,).

    `parts` is what each head adds, context_h W_O,h: the parts and the bias add up to the output.
    Arrays of one number for each head and a last one for the bias, (H + 1,): `norms`, the L2
    norms, and `along`, how far each goes in the direction of the output as a share of its length;
    these add up to 1.

    State: `token` (the piece), `layer` counted from 0, and `length`, the L2 norm of the output.

    Raises:
        InvalidChoice: there is no such layer or token.
    """
    chosen = token_of(trace, token)
    seen = trace.layers[layer]
    context, output = seen.context[:, token], seen.attention_output[token]
    weight, bias = _projection(trace, layer)
    found = head_contributions(context, weight, bias)
    return Picture(
        "heads_joined",
        {
            "token": chosen.text,
            "layer": seen.index,
            "length": float(np.linalg.norm(output.astype(np.float64))),
        },
        {
            "context": context,
            "parts": found.parts.astype(np.float32),
            "bias": bias,
            "attention_output": output,
            "norms": np.append(found.norms, found.bias_norm).astype(np.float32),
            "along": np.append(found.along, found.bias_along).astype(np.float32),
        },
    )


def _projection(trace: Trace, layer: int) -> tuple[np.ndarray, np.ndarray]:
    """The output projection's weight (d, d), output by input, and its bias (d,)."""
    trace.model.require("What each head adds to the output")
    module: Any = trace.model.parts.layers[layer].attention_projection
    weight, bias = (each.detach().cpu().float().numpy() for each in (module.weight, module.bias))
    return weight, bias
