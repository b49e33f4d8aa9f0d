"""One token through the feed-forward network: widened, bent, narrowed."""

from __future__ import annotations

from typing import Any

import numpy as np

from attention_atlas.analysis.neurons import neurons
from attention_atlas.errors import NoPredictionHead
from attention_atlas.tracing.layer_weights import activation_at, before_activation, output_weights
from attention_atlas.tracing.neuron_words import NeuronWords, PushedWord, neuron_words
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import token_of
from attention_atlas.views.formulas import activation_name
from attention_atlas.views.picture import Picture

STRONGEST = 8
"""How many of the strongest units are shown one by one."""
WORDS = 4
"""How many words each of them moves up, and down."""
CURVE_POINTS = 193
"""At how many places the activation is sampled; the browser draws lines between."""


def feed_forward(trace: Trace, layer: int, token: int) -> Picture:
    """One token through the feed-forward network of one layer.

    Arrays:
    - `input` (d,), what the first Add & Norm gave; `before` (d_ff,), before the activation;
      `intermediate` (d_ff,), after it; `output` (d,), after the second projection, before it is
      added;
    - `curve` (2, points), x and the layer's own activation of x, over all of `before`;
    - `shares` (k + 2,), what the k strongest units, all others, and the bias have of the output
      (analysis/neurons.py): they add up to 1;
    - `up` and `down` (k, words), the factor of each word of the state; NaN where there is no word.

    State: `token` (the piece), `layer` counted from 0, `columns` (the width of the grid that
    shows the units), `above_zero` and `strong` (how many units), `activation` (as people write it)
    and `checkpoint_activation` (as the checkpoint does), `strongest` (for each unit its `unit`,
    counted from 0, and the words it moves `up` and `down`), and `note`: why there are no words, or
    "".

    Raises:
        InvalidChoice: there is no such layer or token.
    """
    chosen = token_of(trace, token)
    seen = trace.layers[layer]
    units, output = seen.intermediate[token], seen.ffn_output[token]
    before = before_activation(trace, seen.index, token)
    found = neurons(units, output_weights(trace.model, seen.index), output, STRONGEST)
    words, note = _words(trace, seen.index, token, [int(unit) for unit in found.strongest])
    x = _range(before)
    return Picture(
        "feed_forward",
        {
            "token": chosen.text,
            "layer": seen.index,
            "columns": _columns(len(units)),
            "above_zero": found.above_zero,
            "strong": found.strong,
            "activation": activation_name(trace.model.activation),
            "checkpoint_activation": trace.model.activation,
            "strongest": [
                {
                    "unit": word.neuron,
                    "up": [pushed.text for pushed in word.up],
                    "down": [pushed.text for pushed in word.down],
                }
                for word in words
            ],
            "note": note,
        },
        {
            "input": seen.attention_norm[token],
            "before": before,
            "intermediate": units,
            "output": output,
            "curve": np.stack([x, activation_at(trace.model, seen.index, x)]),
            "shares": np.array([*found.shares, found.rest_share, found.bias_share], np.float32),
            "up": _factors([word.up for word in words]),
            "down": _factors([word.down for word in words]),
        },
    )


_NO_HEAD = (
    "This checkpoint has no masked-language-model head, so it cannot be said which words a unit "
    "makes likelier."
)


def _words(
    trace: Trace, layer: int, token: int, units: list[int]
) -> tuple[tuple[NeuronWords, ...], str]:
    try:
        return neuron_words(trace, layer, token, units, top_k=WORDS), ""
    except NoPredictionHead:
        return tuple(NeuronWords(unit, (), ()) for unit in units), _NO_HEAD


def _factors(pushed: list[tuple[PushedWord, ...]]) -> np.ndarray[Any, np.dtype[np.float32]]:
    factors = np.full((len(pushed), WORDS), np.nan, np.float32)
    for row, words in zip(factors, pushed, strict=True):
        row[: len(words)] = [word.factor for word in words]
    return factors


def _range(before: np.ndarray) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Where to sample the activation: all of this token's values, and at least −3 to 3."""
    finite = before[np.isfinite(before)]
    low, high = min(finite.min(initial=0.0), -3.0), max(finite.max(initial=0.0), 3.0)
    return np.linspace(low, high, CURVE_POINTS, dtype=np.float32)


def _columns(units: int, about: int = 64) -> int:
    """A width that leaves no cell of the last row empty, if there is one near `about`."""
    if units <= about:
        return units
    near = [c for c in range(about // 2, 2 * about + 1) if units % c == 0]
    return min(near, key=lambda c: abs(c - about), default=about)
