from __future__ import annotations

import numpy as np
import pytest

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.arcs import arcs


def test_the_arcs_are_the_weights_of_the_head(tiny: Model):
    traced = trace(tiny, "the [MASK] sat")
    picture = arcs(traced, 1, 2, 3)
    assert picture.view == "arcs"
    assert list(picture.arrays) == ["attention"]
    np.testing.assert_array_equal(picture.arrays["attention"], traced.layers[1].attention[2])
    assert picture.state == {
        "layer": 1,
        "head": 2,
        "token": 3,
        "model": tiny.name,
        "tokens": [
            {"text": "[CLS]", "special": True},
            {"text": "the", "special": False},
            {"text": "[MASK]", "special": True},
            {"text": "sat", "special": False},
            {"text": "[SEP]", "special": True},
        ],
    }


def test_a_layer_counted_from_the_end_is_called_by_its_number(tiny: Model):
    assert arcs(trace(tiny, "the cat"), -2, 0, 1).state["layer"] == 0


@pytest.mark.parametrize(
    ("layer", "head", "token", "said"),
    [
        (
            2, 0, 0,
            "There is no layer 2: {name} has 2 layers. "
            "Choose 0 to 1, or count from the end with -1.",
        ),
        (0, 3, 0, "There is no head 3: each layer of {name} has 3. Choose 0 to 2."),
        (0, 0, 4, "There is no token 4: the text has 4. Choose 0 to 3."),
        (0, 0, -1, "There is no token -1: the text has 4. Choose 0 to 3."),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused(tiny: Model, layer: int, head: int, token: int, said: str):
    with pytest.raises(InvalidChoice) as refused:
        arcs(trace(tiny, "the cat"), layer, head, token)
    assert str(refused.value) == said.format(name=tiny.name)
