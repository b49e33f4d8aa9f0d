"""The roles of heads, against attention whose roles are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import attention_atlas as aa
from attention_atlas.analysis.roles import (
    Places,
    mean_distance,
    places,
    roles,
    uniform_distance,
)
from attention_atlas.analysis.units import units
from attention_atlas.errors import InvalidChoice
from attention_atlas.tracing.tokens import tokenise

# [CLS] the cat , the dog ! [SEP]
TEXT = "the cat, the dog!"
CLS, COMMA, BANG, SEP, N = 0, 3, 6, 7, 8
THE = (1, 4)


def uniform() -> np.ndarray:
    return np.full((N, N), 1 / N)


@pytest.fixture
def where(tiny: aa.Model) -> dict[str, Places]:
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
    where: dict[str, Places], role: str, key_of: dict[int, int]
) -> None:
    attention = uniform()
    for query, key in key_of.items():
        attention[query] = np.eye(N)[key]
    found = roles(attention, where)[role]
    assert found.share == pytest.approx(1)
    assert found.queries == len(key_of)
    assert found.uniform == pytest.approx(1 / N)
    assert found.ratio == pytest.approx(N)


def test_punctuation_is_every_token_of_marks_alone(where: dict[str, Places]) -> None:
    assert [int(key) for key in np.flatnonzero(where["punctuation"].mask[0])] == [COMMA, BANG]
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
    assert [int(key) for key in np.flatnonzero(where["separator"].mask[0])] == [4]


def test_the_mean_distance_of_a_shift_is_its_length_and_of_uniform_the_formula() -> None:
    shifted = np.roll(np.eye(N), 1, axis=1)  # i looks at i + 1, the last at the first
    assert mean_distance(shifted) == pytest.approx(((N - 1) * 1 + (N - 1)) / N)
    assert mean_distance(uniform()) == pytest.approx(uniform_distance(N))


@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_the_mean_distance_is_what_its_definition_says(n: int, seed: int) -> None:
    attention = np.random.default_rng(seed).dirichlet(np.full(n, 0.3), size=(2, n))
    expected = [
        sum(head[i, j] * abs(i - j) for i in range(n) for j in range(n)) / n for head in attention
    ]
    np.testing.assert_allclose(mean_distance(attention), expected, atol=1e-12)
    assert uniform_distance(n) == pytest.approx(mean_distance(np.full((n, n), 1 / n)))


def test_single_precision_is_enough_for_a_long_text() -> None:
    attention = np.random.default_rng(0).dirichlet(np.full(512, 0.1), size=512)
    found = mean_distance(attention.astype(np.float32))
    assert found == pytest.approx(mean_distance(attention), rel=1e-5)


WORDS = "the cat sat played unaffable ! , ? [MASK] [SEP] 雪".split()


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_roles_are_what_their_definitions_say(
    tiny: aa.Model, text: str, pair: str, special: bool, words: bool, seed: int
) -> None:
    tokens = tokenise(tiny, text, pair).tokens
    keep = np.array([special or token.text not in ("[CLS]", "[SEP]") for token in tokens])
    among = units(tokens, keep, words=words)
    n = len(among)
    assume(n > 0)
    added = [tokens[unit.tokens[0]].sentence is None for unit in among]

    def is_place(role: str, i: int, j: int) -> bool:
        alike = among[i].text == among[j].text
        return {
            "itself": i == j,
            "previous": j == i - 1,
            "next": j == i + 1,
            "first": added[j] and among[j].text == "[CLS]",
            "separator": added[j] and among[j].text == "[SEP]",
            "punctuation": among[j].text in ("!", ",", "?"),
            "same word": alike and i != j and not among[i].special and not among[j].special,
        }[role]

    attention = np.random.default_rng(seed).dirichlet(np.full(n, 0.3), size=(3, n))
    found = roles(attention, places(tokens, among))
    for role, share in found.items():
        yes = np.array([[is_place(role, i, j) for j in range(n)] for i in range(n)])
        asked = yes.any(axis=1)
        np.testing.assert_array_equal(places(tokens, among)[role].mask, yes)
        assert share.queries == asked.sum()
        if share.queries == 0:
            assert np.isnan([*share.share, share.uniform]).all()
            continue
        expected = [np.where(yes, head, 0).sum(axis=1)[asked].mean() for head in attention]
        np.testing.assert_allclose(share.share, expected, atol=1e-12)
        assert share.uniform == pytest.approx((yes.sum(axis=1) / n)[asked].mean())


def test_the_same_word_in_pieces_is_the_same_word_as_a_whole(tiny: aa.Model) -> None:
    tokens = tokenise(tiny, "played play played").tokens
    assert [token.text for token in tokens[1:-1]] == ["play", "##ed", "play", "play", "##ed"]
    whole = places(tokens, units(tokens, words=True))["same word"]
    assert np.argwhere(whole.mask).tolist() == [[1, 3], [3, 1]]
    assert places(tokens)["same word"].queries == 5


def test_places_of_another_text_are_refused(tiny: aa.Model) -> None:
    with pytest.raises(InvalidChoice) as refused:
        roles(uniform(), places(tokenise(tiny, "cat").tokens))
    assert str(refused.value) == (
        "The places of 'itself' are among 3 tokens, but the attention is between 8. "
        "Give the places of the tokens, or units, that the attention is between."
    )
