from __future__ import annotations

import numpy as np
import pytest

from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.feed_forward import feed_forward
from attention_atlas.views.feed_forward.feed_forward import _columns


def test_the_three_vectors_are_the_layers_own(tiny: Model):
    traced = trace(tiny, "the cat sat")
    picture = feed_forward(traced, 1, 2)
    layer = traced.layers[1]
    np.testing.assert_array_equal(picture.arrays["input"], layer.attention_norm[2])
    np.testing.assert_array_equal(picture.arrays["intermediate"], layer.intermediate[2])
    np.testing.assert_array_equal(picture.arrays["output"], layer.ffn_output[2])
    assert {name: array.shape for name, array in picture.arrays.items()} == {
        "input": (21,), "intermediate": (11,), "output": (21,)
    }  # fmt: skip
    assert (picture.state["token"], picture.state["layer"]) == ("cat", 1)


def test_active_is_the_share_of_units_above_zero(tiny: Model):
    traced = trace(tiny, "the cat sat")
    for token in range(5):
        units = traced.layers[0].intermediate[token]
        above = sum(1 for unit in units if unit > 0)
        assert 0 < above < 11
        assert feed_forward(traced, 0, token).state["active"] == above / 11


@pytest.mark.parametrize(
    ("units", "columns"),
    [(11, 11), (64, 64), (1536, 64), (3072, 64), (512, 64), (4096, 64), (1000, 50), (1009, 64)],
)
def test_the_grid_is_full_where_it_can_be(units: int, columns: int):
    assert _columns(units) == columns
