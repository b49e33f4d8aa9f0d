from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.attention_flow import attention_flow
from attention_atlas.views.attention_reach import attention_reach
from attention_atlas.views.picture import Picture

Draw = Callable[..., Picture]
both = pytest.mark.parametrize("draw", [attention_flow, attention_reach])


@both
def test_all_heads_of_the_layer_are_sent(tiny: Model, draw: Draw):
    traced = trace(tiny, "the cat", "the mat")
    picture = draw(traced, 1)
    assert picture.view == draw.__name__
    assert list(picture.arrays) == ["attention"]
    np.testing.assert_array_equal(picture.arrays["attention"], traced.layers[1].attention)
    texts = ["[CLS]", "the", "cat", "[SEP]", "the", "mat", "[SEP]"]
    assert picture.state == {
        "layer": 1,
        "head": None,
        "heads": 3,
        "keep_special": True,
        "tokens": [
            {"text": text, "special": text[0] == "[", "segment": int(i > 3)}
            for i, text in enumerate(texts)
        ],
        "shown": [0, 1, 2, 3, 4, 5, 6],
    }


@both
def test_or_one_of_them(tiny: Model, draw: Draw):
    traced = trace(tiny, "the cat sat")
    picture = draw(traced, 0, 2)
    assert picture.view == draw.__name__
    assert picture.arrays["attention"].shape == (1, 5, 5)
    np.testing.assert_array_equal(picture.arrays["attention"][0], traced.layers[0].attention[2])
    assert picture.state["head"] == 2


@both
def test_special_tokens_can_be_left_out(tiny: Model, draw: Draw):
    traced = trace(tiny, "the [MASK] sat")
    picture = draw(traced, 1, 0, keep_special=False)
    assert picture.view == draw.__name__
    assert picture.state["keep_special"] is False
    assert picture.state["shown"] == [1, 2, 3]
    assert len(picture.state["tokens"]) == 5
    whole = traced.layers[1].attention[0].astype(np.float64)
    for row in range(3):
        left = 1 - whole[row + 1, 0] - whole[row + 1, 4]
        np.testing.assert_allclose(
            picture.arrays["attention"][0, row], whole[row + 1, 1:4] / left, rtol=1e-4
        )


@both
def test_a_layer_or_a_head_that_is_not_there_is_refused(tiny: Model, draw: Draw):
    traced = trace(tiny, "the cat")
    with pytest.raises(InvalidChoice) as refused:
        draw(traced, 7)
    assert str(refused.value) == (
        f"There is no layer 7: {tiny.name} has 2 layers. "
        "Choose 0 to 1, or count from the end with -1."
    )
    with pytest.raises(InvalidChoice) as refused:
        draw(traced, 0, -1, keep_special=False)
    assert str(refused.value) == (
        f"There is no head -1: each layer of {tiny.name} has 3. Choose 0 to 2."
    )
