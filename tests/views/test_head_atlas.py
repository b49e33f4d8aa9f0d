from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from attention_atlas.analysis.heads import HeadSummary, combine, summarise_layer
from attention_atlas.analysis.roles import places
from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.head_atlas import head_atlas
from attention_atlas.views.head_atlas.quantities import strongest

ROLES = ["itself", "previous", "next", "first", "separator", "punctuation", "same word"]


def summarised(traced: Trace) -> HeadSummary:
    where = places(traced.tokens)
    return combine([summarise_layer(layer.attention, where) for layer in traced.layers])


def by_value(picture_state: object) -> dict[str, dict[str, object]]:
    assert isinstance(picture_state, dict)
    return {choice["value"]: choice for choice in picture_state["choices"]}


@pytest.fixture
def traced(tiny: Model) -> Trace:
    """Seven tokens: [CLS] the cat sat the . [SEP]."""
    traced = trace(tiny, "the cat sat the .")
    assert [token.text for token in traced.tokens] == [
        "[CLS]", "the", "cat", "sat", "the", ".", "[SEP]"
    ]  # fmt: skip
    return traced


@pytest.fixture
def attention(traced: Trace) -> np.ndarray:
    """Of all heads, (2, 3, 7, 7)."""
    return np.stack([layer.attention for layer in traced.layers]).astype(np.float64)


def test_there_is_a_small_picture_of_every_head(traced: Trace, attention: np.ndarray):
    picture = head_atlas(summarised(traced))
    assert picture.view == "head_atlas"
    thumbnails = picture.arrays["thumbnails"]
    assert (thumbnails.shape, thumbnails.dtype) == ((2, 3, 7, 7), np.uint8)
    assert np.abs(thumbnails - attention * 255).max() <= 0.5 + 1e-3


def test_every_metric_comes_in_the_order_of_the_choices(traced: Trace, attention: np.ndarray):
    picture = head_atlas(summarised(traced))
    metrics = [c["value"] for c in picture.state["choices"] if c["kind"] == "metric"]
    assert picture.arrays["metrics"].shape == (6, 2, 3)
    found = dict(zip(metrics, picture.arrays["metrics"], strict=True))
    expected = {
        "confidence_max": attention.max(axis=(2, 3)),
        "confidence_avg": attention.max(axis=3).mean(axis=2),
        "entropy": -(attention * np.log(attention)).sum(axis=3).mean(axis=2),
        "sparsity": (attention < 0.01).mean(axis=(2, 3)),
        "median": np.median(attention, axis=(2, 3)),
        "uniformity": attention.std(axis=(2, 3)),
    }
    assert list(found) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-4, atol=1e-6)


def test_every_role_comes_as_share_and_ratio(traced: Trace, attention: np.ndarray):
    picture = head_atlas(summarised(traced))
    assert picture.state["roles"] == ROLES
    shares = dict(zip(ROLES, picture.arrays["shares"], strict=True))
    ratios = dict(zip(ROLES, picture.arrays["ratios"], strict=True))
    # Counted by hand: the token, its places, and over how many tokens the mean goes.
    expected = {
        "itself": (sum(attention[..., i, i] for i in range(7)) / 7, 1 / 7),
        "previous": (sum(attention[..., i, i - 1] for i in range(1, 7)) / 6, 1 / 7),
        "next": (sum(attention[..., i, i + 1] for i in range(6)) / 6, 1 / 7),
        "first": (attention[..., 0].mean(axis=-1), 1 / 7),
        "separator": (attention[..., 6].mean(axis=-1), 1 / 7),
        "punctuation": (attention[..., 5].mean(axis=-1), 1 / 7),
        "same word": ((attention[..., 1, 4] + attention[..., 4, 1]) / 2, 1 / 7),
    }
    for name, (share, uniform) in expected.items():
        np.testing.assert_allclose(shares[name], share, rtol=1e-5)
        np.testing.assert_allclose(ratios[name], share / uniform, rtol=1e-5)
        assert by_value(picture.state)[name]["uniform"] == pytest.approx(uniform)


