from __future__ import annotations

import numpy as np
import pytest

from attention_atlas.analysis.principal import NOT_FINITE, principal_plane
from attention_atlas.errors import InvalidChoice


def states(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def by_definition(hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points up to their signs, and shares: a plain SVD of all layers, each of unit spread."""
    hidden = hidden.astype(np.float64)
    centred = hidden - hidden.mean(axis=1, keepdims=True)
    unit = np.stack([c / np.sqrt((c**2).sum() / len(c)) for c in centred])
    right = np.linalg.svd(np.concatenate(list(unit)), full_matrices=False)[2]
    points = unit @ right[:2].T
    return points, (points**2).sum(axis=(1, 2)) / hidden.shape[1]


def test_points_in_a_plane_keep_all_their_distances():
    flat = np.array([[[0, 0], [4, 0], [0, 2], [4, 2]]], dtype=np.float64)
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((5, 5)))[0][:2]
    plane = principal_plane(flat @ turn + 7)
    assert plane.spread == pytest.approx([np.sqrt(5)])
    assert plane.share == pytest.approx([1])
    assert plane.best == pytest.approx([1])
    # the longer side is the first component; units are spreads
    x, y = np.abs(plane.points[0]).T
    assert x == pytest.approx(2 / np.sqrt(5))
    assert y == pytest.approx(1 / np.sqrt(5))
    assert plane.nearest.tolist() == [[2, 3, 0, 1]]


@pytest.mark.parametrize("shape", [(3, 5, 23), (7, 11, 13)])  # fewer and more rows than dimensions
def test_the_plane_is_that_of_a_plain_decomposition(shape: tuple[int, int, int]):
    hidden = states(*shape) * np.linspace(0.2, 3, shape[0], dtype=np.float32)[:, None, None]
    plane = principal_plane(hidden)
    points, share = by_definition(hidden)
    signs = np.sign((points * plane.points).sum(axis=(0, 1)))
    np.testing.assert_allclose(plane.points, points * signs, atol=2e-5)
    np.testing.assert_allclose(plane.share, share, atol=2e-5)


@pytest.mark.parametrize("shape", [(2, 61, 149), (3, 131, 113)])
def test_large_matrices_give_the_same_plane(shape: tuple[int, int, int]):
    states_, _, d = shape
    hidden = states(*shape, seed=6) * np.linspace(4, 1, d, dtype=np.float32)
    plane = principal_plane(hidden)
    points, share = by_definition(hidden)
    signs = np.sign((points * plane.points).sum(axis=(0, 1)))
    np.testing.assert_allclose(plane.points, points * signs, atol=0.05)
    np.testing.assert_allclose(plane.share, share, atol=1e-4)
    for layer, best in zip(hidden.astype(np.float64), plane.best, strict=True):
        values = np.linalg.svd(layer - layer.mean(axis=0), compute_uv=False) ** 2
        assert best == pytest.approx(values[:2].sum() / values.sum(), rel=1e-3)
    assert plane.points.shape == (states_, shape[1], 2)


def test_the_best_plane_of_a_layer_is_its_own():
    hidden = states(4, 9, 17, seed=2)
    plane = principal_plane(hidden)
    for layer, best in zip(hidden, plane.best, strict=True):
        values = np.linalg.svd(layer - layer.mean(axis=0), compute_uv=False) ** 2
        assert best == pytest.approx(values[:2].sum() / values.sum(), rel=1e-4)
    assert (plane.share <= plane.best + 1e-6).all()


def test_the_nearest_is_measured_in_all_dimensions():
    hidden = states(2, 7, 19, seed=4)
    for layer, found in zip(hidden, principal_plane(hidden).nearest, strict=True):
        distance = np.linalg.norm(layer[:, None] - layer[None], axis=-1)
        np.fill_diagonal(distance, np.inf)
        assert found.tolist() == distance.argmin(axis=1).tolist()


def test_the_same_vectors_give_the_same_picture_every_time():
    hidden = states(3, 6, 8, seed=5)
    np.testing.assert_array_equal(principal_plane(hidden).points, principal_plane(hidden).points)
    np.testing.assert_allclose(
        principal_plane(-hidden).points, -principal_plane(hidden).points, atol=1e-5
    )


def test_a_token_that_is_alone_is_in_the_middle():
    plane = principal_plane(states(3, 1, 5) + 100)
    assert plane.points.tolist() == [[[0, 0]]] * 3
    assert plane.spread.tolist() == [0, 0, 0]
    assert np.isnan(plane.share).all()
    assert np.isnan(plane.best).all()
    assert plane.nearest.tolist() == [[-1]] * 3


def test_two_tokens_lie_on_a_line_and_equal_tokens_on_a_point():
    hidden = states(1, 2, 6)
    plane = principal_plane(hidden)
    assert plane.share == pytest.approx([1])
    assert np.abs(plane.points[0, :, 0]) == pytest.approx(1)
    assert plane.points[0, :, 1] == pytest.approx(0, abs=1e-5)
    equal = np.repeat(states(2, 1, 6) * 50, 4, axis=1)
    assert principal_plane(equal).spread.tolist() == [0, 0]
    assert not principal_plane(equal).points.any()


def test_one_dimension_is_enough():
    plane = principal_plane(np.array([[[1.0], [3], [8]]]))
    assert plane.share == pytest.approx([1])
    assert not plane.points[..., 1].any()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_a_number_has_no_place(value: float):
    hidden = states(2, 3, 4)
    hidden[1, 2, 3] = value
    with pytest.raises(InvalidChoice) as refused:
        principal_plane(hidden)
    assert (
        str(refused.value)
        == NOT_FINITE
        == (
            "Some of the hidden states are not finite numbers (NaN or ∞), so their principal "
            "components do not exist and there is no map of them. Choose another model or another "
            "text."
        )
    )
