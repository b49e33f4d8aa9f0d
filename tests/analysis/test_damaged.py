"""A network that has run into NaN: what can be said of its heads is said."""

from __future__ import annotations

import numpy as np

from attention_atlas.analysis.heads import summarise_layer, thumbnails
from attention_atlas.analysis.metrics import metrics


def test_a_head_of_nan_has_no_metrics_and_leaves_the_others_theirs() -> None:
    attention = np.random.default_rng(0).dirichlet(np.ones(5), size=(3, 5)).astype(np.float32)
    damaged = attention.copy()
    damaged[1, 2, 3] = np.nan
    summary = summarise_layer(damaged)
    whole = metrics(attention)
    for name in ("confidence_max", "entropy", "sparsity", "median", "uniformity"):
        found = getattr(summary.metrics, name)
        assert np.isnan(found[1])
        np.testing.assert_array_equal(found[[0, 2]], getattr(whole, name)[[0, 2]])
    np.testing.assert_array_equal(summary.thumbnails[1, 2, 3], 0)
    np.testing.assert_array_equal(summary.thumbnails[0], thumbnails(attention)[0])


def test_a_layer_of_nothing_but_nan_is_summarised_too() -> None:
    summary = summarise_layer(np.full((2, 4, 4), np.nan, dtype=np.float32))
    assert np.isnan(summary.metrics.entropy).all()
    assert not summary.thumbnails.any()
