from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

import attention_atlas.analysis.median as median_module
from attention_atlas.analysis.median import medians
from attention_atlas.analysis.metrics import AttentionMetrics, metrics
from attention_atlas.errors import InvalidChoice

NAMES = [field.name for field in dataclasses.fields(AttentionMetrics)]


def attention(*shape: int, seed: int = 0, sharpness: float = 2.0) -> np.ndarray:
    scores = np.random.default_rng(seed).normal(size=shape) * sharpness
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)


def values(found: AttentionMetrics) -> dict[str, float]:
    return {name: getattr(found, name) for name in NAMES}


def test_two_tokens_by_hand():
    found = metrics(np.array([[0.5, 0.5], [1.0, 0.0]]))
    assert values(found) == pytest.approx(
        {
            "confidence_max": 1.0,
            "confidence_avg": 0.75,  # (0.5 + 1) / 2
            "entropy": math.log(2) / 2,  # (ln 2 + 0) / 2
            "sparsity": 0.25,  # the one 0 of four
            "median": 0.5,  # between 0.5 and 0.5 of 0, 0.5, 0.5, 1
            "uniformity": math.sqrt(0.125),  # around 0.5: 0, 0, 0.25, 0.25, a mean of 0.125
        }
    )
    assert all(type(value) is float for value in values(found).values())


def test_three_tokens_by_hand():
    found = metrics(
        np.array([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0], [0.125, 0.125, 0.75]]), threshold=0.2
    )
    thirds = [1 / 3] * 9
    weights = [0.5, 0.25, 0.25, 0.0, 1.0, 0.0, 0.125, 0.125, 0.75]
    assert values(found) == pytest.approx(
        {
            "confidence_max": 1.0,
            "confidence_avg": 0.75,  # (0.5 + 1 + 0.75) / 3
            # rows in bits: 1.5, 0, and 0.125·3 twice + 0.75·log2(4/3)
            "entropy": math.log(2) * (1.5 + 0 + 0.75 + 0.75 * math.log2(4 / 3)) / 3,
            "sparsity": 4 / 9,  # 0, 0, 0.125, 0.125
            "median": 0.25,  # the fifth of nine
            "uniformity": math.sqrt(
                sum((w - t) ** 2 for w, t in zip(weights, thirds, strict=True)) / 9
            ),
        }
    )


@pytest.mark.parametrize("n", [1, 2, 7, 40, 130])
def test_uniform_attention(n: int):
    found = metrics(np.full((n, n), 1 / n, dtype=np.float32), threshold=1 / (2 * n))
    assert found.entropy == pytest.approx(math.log(n), abs=1e-5)
    assert found.uniformity == pytest.approx(0, abs=1e-7)
    assert found.confidence_max == found.confidence_avg == found.median == pytest.approx(1 / n)
    assert found.sparsity == 0


@pytest.mark.parametrize("n", [3, 8, 130])
def test_one_hot_rows(n: int):
    chosen = np.random.default_rng(n).integers(n, size=n)
    found = metrics(np.eye(n, dtype=np.float32)[chosen])
    assert (found.entropy, found.confidence_max, found.confidence_avg) == (0, 1, 1)
    assert found.median == 0
    assert found.sparsity == pytest.approx((n - 1) / n)
    assert found.uniformity == pytest.approx(math.sqrt(n - 1) / n)


@given(
    weights=hnp.arrays(
        np.float32,
        st.integers(1, 12).map(lambda n: (2, 3, n, n)),
        elements=st.floats(0, 1, width=32),
    ),
    threshold=st.floats(0, 1),
)
@settings(max_examples=150, deadline=None)
def test_every_metric_is_what_scipy_and_numpy_say(weights: np.ndarray, threshold: float):
    sums = weights.sum(axis=-1, keepdims=True)
    weights = np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 1e-6)
    found = metrics(weights, threshold=threshold)
    for index in np.ndindex(2, 3):
        head = weights[index].astype(np.float64)
        entropies = [float(stats.entropy(row)) if row.any() else 0.0 for row in head]
        expected = {
            "confidence_max": head.max(),
            "confidence_avg": head.max(axis=1).mean(),
            "entropy": np.mean(entropies),
            "sparsity": (weights[index] < threshold).mean(),
            "median": np.median(head),
            "uniformity": head.std(),
        }
        assert values(found[index]) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("n", [5, 24, 101, 128, 300, 512])
@pytest.mark.parametrize("sharpness", [0.01, 3.0, 40.0])
def test_float32_is_as_good_as_float64(n: int, sharpness: float):
    weights = attention(3, n, n, sharpness=sharpness)
    wide = weights.astype(np.float64)
    found = metrics(weights)
    scale = np.maximum(wide, np.finfo(np.float64).tiny)
    expected = {
        "confidence_max": wide.max(axis=(1, 2)),
        "confidence_avg": wide.max(axis=2).mean(axis=1),
        "entropy": -(wide * np.log(scale)).sum(axis=2).mean(axis=1),
        "sparsity": (weights < np.float32(0.01)).mean(axis=(1, 2)),
        "median": np.median(wide, axis=(1, 2)),
        "uniformity": wide.std(axis=(1, 2)),
    }
    for name in NAMES:
        assert getattr(found, name).dtype == np.float32
        np.testing.assert_allclose(getattr(found, name), expected[name], rtol=1e-5, atol=1e-7)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 20))
@settings(max_examples=50, deadline=None)
def test_the_order_of_the_tokens_does_not_matter(seed: int, n: int):
    order = np.random.default_rng(seed).permutation(n)
    weights = attention(n, n, seed=seed)
    there, back = metrics(weights), metrics(weights[order][:, order])
    assert values(there) == pytest.approx(values(back), abs=1e-6)


