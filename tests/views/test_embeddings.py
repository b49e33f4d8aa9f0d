from __future__ import annotations

import html
import json
import re
from pathlib import Path

import numpy as np
import pytest

from attention_atlas.app.sections.embeddings import embeddings_ui
from attention_atlas.errors import InvalidChoice
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.embeddings import all_embeddings, embeddings
from attention_atlas.views.nearest_words import nearest_words
from attention_atlas.views.picture import encode
from attention_atlas.views.positions import positions
from attention_atlas.views.thinning import halves, pooled, stride_for
from attention_atlas.views.token_map import token_map
from checkpoints import make_checkpoint


@pytest.fixture
def traced(tiny: Model) -> Trace:
    return trace(tiny, "the cat sat", "a dog")


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """512 tokens × 768, in one layer."""
    folder = make_checkpoint(
        tmp_path_factory.mktemp("wide"), layers=1, heads=12, head_size=64, max_tokens=512
    )
    return trace(load_model(str(folder), device="cpu"), "the cat sat on the mat " * 100, "a dog")


def test_one_token_shows_its_own_vectors(traced: Trace):
    picture = embeddings(traced, 6)
    made = traced.embeddings
    assert picture.state["everything"] is False
    assert picture.state["token"] == "dog"
    for name in ("word", "position", "segment", "sum", "output"):
        np.testing.assert_array_equal(picture.arrays[name], getattr(made, name)[6])
        assert picture.arrays[name].shape == (21,)


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


def test_a_pair_shows_both_segments(tiny: Model, traced: Trace):
    picture = embeddings(traced, 2)
    pair, table = picture.state["pair"], tiny.parts.segment_embeddings.weight.detach().numpy()  # pyright: ignore
    assert pair["tokens"] == [5, 3]
    assert [(row["name"], row["array"]) for row in pair["rows"]] == [
        ("Segment A", "segment_a"),
        ("Segment B", "segment_b"),
    ]
    np.testing.assert_array_equal(picture.arrays["segment_a"], table[0])
    np.testing.assert_array_equal(picture.arrays["segment_b"], table[1])
    a, b = table.astype(np.float64)
    assert pair["cosine"] == pytest.approx(a @ b / np.sqrt((a @ a) * (b @ b)), abs=1e-6)


def test_one_sentence_has_one_segment(tiny: Model):
    picture = embeddings(trace(tiny, "the cat"), 0)
    assert picture.state["pair"] is None
    assert picture.state["one_segment"] is False
    assert "segment_b" not in picture.arrays
    everything = all_embeddings(trace(tiny, "the cat"))
    assert everything.state["segments"] == "Segment A"
    assert everything.arrays["segments"].shape == (1, 21)


def test_a_model_of_one_segment_says_that_it_does_not_tell_a_pair_apart(tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path, layers=1, type_vocab_size=1)), device="cpu")
    picture = embeddings(trace(model, "the cat", "a dog"), 5)
    assert picture.state["one_segment"] is True
    assert picture.state["pair"] is None
    assert embeddings(trace(model, "the cat"), 1).state["one_segment"] is False


def test_all_tokens_of_a_short_text_are_exact(traced: Trace):
    picture = all_embeddings(traced)
    made, of, state = traced.embeddings, picture.arrays, picture.state
    assert state["everything"] is True
    assert state["tokens"] == [token.text for token in traced.tokens]
    assert (state["segments"], state["segment_of"]) == ("Segment A and B", [0, 0, 0, 0, 0, 1, 1, 1])
    assert (state["group"], state["dimensions"], state["first"]) == (1, 21, 1)
    for name in ("word", "position", "sum", "output"):
        np.testing.assert_array_equal(of[name], getattr(made, name))
    np.testing.assert_array_equal(of["segments"][state["segment_of"]], made.segment)


def test_all_tokens_of_a_long_text_are_thinned_to_the_largest_of_their_neighbours(long: Trace):
    picture = all_embeddings(long)
    group, word = picture.state["group"], picture.arrays["word"]
    assert group == 16
    assert word.shape == (512, 48)
    for token, cell in ((0, 0), (7, 13), (511, 47)):
        own = long.embeddings.word[token, cell * group : (cell + 1) * group]
        assert word[token, cell] == pytest.approx(own[np.abs(own).argmax()], rel=1e-3)
    assert len(json.dumps(picture.to_message())) < 300_000


def test_the_whole_step_is_light_at_512_tokens(long: Trace):
    opened = [embeddings(long, 7), nearest_words(long, 7), token_map(long), positions(long)]
    assert sum(len(json.dumps(picture.to_message())) for picture in opened) < 200_000


def test_the_lines_of_python_give_what_is_shown(traced: Trace):
    page = str(embeddings_ui("embeddings"))
    lines = [html.unescape(line) for line in re.findall(r'data-python="([^"]*)"', page)]
    names = {"trace": traced, "model": traced.model}
    word, added, output, way = (eval(line.replace("{token}", "6"), names) for line in lines)
    shown = embeddings(traced, 6).arrays
    np.testing.assert_array_equal(word, shown["word"])
    np.testing.assert_allclose(added[6], shown["sum"], atol=1e-5)
    np.testing.assert_array_equal(output, shown["output"])
    np.testing.assert_array_equal(way[0], shown["output"])
    assert way.shape == (3, 21)


def test_the_formulas_have_places_for_the_numbers_of_this_model():
    page = str(embeddings_ui("embeddings"))
    sinusoid, table = re.findall(r"<math [^>]*displaystyle.*data-fact.*</math>", page)
    assert re.findall(r'<mn data-fact="(\w+)">', table) == ["vocabulary", "hidden"]
    assert re.findall(r'<mn data-fact="(\w+)">', sinusoid) == ["hidden"]


def test_pooling_by_hand():
    matrix = np.array([[1.0, -3, 2, 0, 5], [np.nan, 9, -1, -np.inf, 0]])
    np.testing.assert_array_equal(pooled(matrix, 2), [[-3, 2, 5], [np.nan, -np.inf, 0]])
    assert pooled(matrix, 1) is matrix


def test_half_floats_travel_as_they_are_unless_a_value_would_not_fit():
    small = halves(np.array([0.1, np.nan, np.inf, -65504], dtype=np.float32))
    assert small.dtype == np.float16
    assert encode(small)["dtype"] == "f2"
    large = halves(np.array([0.1, 65505], dtype=np.float32))
    assert large.dtype == np.float32
    assert encode(large)["dtype"] == "f4"


@pytest.mark.parametrize(
    ("n", "most", "stride"),
    [(1, 128, 1), (128, 128, 1), (129, 128, 2), (512, 128, 4), (37, 5, 8)],
)
def test_a_stride_takes_no_more_than_it_may(n: int, most: int, stride: int):
    assert stride_for(n, most) == stride
    assert len(range(0, n, stride)) <= most


@pytest.mark.parametrize("token", [-1, 8])
def test_a_token_that_is_not_there_is_refused(traced: Trace, token: int):
    with pytest.raises(InvalidChoice) as refused:
        embeddings(traced, token)
    assert str(refused.value) == f"There is no token {token}: the text has 8. Choose 0 to 7."