def test_the_distance_is_in_tokens(traced: Trace, attention: np.ndarray):
    picture = head_atlas(summarised(traced))
    i, j = np.indices((7, 7))
    expected = (attention * abs(i - j)).sum(axis=(2, 3)) / 7
    np.testing.assert_allclose(picture.arrays["distance"], expected, rtol=1e-5)
    assert by_value(picture.state)["distance"]["uniform"] == pytest.approx(abs(i - j).mean())


def test_a_role_is_explained_with_the_numbers_of_this_text(traced: Trace):
    about = by_value(head_atlas(summarised(traced)).state)["previous"]
    assert (about["name"], about["short"], about["missing"]) == ("previous token", "previous", None)
    assert about["definition"] == (
        "The weight that a token gives to the token before it, a mean over 6 tokens that have one"
    )
    assert about["formula"] == "share = 1/6 Σ_i A_{i,i−1}, ratio = share / 0.143"
    assert about["note"] == (
        "Uniform attention gives 0.143: in a short sentence every place is much of the whole."
    )


def test_words_are_called_words(traced: Trace):
    about = by_value(head_atlas(summarised(traced), unit="word").state)
    assert about["next"]["name"] == "next word"
    assert not any(
        "token" in str(text) for one in about.values() for key, text in one.items() if key != "kind"
    )


def test_what_the_text_does_not_have_says_so_and_cannot_be_chosen(tiny: Model):
    summary = summarised(trace(tiny, "the cat"))
    picture = head_atlas(summary)
    about = by_value(picture.state)
    assert about["punctuation"]["missing"] == "no punctuation in this text"
    assert about["same word"]["missing"] == "no word comes twice in this text"
    assert {name for name, one in about.items() if one["missing"]} == {"punctuation", "same word"}
    assert np.isnan(picture.arrays["shares"][ROLES.index("punctuation")]).all()
    json.dumps(picture.to_message(), allow_nan=False)
    with pytest.raises(InvalidChoice):
        head_atlas(summary, colour_by="punctuation")


def test_without_places_there_are_no_roles(traced: Trace):
    picture = head_atlas(combine([summarise_layer(layer.attention) for layer in traced.layers]))
    assert picture.state["roles"] == []
    assert picture.arrays["ratios"].shape == (0, 2, 3)
    assert (picture.arrays["strongest"] == 255).all()


def test_the_strongest_role_has_the_highest_ratio_of_two_or_more():
    nan = np.nan
    ratios = np.array([[[1.9, 3.0, 2.0, nan]], [[1.0, 7.5, 2.0, 2.5]], [[nan, nan, nan, nan]]])
    assert strongest(ratios).tolist() == [[255, 1, 0, 1]]


def test_the_strongest_roles_are_sent(traced: Trace):
    summary = summarised(traced)
    made_up = np.ones((2, 3), np.float32)
    made_up[1, 2] = 0.5
    roles = {
        name: replace(role, share=np.where(made_up == 0.5, role.uniform * 4, role.uniform))
        if name == "next"
        else replace(role, share=np.full((2, 3), role.uniform))
        for name, role in summary.roles.items()
    }
    picture = head_atlas(replace(summary, roles=roles))
    assert picture.state["strong"] == 2
    assert picture.arrays["strongest"].tolist() == [[255, 255, 255], [255, 255, 2]]


def test_nothing_is_coloured_at_first_unless_a_number_is_wanted(traced: Trace):
    summary = summarised(traced)
    assert head_atlas(summary).state["colour_by"] == "nothing"
    for wanted in ("uniformity", "same word", "distance"):
        assert head_atlas(summary, colour_by=wanted).state["colour_by"] == wanted


def test_a_number_that_is_not_there_is_refused(traced: Trace):
    with pytest.raises(InvalidChoice) as refused:
        head_atlas(summarised(traced), colour_by="focus")
    assert str(refused.value) == (
        "Heads cannot be coloured by 'focus'. Choose one of nothing, confidence_max, "
        "confidence_avg, entropy, sparsity, median, uniformity, itself, previous, next, first, "
        "separator, punctuation, same word, distance."
    )
