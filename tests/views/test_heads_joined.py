from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.heads_joined import heads_joined


def test_the_heads_stand_side_by_side_as_they_are_joined(tiny: Model):
    traced = trace(tiny, "the cat sat")
    picture = heads_joined(traced, 1, 2)
    layer = traced.layers[1]
    assert picture.arrays["context"].shape == (3, 7)
    for head in range(3):
        np.testing.assert_array_equal(picture.arrays["context"][head], layer.context[head, 2])
    np.testing.assert_array_equal(picture.arrays["attention_output"], layer.attention_output[2])
    assert picture.state["token"] == "cat"
    assert picture.state["layer"] == 1


def test_the_output_is_the_projection_of_the_joined_heads(tiny: Model):
    picture = heads_joined(trace(tiny, "the cat sat"), 1, 2)
    projection: Any = tiny.parts.layers[1].attention_projection
    weight, bias = (p.detach().numpy() for p in (projection.weight, projection.bias))
    joined = picture.arrays["context"].reshape(-1)
    np.testing.assert_allclose(
        weight @ joined + bias, picture.arrays["attention_output"], atol=1e-5
    )


def test_the_line_below_has_the_length_of_the_output(tiny: Model):
    picture = heads_joined(trace(tiny, "the cat sat"), 1, 2)
    row = picture.state["row"]
    assert (row["array"], row["sign"], row["name"]) == ("attention_output", "→", "Attention output")
    length = np.sqrt((picture.arrays["attention_output"].astype(np.float64) ** 2).sum())
    assert row["length"] == pytest.approx(length, rel=1e-6)
