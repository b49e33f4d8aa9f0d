from __future__ import annotations

import numpy as np
import pytest

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.embeddings import embeddings


@pytest.fixture
def traced(tiny: Model) -> Trace:
    return trace(tiny, "the cat sat", "a dog")


def test_one_token_shows_its_own_vectors(traced: Trace):
    picture = embeddings(traced, 6)
    made = traced.embeddings
    assert picture.state["everything"] is False
    assert picture.state["token"] == "dog"
    assert list(picture.arrays) == ["word", "position", "segment", "sum", "output"]
    for name, vector in picture.arrays.items():
        np.testing.assert_array_equal(vector, getattr(made, name)[6])
        assert vector.shape == (21,)


def test_the_lines_say_what_is_added_to_what(traced: Trace):
    rows = embeddings(traced, 6).state["rows"]
    assert [(row["sign"], row["name"], row["array"], row["norm"]) for row in rows] == [
        ("", "Word", "word", False),
        ("+", "Position", "position", False),
        ("+", "Segment B", "segment", False),
        ("=", "Sum", "sum", False),
        ("→", "LayerNorm", "output", True),
    ]
    assert embeddings(traced, 1).state["rows"][2]["name"] == "Segment A"


def test_the_strips_add_up_and_the_lengths_are_theirs(traced: Trace):
    picture = embeddings(traced, 2)
    of = picture.arrays
    np.testing.assert_allclose(
        of["word"] + of["position"] + of["segment"], of["sum"], rtol=0, atol=1e-5
    )
    for row in picture.state["rows"]:
        expected = np.sqrt((of[row["array"]].astype(np.float64) ** 2).sum())
        assert row["length"] == pytest.approx(expected, rel=1e-6)


def test_everything_holds_what_the_browser_needs_to_add_up_the_sum(traced: Trace):
    picture = embeddings(traced, 2, everything=True)
    made, of, state = traced.embeddings, picture.arrays, picture.state
    assert state["everything"] is True
    assert state["tokens"] == [token.text for token in traced.tokens]
    assert state["segments"] == "Segment A and B"
    assert state["segment_of"] == [0, 0, 0, 0, 0, 1, 1, 1]
    assert {name: array.shape for name, array in of.items()} == {
        "word": (8, 21), "position": (8, 21), "segments": (2, 21), "output": (8, 21)
    }  # fmt: skip
    np.testing.assert_array_equal(of["word"], made.word)
    np.testing.assert_array_equal(of["position"], made.position)
    np.testing.assert_array_equal(of["output"], made.output)
    np.testing.assert_array_equal(of["segments"][state["segment_of"]], made.segment)
    added = of["word"] + of["position"] + of["segments"][state["segment_of"]]
    np.testing.assert_allclose(added, made.sum, rtol=0, atol=1e-5)


def test_one_sentence_has_one_segment(tiny: Model):
    picture = embeddings(trace(tiny, "the cat"), 0, everything=True)
    assert picture.state["segments"] == "Segment A"
    assert picture.arrays["segments"].shape == (1, 21)


@pytest.mark.parametrize("token", [-1, 8])
def test_a_token_that_is_not_there_is_refused(traced: Trace, token: int):
    with pytest.raises(InvalidChoice) as refused:
        embeddings(traced, token)
    assert str(refused.value) == f"There is no token {token}: the text has 8. Choose 0 to 7."
