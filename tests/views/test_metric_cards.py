from __future__ import annotations

import json
import math

import numpy as np
import pytest

import attention_atlas as aa
from attention_atlas.analysis.heads import HeadSummary, combine, summarise_layer
from attention_atlas.analysis.sparsity_curve import sparsity_curve, thresholds, with_threshold
from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.views.metric_cards import metric_cards
from attention_atlas.views.weights import Shown, numbers

NAMES = ["confidence_max", "confidence_avg", "entropy", "sparsity", "median", "uniformity"]
ONE_HOT = np.eye(4, dtype=np.float32)
UNIFORM = np.full((4, 4), 0.25, dtype=np.float32)
HALVES = np.kron(np.eye(2), np.full((2, 2), 0.5)).astype(np.float32)
SLOPE = np.tile(np.array([0.5, 0.25, 0.125, 0.125], dtype=np.float32), (4, 1))


@pytest.fixture
def summary() -> HeadSummary:
    """Two layers of three heads over four tokens, whose metrics one has in the head."""
    layers = [[ONE_HOT, UNIFORM, HALVES], [SLOPE, UNIFORM, ONE_HOT]]
    return combine([summarise_layer(np.stack(heads)) for heads in layers])


def test_the_cards_have_the_values_of_all_heads(summary: HeadSummary):
    picture = metric_cards(summary, 0, 2, 4)
    assert picture.view == "metric_cards"
    assert [metric["field"] for metric in picture.state["metrics"]] == NAMES
    ln2, ln4 = math.log(2), math.log(4)
    expected = {
        "confidence_max": [[1, 0.25, 0.5], [0.5, 0.25, 1]],
        "confidence_avg": [[1, 0.25, 0.5], [0.5, 0.25, 1]],
        "entropy": [[0, ln4, ln2], [1.75 * ln2, ln4, 0]],
        "sparsity": [[0.75, 0, 0.5], [0, 0, 0.75]],
        "median": [[0, 0.25, 0.25], [0.1875, 0.25, 0]],
        # √(mean of squares − square of the mean), the mean being 1/4.
        "uniformity": [[3**0.5 / 4, 0, 0.25], [(0.34375 / 4 - 1 / 16) ** 0.5, 0, 3**0.5 / 4]],
    }
    assert picture.arrays["values"].shape == (6, 2, 3)
    np.testing.assert_allclose(
        picture.arrays["values"], [expected[name] for name in NAMES], rtol=1e-6, atol=1e-7
    )
    np.testing.assert_allclose(
        picture.arrays["entropy_share"], [[0, 1, 0.5], [0.875, 1, 0]], rtol=1e-6
    )


def test_ranks_begin_with_the_highest_and_equal_heads_share_one(summary: HeadSummary):
    ranks = metric_cards(summary, 0, 0, 4).arrays["ranks"]
    found = dict(zip(NAMES, ranks.tolist(), strict=True))
    assert found["confidence_max"] == [[1, 5, 3], [3, 5, 1]]
    assert found["entropy"] == [[5, 1, 4], [3, 1, 5]]
    assert found["sparsity"] == [[1, 4, 3], [4, 4, 1]]
    assert found["median"] == [[5, 1, 1], [4, 1, 5]]


def test_each_head_has_its_word(summary: HeadSummary):
    picture = metric_cards(summary, 0, 0, 4)
    assert picture.arrays["words"].dtype == np.uint8
    said = {
        metric["field"]: [[metric["words"][k] for k in row] for row in words]
        for metric, words in zip(
            picture.state["metrics"], picture.arrays["words"].tolist(), strict=True
        )
    }
    assert said == {
        # Of the five others rank below or the same: 5, 1, 3, 3, 1 and 5.
        "confidence_max": [["Peaked", "Level", "Moderate"], ["Moderate", "Level", "Peaked"]],
        "confidence_avg": [["Decided", "Hesitant", "Mixed"], ["Mixed", "Hesitant", "Decided"]],
        # Of ln 4: 0, 1, 0.5, 0.875, 1 and 0.
        "entropy": [["Focused", "Diffuse", "Focused"], ["Diffuse", "Diffuse", "Focused"]],
        "sparsity": [["Sparse", "Mixed", "Mixed"], ["Mixed", "Mixed", "Sparse"]],
        # Of 1/4: 0, 1, 1, 0.75, 1 and 0.
        "median": [["Skewed", "Even", "Even"], ["Even", "Even", "Skewed"]],
        "uniformity": [["Uneven", "Even", "Typical"], ["Typical", "Even", "Uneven"]],
    }


