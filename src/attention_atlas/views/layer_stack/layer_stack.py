"""All layers for one token: how long its vector is, how much it turns, and what turns it."""

from __future__ import annotations

import numpy as np

from attention_atlas.analysis.residual import layer_changes
from attention_atlas.tracing.layer_weights import norm_weights
from attention_atlas.tracing.token_path import token_path
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import token_of
from attention_atlas.views.picture import Picture


def layer_stack(trace: Trace, token: int) -> Picture:
    """How each of the L layers changes one token; analysis/residual.py defines the numbers.

    Arrays: `norm` (L + 1,), the length of the first layer's input and of each layer's output;
    `change` (L,), 1 − cos of a layer's output and its input; `attention` and `ffn` (L,), the
    lengths of what the two sublayers added, as it stands in the layer's output. State: `token`
    (the piece). Which layer is chosen follows the selection in the browser.

    It runs each layer for this token alone, so the layers that the trace keeps stay kept and no
    n × n numbers are made.

    Raises:
        InvalidChoice: there is no such token.
    """
    chosen = token_of(trace, token)
    path = token_path(trace, chosen.index)
    layers = range(trace.model.layers)
    first = [norm_weights(trace.model, layer, "attention") for layer in layers]
    second = [norm_weights(trace.model, layer, "ffn") for layer in layers]
    changes = layer_changes(
        trace.hidden_states[:, chosen.index],
        path.attention_output,
        path.attention_norm,
        path.ffn_output,
        np.stack([norm.gamma for norm in first]),
        np.stack([norm.gamma for norm in second]),
        np.array([[a.epsilon, b.epsilon] for a, b in zip(first, second, strict=True)]),
    )
    return Picture(
        "layer_stack",
        {"token": chosen.text},
        {
            name: np.asarray(getattr(changes, name), np.float32)
            for name in ("norm", "change", "attention", "ffn")
        },
    )
