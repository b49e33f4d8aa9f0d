from __future__ import annotations

import numpy as np
import pytest

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.projections import projections


def test_the_three_matrices_are_those_of_the_head(tiny: Model):
    traced = trace(tiny, "the cat sat")
    picture = projections(traced, 1, 2)
    layer = traced.layers[1]
    assert picture.state == {
        "tokens": ["[CLS]", "the", "cat", "sat", "[SEP]"],
        "layer": 1,
        "head": 2,
    }
    assert {name: array.shape for name, array in picture.arrays.items()} == {
        "query": (5, 7), "key": (5, 7), "value": (5, 7)
    }  # fmt: skip
    np.testing.assert_array_equal(picture.arrays["query"], layer.query[2])
    np.testing.assert_array_equal(picture.arrays["key"], layer.key[2])
    np.testing.assert_array_equal(picture.arrays["value"], layer.value[2])


@pytest.mark.parametrize("head", [-1, 3])
def test_a_head_that_is_not_there_is_refused(tiny: Model, head: int):
    with pytest.raises(InvalidChoice) as refused:
        projections(trace(tiny, "the cat"), 0, head)
    assert str(refused.value) == (
        f"There is no head {head}: each layer of {tiny.name} has 3. Choose 0 to 2."
    )
