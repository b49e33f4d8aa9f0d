from __future__ import annotations

import numpy as np
import pytest

from attention_atlas.analysis.heads import combine, rank, standing, summarise_layer, thumbnails
from attention_atlas.analysis.metrics import metrics
from attention_atlas.analysis.roles import mean_distance, places, roles
from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.tokens import tokenise
from attention_atlas.tracing.trace import trace


def random_attention(*shape: int) -> np.ndarray:
    weights = np.random.default_rng(1).random(shape, dtype=np.float32) ** 4
    return weights / weights.sum(axis=-1, keepdims=True)


def test_a_short_text_has_one_pixel_a_weight():
    weights = np.array([[[0.0, 1.0, 0.0], [0.5, 0.25, 0.25], [0.001, 0.002, 0.997]]], np.float32)
    assert thumbnails(weights).tolist() == [[[0, 255, 0], [128, 64, 64], [0, 1, 254]]]
    assert thumbnails(weights).dtype == np.uint8


@pytest.mark.parametrize("n", [23, 24])
def test_up_to_24_tokens_nothing_is_averaged(n: int):
    weights = random_attention(3, n, n)
    assert np.array_equal(thumbnails(weights), np.rint(weights * 255).astype(np.uint8))


@pytest.mark.parametrize("n", [25, 36, 48, 101])
def test_a_long_text_has_runs_of_queries_averaged_and_of_keys_summed(n: int):
    weights = random_attention(3, n, n)
    # Each weight becomes 24 × 24 equal cells, so that every pixel covers whole cells.
    fine = np.kron(weights[0], np.ones((24, 24)) / 24)
    shares = fine.reshape(24, n, 24, n).sum(axis=3).mean(axis=1)
    np.testing.assert_allclose(shares.sum(axis=-1), 1, rtol=1e-5)
    assert np.abs(thumbnails(weights)[0] - shares * 255).max() <= 0.5 + 1e-3


def test_512_tokens_are_as_bright_as_24():
    uniform = np.full((1, 512, 512), 1 / 512, dtype=np.float32)
    assert np.array_equal(thumbnails(uniform), np.full((1, 24, 24), round(255 / 24)))


def test_a_picture_has_its_rows_and_columns_where_the_matrix_has_them():
    weights = np.zeros((1, 48, 48), dtype=np.float32)
    weights[0, 6:8, 40:42] = 0.5
    (picture,) = thumbnails(weights)
    assert picture[3, 20] == 255
    assert picture.sum() == 255


def test_two_by_two_by_hand():
    weights = np.array([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]], dtype=np.float32)
    # A pixel covers one and a half queries, averaged, and one and a half keys, summed.
    first = (1.0 * (0.5 + 0.5 * 0.5) + 0.5 * (0.0 + 0.5 * 1.0)) / 1.5
    last = (0.5 * (0.5 * 1.0 + 0.0) + 1.0 * (0.5 * 0.25 + 0.5)) / 1.5
    corners = thumbnails(weights, size=2)[[0, 1], [0, 1]]
    assert corners.tolist() == [round(255 * first), round(255 * last)]


def test_the_summary_of_a_pass_is_that_of_its_layers(tiny: Model):
    summaries = []
    traced = trace(
        tiny,
        "the cat sat on the mat",
        on_layer=lambda _, attention: summaries.append(summarise_layer(attention)),
    )
    summary = combine(summaries)
    assert repr(summary) == "HeadSummary(2 layers × 3 heads)"
    assert summary.thumbnails.shape == (2, 3, 8, 8)
    attention = np.stack([layer.attention for layer in traced.layers])
    expected = metrics(attention)
    assert summary.metrics.entropy.shape == (2, 3)
    for name in ("confidence_max", "confidence_avg", "entropy", "sparsity", "median"):
        np.testing.assert_allclose(
            getattr(summary.metrics, name), getattr(expected, name), rtol=1e-5, atol=1e-6
        )
    assert np.abs(summary.thumbnails - attention * 255).max() <= 0.5 + 1e-3


def test_it_has_the_roles_of_all_heads_and_how_far_they_look(tiny: Model):
    text = "the cat, the dog"
    where = places(tokenise(tiny, text).tokens)
    summaries = []
    traced = trace(tiny, text, on_layer=lambda _, a: summaries.append(summarise_layer(a, where)))
    summary = combine(summaries)
    attention = np.stack([layer.attention for layer in traced.layers])
    expected = roles(attention, where)
    assert list(summary.roles) == [
        "itself", "previous", "next", "first", "separator", "punctuation", "same word"
    ]  # fmt: skip
    for name, role in summary.roles.items():
        assert role.share.shape == (2, 3)
        np.testing.assert_allclose(role.share, expected[name].share, rtol=1e-5)
        assert (role.uniform, role.queries) == (expected[name].uniform, expected[name].queries)
    np.testing.assert_allclose(summary.distance, mean_distance(attention), rtol=1e-5)
    assert summary.uniform_distance == pytest.approx((7**2 - 1) / (3 * 7))


def test_without_places_there_are_no_roles():
    summary = combine([summarise_layer(random_attention(3, 5, 5))])
    assert summary.roles == {}
    assert summary.distance.shape == (1, 3)


def test_nothing_cannot_be_combined():
    with pytest.raises(InvalidChoice) as caught:
        combine([])
    assert str(caught.value) == (
        "There is no layer to combine: the list of summaries is empty. "
        "Give one summary for each layer, from summarise_layer."
    )


def test_ranks_begin_with_the_highest_and_equal_values_share_one():
    values = np.array([[0.5, 0.9, 0.1], [0.5, 0.2, 0.9]])
    assert rank(values).tolist() == [[3, 1, 6], [3, 5, 1]]


def test_where_a_head_stands():
    values = np.array([[0.5, 0.9, 0.1], [0.5, 0.2, 0.8]], dtype=np.float32)
    found = standing(values, 0, 0)
    assert (found.value, found.rank, found.of) == (0.5, 3, 6)
    assert (found.lowest, found.median, found.highest) == pytest.approx((0.1, 0.5, 0.9))
    assert found.share_below == pytest.approx(3 / 5)
    assert all(
        standing(values, layer, head).rank == rank(values)[layer, head]
        for layer, head in np.ndindex(2, 3)
    )
    assert standing(np.array([[0.3]]), 0, 0).share_below == 1


@pytest.mark.parametrize(("layer", "head"), [(2, 0), (0, 3), (-1, 0)])
def test_a_head_that_is_not_there(layer: int, head: int):
    with pytest.raises(InvalidChoice) as caught:
        standing(np.zeros((2, 3)), layer, head)
    assert str(caught.value) == (
        f"There is no head {head} in layer {layer}: the model has 2 layers of 3 heads. "
        "Choose a layer from 0 to 1 and a head from 0 to 2."
    )
