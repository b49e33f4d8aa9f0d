from __future__ import annotations

import numpy as np
import pytest

from attention_atlas.analysis.heads import HeadSummary, combine, summarise_layer
from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.head_atlas import head_atlas


@pytest.fixture
def attention(tiny: Model) -> np.ndarray:
    """Of all heads, (2, 3, 5, 5)."""
    return np.stack([layer.attention for layer in trace(tiny, "the cat sat").layers])


@pytest.fixture
def summary(attention: np.ndarray) -> HeadSummary:
    return combine([summarise_layer(layer) for layer in attention])


def test_there_is_a_small_picture_of_every_head(summary: HeadSummary, attention: np.ndarray):
    picture = head_atlas(summary)
    assert picture.view == "head_atlas"
    thumbnails = picture.arrays["thumbnails"]
    assert (thumbnails.shape, thumbnails.dtype) == ((2, 3, 5, 5), np.uint8)
    assert np.abs(thumbnails - attention * 255).max() <= 0.5 + 1e-3


def test_and_every_metric_in_the_order_of_the_choices(summary: HeadSummary, attention: np.ndarray):
    picture = head_atlas(summary)
    metrics, choices = picture.arrays["metrics"], picture.state["choices"]
    assert metrics.shape == (6, 2, 3)
    assert choices == [
        {"value": "pattern", "name": "attention pattern"},
        {"value": "confidence_max", "name": "confidence (max)"},
        {"value": "confidence_avg", "name": "confidence (avg)"},
        {"value": "entropy", "name": "focus (entropy)"},
        {"value": "sparsity", "name": "sparsity"},
        {"value": "median", "name": "distribution (median)"},
        {"value": "uniformity", "name": "uniformity"},
    ]
    found = dict(zip([choice["value"] for choice in choices[1:]], metrics, strict=True))
    weights = attention.astype(np.float64)
    expected = {
        "confidence_max": weights.max(axis=(2, 3)),
        "confidence_avg": weights.max(axis=3).mean(axis=2),
        "entropy": -(weights * np.log(weights)).sum(axis=3).mean(axis=2),
        "sparsity": (weights < 0.01).mean(axis=(2, 3)),
        "median": np.median(weights, axis=(2, 3)),
        "uniformity": weights.std(axis=(2, 3)),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-4, atol=1e-6)


def test_the_pattern_is_shown_at_first_unless_a_metric_is_wanted(summary: HeadSummary):
    assert head_atlas(summary).state["colour_by"] == "pattern"
    assert head_atlas(summary, colour_by="uniformity").state["colour_by"] == "uniformity"


def test_a_metric_that_is_not_there_is_refused(summary: HeadSummary):
    with pytest.raises(InvalidChoice) as refused:
        head_atlas(summary, colour_by="focus")
    assert str(refused.value) == (
        "Heads cannot be coloured by 'focus'. Choose one of pattern, confidence_max, "
        "confidence_avg, entropy, sparsity, median, uniformity."
    )
