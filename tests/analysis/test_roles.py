"""The roles of heads, against attention whose roles are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attention_atlas as aa
from attention_atlas.analysis.roles import mean_distance, places, roles

# [CLS] the cat , the dog ! [SEP]
TEXT = "the cat, the dog!"
CLS, COMMA, BANG, SEP, N = 0, 3, 6, 7, 8
THE = (1, 4)


def uniform() -> np.ndarray:
    return np.full((N, N), 1 / N)


@pytest.fixture
def where(tiny: aa.Model) -> dict[str, np.ndarray]:
    trace = aa.trace(tiny, TEXT)
    assert [token.text for token in trace.tokens] == "[CLS] the cat , the dog ! [SEP]".split()
    return places(trace.tokens)


@pytest.mark.parametrize(
    ("role", "key_of"),
    [
        ("itself", {i: i for i in range(N)}),
        ("previous", {i: i - 1 for i in range(1, N)}),
        ("next", {i: i + 1 for i in range(N - 1)}),
        ("first", dict.fromkeys(range(N), CLS)),
        ("separator", dict.fromkeys(range(N), SEP)),
        ("same word", {THE[0]: THE[1], THE[1]: THE[0]}),
    ],
)
def test_a_head_that_does_one_thing_has_that_role(
    where: dict[str, np.ndarray], role: str, key_of: dict[int, int]
) -> None:
    attention = uniform()
    for query, key in key_of.items():
        attention[query] = np.eye(N)[key]
    found = roles(attention, where)[role]
    assert found.share == pytest.approx(1)
    assert found.queries == len(key_of)
    assert found.uniform == pytest.approx(1 / N)
    assert found.ratio == pytest.approx(N)


def test_punctuation_is_every_token_of_marks_alone(where: dict[str, np.ndarray]) -> None:
    assert [int(key) for key in np.flatnonzero(where["punctuation"][0])] == [COMMA, BANG]
    attention = np.zeros((N, N))
    attention[:, COMMA], attention[:, BANG], attention[:, CLS] = 0.5, 0.3, 0.2
    found = roles(attention, where)["punctuation"]
    assert found.share == pytest.approx(0.8)
    assert found.uniform == pytest.approx(2 / N)


@settings(deadline=None)  # the first pass of a process is the slow one
@given(st.integers(0, 2**32 - 1))
def test_uniform_attention_has_every_ratio_at_one_and_any_head_is_between_0_and_1(
    tiny: aa.Model, seed: int
) -> None:
    where = places(aa.trace(tiny, TEXT).tokens)
    assert all(role.ratio == pytest.approx(1) for role in roles(uniform(), where).values())
    attention = np.random.default_rng(seed).dirichlet(np.full(N, 0.3), size=(2, 3, N))
    for role in roles(attention, where).values():
        assert role.share.shape == (2, 3)
        assert (role.share >= 0).all()
        assert (role.share <= 1 + 1e-12).all()


def test_what_no_token_has_is_not_a_number(tiny: aa.Model) -> None:
    found = roles(np.full((4, 4), 0.25), places(aa.trace(tiny, "the cat").tokens))
    assert found["same word"].queries == 0
    assert np.isnan(found["same word"].share)
    assert np.isnan(found["same word"].ratio)


def test_special_tokens_that_were_typed_are_not_the_ones_that_were_added(tiny: aa.Model) -> None:
    where = places(aa.trace(tiny, "the [SEP] cat").tokens)
    assert [int(key) for key in np.flatnonzero(where["separator"][0])] == [4]


def test_the_mean_distance_of_a_shift_is_its_length_and_of_uniform_the_formula() -> None:
    shifted = np.roll(np.eye(N), 1, axis=1)  # i looks at i + 1, the last at the first
    assert mean_distance(shifted) == pytest.approx(((N - 1) * 1 + (N - 1)) / N)
    # Σ_ij |i - j| / n² = (n² - 1) / 3n
    assert mean_distance(uniform()) == pytest.approx((N**2 - 1) / (3 * N))
