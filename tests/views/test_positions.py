from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from attention_atlas.analysis.positions import cosines
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.positions import position_tables, positions
from checkpoints import make_checkpoint


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """512 tokens × 768, in one layer."""
    folder = make_checkpoint(
        tmp_path_factory.mktemp("wide"), layers=1, heads=12, head_size=64, max_tokens=512
    )
    return trace(load_model(str(folder), device="cpu"), "the cat sat on the mat " * 100, "a dog")


def table_of(model: Model) -> np.ndarray:
    learned: Any = model.parts.position_embeddings
    return learned.weight.detach().numpy()


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(a @ b / math.sqrt((a @ a) * (b @ b)))


def test_the_learned_map_is_of_the_models_own_table(tiny: Model):
    picture = positions(trace(tiny, "the cat sat on the mat"))
    state, table = picture.state, table_of(tiny)
    assert (picture.view, state["tables"], state["stride"], state["first"]) == (
        "positions",
        False,
        1,
        1,
    )
    assert state["tokens"] == ["[CLS]", "the", "cat", "sat", "on", "the", "mat", "[SEP]"]
    learned = picture.arrays["learned"]
    assert learned.shape == (8, 8)
    for i, j in ((0, 0), (2, 5), (7, 1)):
        assert learned[i, j] == pytest.approx(cosine(table[i], table[j]), abs=6e-4)
    neighbours = [cosine(table[i], table[i + 1]) for i in range(7)]
    assert state["neighbours"]["learned"] == pytest.approx(np.mean(neighbours), abs=1e-6)


def test_sinusoids_are_alike_by_their_distance_alone(long: Trace):
    picture = positions(long)
    assert picture.state["stride"] == 4
    for apart in (0, 1, 5, 127):
        rates = [10000 ** (-2 * k / 768) for k in range(384)]
        expected = sum(math.cos(4 * apart * rate) for rate in rates) / 384
        np.testing.assert_allclose(
            picture.arrays["sinusoidal"].diagonal(apart), expected, atol=6e-4
        )


def test_a_long_text_is_thinned_and_light(long: Trace):
    picture = positions(long)
    learned, table = picture.arrays["learned"], table_of(long.model)
    assert learned.shape == (128, 128)
    assert learned[100, 3] == pytest.approx(cosine(table[4 * 100], table[4 * 3]), abs=6e-4)
    assert len(json.dumps(picture.to_message())) < 100_000


def test_the_tables_are_exact_where_there_is_room(tiny: Model):
    picture = position_tables(trace(tiny, "the cat sat on the mat"))
    assert picture.state["tables"] is True
    np.testing.assert_array_equal(picture.arrays["learned"], table_of(tiny)[:8])
    sinusoidal = picture.arrays["sinusoidal"]
    np.testing.assert_allclose(sinusoidal[5, 7], np.cos(5 / 10000 ** (6 / 21)), rtol=1e-6)
    np.testing.assert_allclose(sinusoidal[7, 20], np.sin(7 / 10000 ** (20 / 21)), rtol=1e-6)


def test_the_tables_of_a_long_text_are_thinned_by_position(long: Trace):
    picture = position_tables(long)
    assert picture.state["stride"] == 8
    learned = picture.arrays["learned"]
    np.testing.assert_allclose(learned, table_of(long.model)[::8], rtol=1e-3, atol=1e-6)
    assert len(json.dumps(picture.to_message())) < 300_000


def test_cosines_by_hand():
    similar = cosines(np.array([[3.0, 4], [-6, -8], [4, -3], [0, 0]]))
    np.testing.assert_allclose(similar[:3, :3], [[1, -1, 0], [-1, 1, 0], [0, 0, 1]], atol=1e-12)
    assert np.isnan(similar[3]).all()