@pytest.mark.parametrize("shape", [(5, 5), (3, 5, 5), (2, 3, 5, 5), (0, 5, 5)])
def test_all_heads_at_once_are_the_heads_one_by_one(shape: tuple[int, ...]):
    weights = attention(*shape) if 0 not in shape else np.zeros(shape, dtype=np.float32)
    found = metrics(weights)
    for name in NAMES:
        assert np.shape(getattr(found, name)) == shape[:-2]
    for index in np.ndindex(*shape[:-2]):
        alone = values(metrics(weights[index]))
        assert alone == pytest.approx(
            {name: float(np.asarray(getattr(found, name))[index]) for name in NAMES}
        )


def test_many_heads_are_worked_on_in_blocks():
    weights = attention(40, 90, 90)
    found = metrics(weights)
    assert found.median == pytest.approx(np.median(weights, axis=(1, 2)))
    assert found.confidence_max == pytest.approx(weights.max(axis=(1, 2)))


def test_indexing_gives_the_metrics_of_some_heads():
    found = metrics(attention(2, 3, 5, 5))
    assert found[1].entropy.shape == (3,)
    assert type(found[1, 2].entropy) is float
    assert found[1, 2].entropy == pytest.approx(float(found.entropy[1, 2]))


def test_what_is_given_is_not_changed():
    weights = attention(3, 150, 150)
    before = weights.copy()
    weights.flags.writeable = False
    metrics(weights)
    assert np.array_equal(weights, before)


def test_sparsity_is_strict_and_its_threshold_moves():
    weights = np.array([[0.25, 0.75], [0.5, 0.5]])
    shares = [metrics(weights, threshold=t).sparsity for t in (0.0, 0.25, 0.3, 0.5, 0.6, 1.0)]
    assert shares == [0, 0, 0.25, 0.25, 0.75, 1]


@pytest.mark.parametrize("shape", [(5,), (2, 3), (3, 4, 5), (0, 0)])
def test_attention_is_square(shape: tuple[int, ...]):
    with pytest.raises(InvalidChoice) as caught:
        metrics(np.ones(shape))
    assert str(caught.value) == (
        f"Attention has as many rows as columns, shape (..., n, n), but the shape given is {shape}."
        " Give the attention of one head, or of several heads stacked."
    )


@pytest.mark.parametrize("n", [3, 200])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_attention_is_finite(n: int, value: float):
    weights = attention(4, n, n)
    weights[2, 1, 0] = value
    with pytest.raises(InvalidChoice) as caught:
        metrics(weights)
    assert str(caught.value) == (
        "Attention holds a value that is not a finite number (NaN or infinity), so it has no "
        "metrics. Check the array that was given."
    )


def test_attention_is_not_negative():
    with pytest.raises(InvalidChoice) as caught:
        metrics(np.array([[0.5, -1.25], [0.5, 0.5]]))
    assert str(caught.value) == (
        "Attention weights are never negative, but the lowest given is -1.25. "
        "Give the weights after the softmax, not the scores before it."
    )


def test_attention_is_made_of_real_numbers():
    with pytest.raises(InvalidChoice) as caught:
        metrics(np.array([["a", "b"], ["c", "d"]]))
    assert str(caught.value) == (
        "Attention is made of real numbers, but the array given holds <U1. Give an array of floats."
    )


@pytest.mark.parametrize("threshold", [-0.1, 1.5, math.nan])
def test_the_threshold_is_a_weight(threshold: float):
    with pytest.raises(InvalidChoice) as caught:
        metrics(attention(3, 3), threshold=threshold)
    assert str(caught.value) == (
        "threshold is the weight below which a weight counts as none, from 0 to 1, and was "
        f"{threshold!r}. Choose a number from 0 to 1, such as 0.01."
    )


@given(
    rows=hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 3), st.integers(1, 40)),
        elements=st.floats(0, 1, width=32),
    )
)
@settings(deadline=None)
def test_medians_of_few_numbers(rows: np.ndarray):
    np.testing.assert_allclose(medians(rows), np.median(rows, axis=-1), rtol=1e-6)


@pytest.mark.parametrize("count", [10_000, 10_001, 65_536, 99_999])
@pytest.mark.parametrize("kind", ["random", "equal", "two values", "sorted"])
def test_medians_of_many_numbers(count: int, kind: str):
    numbers = many(count)
    if kind == "equal":
        numbers[:] = 0.25
    elif kind == "two values":
        numbers = (numbers > 0.5).astype(np.float32)
    elif kind == "sorted":
        numbers.sort()
    assert medians(numbers[None])[0] == np.median(numbers)


@pytest.mark.parametrize("count", [10_000, 10_001])
@pytest.mark.parametrize("bracket", ["above", "below", "without the lower", "without the upper"])
def test_medians_of_many_numbers_whose_sample_misleads(
    monkeypatch: pytest.MonkeyPatch, count: int, bracket: str
):
    numbers = many(count)
    ordered = np.sort(numbers)
    lower, upper = (count - 1) // 2, count // 2
    ranks = {
        "above": (upper + 1, upper + 9),
        "below": (0, lower - 1),
        "without the lower": (lower + 1, upper + 9),
        "without the upper": (lower - 9, upper - 1),
    }
    low, high = ranks[bracket]
    monkeypatch.setattr(median_module, "_bracket", lambda *_: (ordered[low], ordered[high]))
    assert medians(numbers[None])[0] == np.median(numbers)


def many(count: int) -> np.ndarray:
    return np.random.default_rng(count).random(count, dtype=np.float32)
