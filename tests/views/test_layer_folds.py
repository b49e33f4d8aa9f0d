"""The lines of Python in the folds of the layer's steps give the arrays that the steps show."""

from __future__ import annotations

import numpy as np
import pytest

from attention_atlas.models.model import Model
from attention_atlas.tracing.layer_weights import Part
from attention_atlas.tracing.trace import trace
from attention_atlas.views.add_norm import add_norm
from attention_atlas.views.feed_forward import feed_forward
from attention_atlas.views.layer_stack import layer_stack
from attention_atlas.views.steps.add_norm import PYTHON as ADD_NORM
from attention_atlas.views.steps.feed_forward import PYTHON as FEED_FORWARD
from attention_atlas.views.steps.stack import PYTHON as STACK

LAYER, TOKEN = 1, 2


def close(line: str, scope: dict[str, object], expected: np.ndarray) -> None:
    found = eval(line.format(layer=LAYER, token=TOKEN), scope)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-6)


@pytest.mark.parametrize("part", ["attention", "ffn"])
def test_add_norm(tiny: Model, part: Part):
    traced = trace(tiny, "the cat sat")
    shown = add_norm(traced, LAYER, TOKEN, part).arrays
    for line, name in zip(ADD_NORM[part], ("sum", "output", "gamma", "beta"), strict=True):
        close(line, {"trace": traced}, shown[name])


def test_feed_forward(tiny: Model):
    traced = trace(tiny, "the cat sat")
    picture = feed_forward(traced, LAYER, TOKEN)
    values, strongest, output, weights = FEED_FORWARD
    close(values, {"trace": traced}, picture.arrays["intermediate"])
    units = np.array([row["unit"] for row in picture.state["strongest"]])
    close(strongest, {"trace": traced}, units)
    close(output, {"trace": traced}, picture.arrays["output"])
    assert eval(weights.format(layer=LAYER), {"trace": traced}).shape == (21, 11)


def test_stack(tiny: Model):
    traced = trace(tiny, "the cat sat")
    states, lengths, attention, ffn = STACK
    scope: dict[str, object] = {"trace": traced}
    close(states, scope, traced.hidden_states[:, TOKEN])
    close(lengths, scope, layer_stack(traced, TOKEN).arrays["norm"])
    close(attention, scope, np.stack([one.attention_output[TOKEN] for one in traced.layers]))
    close(ffn, scope, np.stack([one.ffn_output[TOKEN] for one in traced.layers]))
