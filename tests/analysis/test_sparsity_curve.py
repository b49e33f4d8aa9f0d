from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import attention_atlas as aa
from attention_atlas.analysis.heads import combine, summarise_layer
from attention_atlas.analysis.sparsity_curve import sparsity_curve, thresholds, with_threshold
from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model

SLOPE = np.tile(np.array([0.5, 0.25, 0.125, 0.125], dtype=np.float32), (4, 1))
UNIFORM = np.full((4, 4), 0.25, dtype=np.float32)


@st.composite
def layers(draw: st.DrawFn) -> list[np.ndarray]:
    """Two layers of three heads over a few tokens; some weights are exactly nothing, or equal."""
    n = draw(st.integers(1, 13))
    raw = arrays(np.float32, (2, 3, n, n), elements=st.floats(0, 1, width=32))
    weights = draw(raw) ** draw(st.sampled_from([0, 1, 4])) + np.float32(1e-6)
    return list(weights / weights.sum(axis=-1, keepdims=True))


def test_a_curve_one_has_in_the_head():
    taus = np.array([0.0, 0.125, 0.2, 0.25, 0.3, 1.0])
    curve = sparsity_curve([np.stack([SLOPE, UNIFORM])], taus)
    # Strictly below: a weight of 1/4 is not below 1/4.
    assert curve.shares[:, 0, 0].tolist() == [0, 0, 0.5, 0.5, 0.75, 1]
    assert curve.shares[:, 0, 1].tolist() == [0, 0, 0, 0, 1, 1]
    assert curve.shares.shape == (6, 1, 2)


@given(attention=layers())
@settings(deadline=None)
def test_each_share_is_the_sparsity_at_that_threshold(attention: list[np.ndarray]):
    taus = thresholds(attention[0].shape[-1])
    curve = sparsity_curve(iter(attention), taus)
    for k, tau in enumerate(taus.tolist()):
        expected = [aa.metrics(layer, threshold=tau).sparsity for layer in attention]
        np.testing.assert_array_equal(curve.shares[k], expected)
    assert (np.diff(curve.shares, axis=0) >= 0).all()


def test_the_curve_of_the_embedded_model(embedded: Model):
    trace = aa.trace(embedded, "the cat sat on the mat because it was tired")
    taus = thresholds(len(trace.tokens))
    attention = [layer.attention for layer in trace.layers]
    curve = sparsity_curve(attention, taus)
    summary = combine([summarise_layer(layer) for layer in attention])
    np.testing.assert_array_equal(
        with_threshold(summary, curve, 0.01).metrics.sparsity, summary.metrics.sparsity
    )
    for tau in (1e-4, 1 / len(trace.tokens), 0.5):
        moved = with_threshold(summary, curve, tau).metrics
        expected = np.stack([aa.metrics(layer, threshold=tau).sparsity for layer in attention])
        np.testing.assert_array_equal(moved.sparsity, expected)
        assert moved.entropy is summary.metrics.entropy


@pytest.mark.parametrize("n", [1, 2, 12, 100, 512, 20_000])
def test_the_thresholds_ascend_and_hold_the_two_that_matter(n: int):
    taus = thresholds(n)
    assert (np.diff(taus) > 0).all()
    assert 0.01 in taus
    assert 1 / n in taus
    assert 1e-4 in taus
    assert 0.5 in taus
    assert set(taus[(taus < 1e-4) | (taus > 0.5)]) <= {1 / n}


def test_the_thresholds_are_even_in_the_logarithm():
    taus = thresholds(2)  # 1/2 is the highest of them anyway
    assert len(taus) == 46
    np.testing.assert_allclose(np.diff(np.log10(taus[:-1])), 1 / 12, atol=0.02)
    assert taus[-2:].tolist() == [0.47, 0.5]


def test_the_nearest_threshold_is_found_by_ratio():
    curve = sparsity_curve([UNIFORM[None]], np.array([0.001, 0.01, 0.1]))
    assert curve.nearest(0.01) == 0.01
    assert curve.nearest(0.002) == 0.001
    assert curve.nearest(0.04) == 0.1
    assert curve.nearest(0.0) == 0.001


def test_a_threshold_that_the_curve_has_not_is_refused():
    curve = sparsity_curve([UNIFORM[None]], np.array([0.001, 0.01, 0.1]))
    summary = combine([summarise_layer(UNIFORM[None])])
    with pytest.raises(InvalidChoice) as refused:
        with_threshold(summary, curve, 0.02)
    assert str(refused.value) == (
        "τ = 0.02 is not one of the 3 thresholds of this curve, from 0.001 to 0.1. "
        "The nearest is 0.01."
    )


def test_a_curve_of_other_heads_is_refused():
    curve = sparsity_curve([UNIFORM[None]], np.array([0.01]))
    summary = combine([summarise_layer(np.stack([UNIFORM, SLOPE]))])
    with pytest.raises(InvalidChoice) as refused:
        with_threshold(summary, curve, 0.01)
    assert str(refused.value) == (
        "The curve is of 1 × 1 heads, the summary of 1 × 2. Give those of one pass."
    )


@pytest.mark.parametrize("taus", [[], [0.1, 0.01], [0.1, 0.1], [-0.1, 0.1], [0.1, 1.5]])
def test_thresholds_that_do_not_ascend_are_refused(taus: list[float]):
    with pytest.raises(InvalidChoice, match="Thresholds ascend and lie from 0 to 1, but"):
        sparsity_curve([UNIFORM[None]], np.array(taus))


def test_no_layers_and_no_tokens_are_refused():
    with pytest.raises(InvalidChoice, match="There is no layer to look at"):
        sparsity_curve([], np.array([0.01]))
    with pytest.raises(InvalidChoice, match=r"n was 0\. Give 1 or more"):
        thresholds(0)