def test_equal_heads_are_not_below_each_other(summary: HeadSummary):
    below = metric_cards(summary, 0, 0, 4).arrays["below"]
    found = dict(zip(NAMES, below.tolist(), strict=True))
    assert found["confidence_max"] == [[4, 0, 2], [2, 0, 4]]
    assert found["entropy"] == [[0, 4, 2], [3, 4, 0]]
    assert found["sparsity"] == [[4, 0, 3], [0, 0, 4]]
    assert found["median"] == [[0, 3, 3], [2, 3, 0]]


def test_means_are_over_heads_of_their_own_values(summary: HeadSummary):
    arrays = metric_cards(summary, 0, 0, 4).arrays
    confidence = NAMES.index("confidence_max")
    np.testing.assert_allclose(arrays["layer_means"][confidence], [1.75 / 3, 1.75 / 3])
    np.testing.assert_allclose(arrays["model_means"][confidence], 3.5 / 6)
    sparsity = NAMES.index("sparsity")
    np.testing.assert_allclose(arrays["layer_means"][sparsity], [1.25 / 3, 0.25])
    np.testing.assert_allclose(arrays["model_means"][sparsity], 2 / 6)
    # The mean matrix of the six heads has no weight below τ at all.
    assert aa.metrics((2 * ONE_HOT + 2 * UNIFORM + HALVES + SLOPE) / 6).sparsity == 0


def test_nothing_but_the_choice_depends_on_the_head(summary: HeadSummary):
    one, other = (metric_cards(summary, *chosen, 4) for chosen in ((0, 0), (1, 2)))
    chosen = {"layer": 1, "head": 2}
    assert {**one.state, **chosen} == dict(other.state)
    assert one.arrays.keys() == other.arrays.keys()
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, other.arrays[name])


def test_the_sentences_have_places_for_the_head(summary: HeadSummary):
    picture = metric_cards(summary, 1, 0, 4)
    of = {metric["field"]: metric for metric in picture.state["metrics"]}
    assert (picture.state["layer"], picture.state["head"], picture.state["n"]) == (1, 0, 4)
    assert of["confidence_max"]["how"] == (
        "The single largest share that any token gives is {value}. Near 1, one token looks at one "
        "token and at nothing else."
    )
    assert "This head reaches {percent} of ln 4" in of["entropy"]["how"]
    assert of["sparsity"]["how"].startswith("{count} of the 16 weights ({percent}) are below")
    assert of["sparsity"]["name"] == "Sparsity"
    assert [metric["unit"] for metric in of.values()] == ["", "", "nats", "", "", "sd"]


def test_the_caption_says_the_level_of_the_numbers(summary: HeadSummary):
    assert metric_cards(summary, 0, 0, 4).state["caption"] == (
        "Each number is of this one head. A mean is over heads, of each head’s own value: no "
        "metric is taken of a mean matrix. The words of focus and distribution compare with "
        "uniform attention; for the other four metrics they compare with the other heads of this "
        "model on this text."
    )


def test_tau_and_the_thresholds_that_the_slider_has(summary: HeadSummary):
    state = metric_cards(summary, 0, 0, 4, tau=0.25).state
    assert (state["tau"], state["default_tau"]) == (0.25, 0.01)
    assert [offered["tau"] for offered in state["thresholds"]] == thresholds(4).tolist()
    texts = {offered["tau"]: offered["text"] for offered in state["thresholds"]}
    assert (texts[0.01], texts[0.25]) == ("0.01", "0.25")
    twelfth = {o["tau"]: o["text"] for o in metric_cards(summary, 0, 0, 12).state["thresholds"]}
    assert twelfth[1 / 12] == "1/12"


def test_the_papers_are_named(summary: HeadSummary):
    references = metric_cards(summary, 0, 0, 4).state["references"]
    assert references["metrics"]["authors"] == "Golshanrad, Pouria and Faghih, Fathiyeh"
    links = [link["url"] for reference in references.values() for link in reference["links"]]
    assert links == [
        "https://ssrn.com/abstract=4856933",
        "https://doi.org/10.2139/ssrn.4856933",
        "https://doi.org/10.18653/v1/N19-1357",
        "https://doi.org/10.18653/v1/D19-1002",
    ]


