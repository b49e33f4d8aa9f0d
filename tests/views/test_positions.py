from __future__ import annotations

from typing import Any

import numpy as np

from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.positions import positions


def test_the_learned_positions_are_the_models_own(tiny: Model):
    traced = trace(tiny, "the cat sat on the mat")
    picture = positions(traced)
    assert picture.view == "positions"
    assert picture.state["tokens"] == ["[CLS]", "the", "cat", "sat", "on", "the", "mat", "[SEP]"]
    learned: Any = tiny.parts.position_embeddings
    table = learned.weight.detach().numpy()
    np.testing.assert_array_equal(picture.arrays["learned"], table[:8])


def test_the_sinusoids_are_those_of_the_paper(tiny: Model):
    sinusoidal = positions(trace(tiny, "the cat sat on the mat")).arrays["sinusoidal"]
    assert sinusoidal.shape == (8, 21)
    np.testing.assert_allclose(sinusoidal[0], [1.0 * (k % 2) for k in range(21)], atol=1e-7)
    np.testing.assert_allclose(sinusoidal[5, 0], np.sin(5), rtol=1e-6)
    np.testing.assert_allclose(sinusoidal[5, 7], np.cos(5 / 10000 ** (6 / 21)), rtol=1e-6)
    np.testing.assert_allclose(sinusoidal[7, 20], np.sin(7 / 10000 ** (20 / 21)), rtol=1e-6)
