from __future__ import annotations

import json
import math

import numpy as np
import pytest

from attention_atlas.analysis.heads import HeadSummary, combine, summarise_layer
from attention_atlas.errors import InvalidChoice
from attention_atlas.views.metric_cards import metric_cards

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


def test_the_sentences_are_of_the_chosen_head(summary: HeadSummary):
    picture = metric_cards(summary, 1, 0, 4)
    of = {metric["field"]: metric for metric in picture.state["metrics"]}
    assert (picture.state["layer"], picture.state["head"], picture.state["n"]) == (1, 0, 4)
    assert of["confidence_max"]["how"] == (
        "The single largest share any token gives to another is 0.500. Near 1, one token looks at "
        "one other and at nothing else."
    )
    assert "This head reaches 88\u202f% of that" in of["entropy"]["how"]
    assert of["sparsity"]["how"].startswith("0 of the 16 weights (0\u202f%) are below τ = 0.01")
    assert of["sparsity"]["name"] == "Sparsity"
    assert [metric["unit"] for metric in of.values()] == ["", "", "nats", "", "", "sd"]


def test_the_paper_is_named(summary: HeadSummary):
    reference = metric_cards(summary, 0, 0, 4).state["reference"]
    assert reference["authors"] == "Golshanrad, Pouria and Faghih, Fathiyeh"
    assert [link["url"] for link in reference["links"]] == [
        "https://ssrn.com/abstract=4856933",
        "https://doi.org/10.2139/ssrn.4856933",
    ]


def test_a_model_of_one_head_has_nothing_to_compare_with():
    summary = combine([summarise_layer(SLOPE[None])])
    picture = metric_cards(summary, 0, 0, 4)
    assert picture.arrays["ranks"].tolist() == [[[1]]] * 6
    words = dict(zip(NAMES, picture.arrays["words"].ravel().tolist(), strict=True))
    # Entropy and median have uniform attention as their measure, and are told by it all the same.
    assert words == dict.fromkeys(NAMES, 1) | {"entropy": 2, "median": 2}


def test_a_text_of_one_token():
    lone = combine([summarise_layer(np.ones((3, 1, 1), dtype=np.float32))])
    picture = metric_cards(lone, 0, 1, 1)
    assert picture.arrays["values"][:, 0, 1].tolist() == [1, 1, 0, 0, 1, 0]
    assert np.isnan(picture.arrays["entropy_share"]).all()
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