@pytest.mark.parametrize("tau", [0.01, 0.022, "1/n"])
@pytest.mark.parametrize("words", [False, True])
@pytest.mark.parametrize("keep_special", [True, False])
def test_the_lines_of_python_give_the_numbers_of_the_cards(
    embedded: Model, keep_special: bool, words: bool, tau: float | str
):
    trace = aa.trace(embedded, "the cat sat unbelievably still on the mat, purring")
    shown = Shown(keep_special=keep_special, words=words)
    attention = [numbers(trace, layer, None, shown) for layer in range(embedded.layers)]
    n = attention[0].shape[-1]
    threshold = 1 / n if isinstance(tau, str) else tau
    summary = combine([summarise_layer(layer) for layer in attention])
    moved = with_threshold(summary, sparsity_curve(attention, thresholds(n)), threshold)
    picture = metric_cards(moved, 3, 1, n, tau=threshold, keep_special=keep_special, words=words)
    for k, metric in enumerate(picture.state["metrics"]):
        *before, last = (
            line.replace("{layer}", "3").replace("{head}", "1") for line in metric["python"]
        )
        names = {"aa": aa, "trace": trace}
        exec("\n".join(before), names)
        assert eval(last, names) == pytest.approx(picture.arrays["values"][k, 3, 1], rel=1e-6)
        assert ("threshold=" in last) == (metric["field"] == "sparsity" and tau != 0.01)


def test_the_line_of_python_as_it_stands(summary: HeadSummary):
    lines = [metric["python"] for metric in metric_cards(summary, 0, 0, 4).state["metrics"]]
    assert lines[2] == ["aa.metrics(trace.layers[{layer}].attention[{head}]).entropy"]
    moved = metric_cards(summary, 0, 0, 4, tau=0.022).state["metrics"]
    assert moved[2]["python"] == lines[2]
    assert moved[3]["python"] == [
        "aa.metrics(trace.layers[{layer}].attention[{head}], threshold=0.022).sparsity"
    ]


def test_a_model_of_one_head_has_nothing_to_compare_with():
    summary = combine([summarise_layer(SLOPE[None])])
    picture = metric_cards(summary, 0, 0, 4)
    assert picture.arrays["ranks"].tolist() == [[[1]]] * 6
    assert picture.arrays["below"].tolist() == [[[0]]] * 6
    assert picture.arrays["model_means"].tolist() == picture.arrays["values"].ravel().tolist()
    assert picture.state["caption"] == "Each number is of the model’s only head."
    words = dict(zip(NAMES, picture.arrays["words"].ravel().tolist(), strict=True))
    # Entropy and median have uniform attention as their measure, and are told by it all the same.
    assert words == dict.fromkeys(NAMES, 1) | {"entropy": 2, "median": 2}


def test_a_text_of_one_token():
    lone = combine([summarise_layer(np.ones((3, 1, 1), dtype=np.float32))])
    picture = metric_cards(lone, 0, 1, 1)
    assert picture.arrays["values"][:, 0, 1].tolist() == [1, 1, 0, 0, 1, 0]
    assert np.isnan(picture.arrays["entropy_share"]).all()
    assert {word for metric in picture.state["metrics"] for word in metric["words"]} == {
        "One token"
    }
    assert {metric["how"] for metric in picture.state["metrics"]} == {
        "With a single token there is nothing to choose between: the number says nothing about "
        "the head."
    }


def test_the_page_gets_it_as_json_also_for_a_head_found_with_numpy(summary: HeadSummary):
    peak = summary.metrics.confidence_max == 1
    layer, head = np.argwhere(peak)[-1]
    message = json.loads(json.dumps(metric_cards(summary, layer, head, 4).to_message()))
    assert (message["state"]["layer"], message["state"]["head"]) == (1, 2)
    assert message["arrays"]["words"]["dtype"] == "u1"


@pytest.mark.parametrize(("layer", "head"), [(2, 0), (0, 3), (-1, 0)])
def test_a_head_that_is_not_there_is_refused(summary: HeadSummary, layer: int, head: int):
    with pytest.raises(InvalidChoice) as refused:
        metric_cards(summary, layer, head, 4)
    assert str(refused.value) == (
        f"There is no head {head} in layer {layer}: the model has 2 layers of 3 heads. "
        "Choose a layer from 0 to 1 and a head from 0 to 2."
    )
