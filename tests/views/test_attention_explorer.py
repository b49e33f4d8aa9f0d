from __future__ import annotations

import json

import numpy as np
import pytest

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.attention_explorer import attention_explorer
from attention_atlas.views.picture import Picture
from attention_atlas.views.weights import MEASURES, Measure, Shown


def labels(picture: Picture) -> tuple[list[str], list[str]]:
    layout = picture.state["figure"]["layout"]
    for axis in ("xaxis", "yaxis"):
        assert layout[axis]["tickvals"] == list(range(len(layout[axis]["ticktext"])))
    return layout["xaxis"]["ticktext"], layout["yaxis"]["ticktext"]


def test_all_heads_of_the_layer_are_sent(embedded: Model):
    traced = trace(embedded, "the cat sat on the mat")
    picture = attention_explorer(traced, 3)
    assert picture.view == "attention_explorer"
    assert list(picture.arrays) == ["attention"]
    assert picture.arrays["attention"].shape == (12, 8, 8)
    np.testing.assert_array_equal(picture.arrays["attention"], traced.layers[3].attention)
    state = picture.state
    assert (state["layer"], state["sent"], state["heads"]) == (3, None, 12)
    assert state["keep_special"] is True
    assert [unit["tokens"] for unit in state["units"]] == [[i] for i in range(8)]


def test_or_some_of_them(embedded: Model):
    traced = trace(embedded, "the cat sat on the mat")
    picture = attention_explorer(traced, 3, [11, 4])
    assert picture.arrays["attention"].shape == (2, 8, 8)
    np.testing.assert_array_equal(picture.arrays["attention"], traced.layers[3].attention[[11, 4]])
    assert picture.state["sent"] == [11, 4]


def test_the_figure_has_its_axes_and_no_weights(tiny: Model):
    picture = attention_explorer(trace(tiny, "the cat sat on the mat"), 0)
    tokens = ["[CLS]", "the", "cat", "sat", "on", "the", "mat", "[SEP]"]
    assert labels(picture) == (tokens, tokens)
    (heatmap,) = picture.state["figure"]["data"]
    assert heatmap["type"] == "heatmap"
    assert (heatmap["zmin"], heatmap["zmax"]) == (0, 1)
    assert "z" not in heatmap


def test_the_axes_of_whole_words_have_words(tiny: Model):
    picture = attention_explorer(trace(tiny, "it played"), 0, shown=Shown(words=True))
    assert labels(picture) == (["[CLS]", "it", "played", "[SEP]"],) * 2


def test_the_colours_reach_as_far_as_the_numbers_that_are_sent(tiny: Model):
    picture = attention_explorer(trace(tiny, "it played"), 0, [1], Shown("norms"))
    (heatmap,) = picture.state["figure"]["data"]
    assert (heatmap["zmin"], heatmap["zmax"]) == (0, picture.arrays["attention"].max())


def test_without_special_tokens_the_axes_have_the_words_only(tiny: Model):
    traced = trace(tiny, "the [MASK] sat", "on the mat")
    picture = attention_explorer(traced, 0, shown=Shown(keep_special=False))
    words = ["the", "[MASK]", "sat", "on", "the", "mat"]
    assert labels(picture) == (words, words)
    units = picture.state["units"]
    assert [unit["tokens"] for unit in units] == [[1], [2], [3], [5], [6], [7]]
    assert [unit["segment"] for unit in units] == [0] * 3 + [1] * 3
    whole = traced.layers[0].attention.astype(np.float64)
    left = 1 - whole[:, :, 0] - whole[:, :, 4] - whole[:, :, 8]
    expected = np.delete(np.delete(whole / left[:, :, None], [0, 4, 8], 1), [0, 4, 8], 2)
    np.testing.assert_allclose(picture.arrays["attention"], expected, rtol=1e-4)


def test_a_text_without_a_word_leaves_an_empty_map(tiny: Model):
    picture = attention_explorer(trace(tiny, "[SEP] [SEP]"), 0, shown=Shown(keep_special=False))
    assert picture.arrays["attention"].shape == (3, 0, 0)
    assert labels(picture) == ([], [])
    assert picture.to_message()["arrays"]["attention"]["data"] == ""


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("keep_special", [True, False])
def test_the_page_gets_it_as_json(tiny: Model, keep_special: bool, measure: Measure):
    picture = attention_explorer(trace(tiny, "< cat"), 1, [2], Shown(measure, keep_special))
    again = json.loads(json.dumps(picture.to_message(), allow_nan=False))
    assert again["state"] == picture.state
    n = 4 if keep_special else 2
    assert again["arrays"]["attention"]["shape"] == [1, n, n]
    assert "&lt;" in again["state"]["figure"]["layout"]["xaxis"]["ticktext"]


def test_a_head_found_with_numpy_is_json_too(tiny: Model):
    traced = trace(tiny, "the cat")
    peaked = traced.layers[0].attention.max(axis=(1, 2)).argmax()
    message = attention_explorer(traced, 0, [peaked]).to_message()  # pyright: ignore[reportArgumentType]
    assert json.loads(json.dumps(message))["state"]["sent"] == [int(peaked)]


def test_a_layer_or_a_head_that_is_not_there_is_refused(tiny: Model):
    traced = trace(tiny, "the cat")
    with pytest.raises(InvalidChoice) as refused:
        attention_explorer(traced, 2)
    assert str(refused.value) == (
        f"There is no layer 2: {tiny.name} has 2 layers. "
        "Choose 0 to 1, or count from the end with -1."
    )
    with pytest.raises(InvalidChoice) as refused:
        attention_explorer(traced, 0, [3])
    assert str(refused.value) == (
        f"There is no head 3: each layer of {tiny.name} has 3. Choose 0 to 2."
    )
