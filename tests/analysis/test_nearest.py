from __future__ import annotations

import numpy as np
import pytest

from attention_atlas.analysis.nearest import nearest, row_norms
from attention_atlas.errors import InvalidChoice

TABLE = np.array([[1, 0], [3, 4], [-2, 0], [0, 5], [6, 8.5], [10, 0]], dtype=np.float32)


def test_the_nearest_rows_by_hand():
    found = nearest(TABLE, row_norms(TABLE), 0, k=3)
    assert found.rows.tolist() == [5, 1, 4]
    assert found.cosines == pytest.approx([1, 3 / 5, 6 / np.hypot(6, 8.5)])


def test_they_are_those_of_a_plain_sort_over_all_cosines():
    table = np.random.default_rng(3).standard_normal((211, 13)).astype(np.float32)
    unit = table.astype(np.float64) / np.linalg.norm(table.astype(np.float64), axis=1)[:, None]
    norms = row_norms(table)
    for row in (0, 17, 210):
        order = [other for other in np.argsort(-(unit @ unit[row])) if other != row][:8]
        found = nearest(table, norms, row)
        assert found.rows.tolist() == order
        np.testing.assert_allclose(found.cosines, unit[order] @ unit[row], atol=1e-6)


def test_equal_cosines_come_in_the_order_of_their_rows():
    table = np.array([[1.0, 0], [0, 2], [0, 1], [0, 3], [2, 0]])
    assert nearest(table, row_norms(table), 1, k=3).rows.tolist() == [2, 3, 0]


def test_rows_without_a_direction_and_rows_that_may_not_are_left_out():
    table = np.array([[1.0, 0], [0, 0], [np.nan, 1], [np.inf, 1], [2, 0], [1, 1]])
    among = np.array([True, True, True, True, True, False])
    found = nearest(table, row_norms(table), 0, among=among)
    assert found.rows.tolist() == [4]
    nothing = nearest(table, row_norms(table), 1)
    assert (nothing.rows.size, nothing.cosines.size) == (0, 0)


def test_a_cosine_never_leaves_its_range():
    table = np.full((3, 7), 0.1, dtype=np.float32)
    assert nearest(table, row_norms(table), 2).cosines.max() <= 1


def test_norms_are_lengths():
    np.testing.assert_allclose(row_norms(TABLE), np.linalg.norm(TABLE, axis=1), rtol=1e-6)


def test_what_is_not_there_is_refused():
    with pytest.raises(InvalidChoice) as refused:
        nearest(TABLE, row_norms(TABLE), 6)
    assert str(refused.value) == "There is no row 6: the table has 6. Choose 0 to 5."
    with pytest.raises(InvalidChoice) as refused:
        nearest(TABLE, row_norms(TABLE), 0, k=0)
    assert str(refused.value) == "At least 1 neighbour can be asked for, but 0 were. Choose from 1."
