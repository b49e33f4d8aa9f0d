"""What came in + what a step found, and the LayerNorm of the two, number by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from attention_atlas.analysis.residual import add_norm as walk_add_norm
from attention_atlas.errors import InvalidChoice
from attention_atlas.tracing.layer_weights import Part, norm_weights
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import token_of
from attention_atlas.views.picture import Picture
from attention_atlas.views.strip import strip


def add_norm(trace: Trace, layer: int, token: int, part: Part) -> Picture:
    """One of the two additions of a layer, for one token.

    Arrays, (d,) each: `carried` (what came in), `found` (what the step gave), `sum`, `normal`
    (the sum, its mean taken off, over its deviation), `gamma` and `beta` of the LayerNorm, and
    `output`, the model's own. Array `moments` is (μ, σ², ε); array `dots` is (carried · sum,
    found · sum): over their sum they are the shares of the old and the new (analysis/residual.py).

    State: `token` (the piece), and the lines of the two calculations, `added` and `normed`, each
    with its sign, name and length (L2 norm); a line that is `given` shows weights of the model.

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
    norm = norm_weights(trace.model, seen.index, part)
    walked = walk_add_norm(carried[token], found[token], norm.gamma, norm.beta, norm.epsilon)
    vectors = {
        "carried": carried[token],
        "found": found[token],
        "sum": carried[token] + found[token],
        "normal": walked.normal.astype(np.float32),
        "gamma": norm.gamma,
        "beta": norm.beta,
        "output": output[token],
    }
    added = [
        strip("carried", "", names[0], vectors["carried"]),
        strip("found", "+", names[1], vectors["found"]),
        strip("sum", "=", "Sum", vectors["sum"]),
    ]
    normed = [
        strip("normal", "", "Normalised", vectors["normal"]),
        _given("gamma", "×", "γ", vectors["gamma"]),
        _given("beta", "+", "β", vectors["beta"]),
        strip("output", "=", "LayerNorm", vectors["output"], norm=True),
    ]
    small = {
        "moments": np.array([walked.mean, walked.variance, norm.epsilon], np.float32),
        "dots": np.array([walked.carried_dot, walked.found_dot], np.float32),
    }
    state = {"token": chosen.text, "added": added, "normed": normed}
    return Picture("add_norm", state, {**vectors, **small})


def _given(array: str, sign: str, name: str, vector: np.ndarray) -> dict[str, Any]:
    return {**strip(array, sign, name, vector), "given": True}
