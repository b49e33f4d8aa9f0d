"""One token's way through all layers, without the attention of the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from attention_atlas.tracing.trace import Trace


@dataclass(frozen=True, eq=False)
class TokenPath:
    """What the sublayers of all L layers gave one token. Arrays are read-only float32."""

    attention_output: Float32[np.ndarray, "layers d"]
    """After the output projection: `trace.layers[l].attention_output[token]`."""
    attention_norm: Float32[np.ndarray, "layers d"]
    """LayerNorm(input + attention_output)."""
    ffn_output: Float32[np.ndarray, "layers d"]
    """After the second projection of the feed-forward network."""


def token_path(trace: Trace, token: int) -> TokenPath:
    """Runs each layer for one token: keys and values of all n, everything else of that one alone.

    Of a trace that was loaded without its model, each layer is read from the file instead.

    So no n × n numbers are ever there, and the layers that a trace keeps stay where they are. The
    keys and values cost about a sixth of a pass at 2·n·d² multiplications a layer.

    Args:
        trace: the text; each layer reads what the trace holds as its input.
        token: counted from 0; it has to be there.
    """
    if not trace.model.at_hand:
        return _read(trace, token)
    import torch
    from torch.nn import functional

    from attention_atlas.tracing.capture import to_numpy

    heads = trace.model.heads
    found: dict[str, list[torch.Tensor]] = {name: [] for name in TokenPath.__annotations__}

    def split(joined: torch.Tensor) -> torch.Tensor:
        return joined.unflatten(-1, (heads, -1)).transpose(0, 1)

    with torch.inference_mode():
        for parts, state in zip(trace.model.parts.layers, trace.hidden_states[:-1], strict=True):
            weight = next(parts.layer.parameters())
            given = torch.tensor(state).to(weight.device, weight.dtype)
            own = given[token : token + 1]
            query, key, value = parts.query(own), parts.key(given), parts.value(given)
            context = functional.scaled_dot_product_attention(
                split(query), split(key), split(value)
            )
            attended = parts.attention_projection(context.transpose(0, 1).flatten(1))
            normed = parts.attention_norm(own + attended)
            found["attention_output"].append(attended)
            found["attention_norm"].append(normed)
            found["ffn_output"].append(parts.ffn_projection(parts.intermediate(normed)))
        return TokenPath(**{name: to_numpy(torch.cat(rows)) for name, rows in found.items()})


def _read(trace: Trace, token: int) -> TokenPath:
    found: dict[str, list[np.ndarray]] = {name: [] for name in TokenPath.__annotations__}
    for layer in trace.layers:
        for name, rows in found.items():
            rows.append(getattr(layer, name)[token])
    return TokenPath(**{name: _together(rows) for name, rows in found.items()})


def _together(rows: list[np.ndarray]) -> np.ndarray:
    array = np.stack(rows)
    array.flags.writeable = False
    return array
