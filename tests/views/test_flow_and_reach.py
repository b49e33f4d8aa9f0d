from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.attention_reach import attention_reach
from attention_atlas.views.flow import flow
from attention_atlas.views.picture import Picture
from attention_atlas.views.weights import Measure, Shown, numbers

Draw = Callable[..., Picture]
both = pytest.mark.parametrize("draw", [flow, attention_reach])


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
        "heads": 3,
        "sent": None,
        "measure": "weights",
        "keep_special": True,
        "words": False,
        "units": [
            {"text": text, "tokens": [i], "special": text[0] == "[", "segment": int(i > 3)}
            for i, text in enumerate(texts)
        ],
        "left_out": [],
        "pair": True,
    }


@both
def test_or_some_of_them(tiny: Model, draw: Draw):
    traced = trace(tiny, "the cat sat")
    picture = draw(traced, 0, [2])
    assert picture.view == draw.__name__
    assert picture.arrays["attention"].shape == (1, 5, 5)
    np.testing.assert_array_equal(picture.arrays["attention"][0], traced.layers[0].attention[2])
    assert picture.state["sent"] == [2]


@both
def test_special_tokens_can_be_left_out(tiny: Model, draw: Draw):
    traced = trace(tiny, "the [MASK] sat")
    picture = draw(traced, 1, [0], Shown(keep_special=False))
    assert picture.view == draw.__name__
    assert picture.state["keep_special"] is False
    assert [unit["text"] for unit in picture.state["units"]] == ["the", "[MASK]", "sat"]
    assert picture.state["left_out"] == ["[CLS]", "[SEP]"]
    whole = traced.layers[1].attention[0].astype(np.float64)
    for row in range(3):
        left = 1 - whole[row + 1, 0] - whole[row + 1, 4]
        np.testing.assert_allclose(
            picture.arrays["attention"][0, row], whole[row + 1, 1:4] / left, rtol=1e-4
        )


@both
@pytest.mark.parametrize("measure", ["scores", "norms", "difference"])
def test_what_is_no_weight_comes_with_its_range(tiny: Model, draw: Draw, measure: Measure):
    traced = trace(tiny, "it played")
    picture = draw(traced, 1, None, Shown(measure, words=True))
    sent = numbers(traced, 1, None, Shown(measure, words=True))
    np.testing.assert_array_equal(picture.arrays["attention"], sent)
    assert picture.state["measure"] == measure
    assert picture.state["range"] == [sent.min(), sent.max()]


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
        draw(traced, 0, [-1], Shown(keep_special=False))
    assert str(refused.value) == (
        f"There is no head -1: each layer of {tiny.name} has 3. Choose 0 to 2."
    )
