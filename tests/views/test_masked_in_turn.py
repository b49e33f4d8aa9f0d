from __future__ import annotations

import numpy as np
import pytest

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.distributions import Candidate, Distribution, distributions
from attention_atlas.tracing.trace import trace
from attention_atlas.views.masked_in_turn import masked_in_turn


def found(*best: Candidate, true: Candidate) -> Distribution:
    return Distribution(best=best, asked=(true,), maximum=0.0, exp_sum=1.0, entropy=0.0)


def test_each_piece_has_the_guesses_of_its_own_position(tiny: Model):
    traced = trace(tiny, "the cat sat")
    positions = [3, 1]
    given = distributions(traced, top_k=4, masked=True, positions=positions)
    plainly = traced.predictions(top_k=4, masked=True, positions=positions)
    picture = masked_in_turn(traced, given, positions, top_k=3)
    rows = picture.state["rows"]
    assert [(row["token"], row["piece"]) for row in rows] == [(1, "the"), (3, "sat")]
    shares = picture.arrays["probabilities"]
    assert shares.shape == (2, 4)
    for row, share, expected in zip(rows, shares, (plainly[1], plainly[0]), strict=True):
        assert [guess["text"] for guess in row["guesses"]] == [p.text for p in expected[:3]]
        np.testing.assert_allclose(share[1:], [p.probability for p in expected[:3]], atol=1e-6)


def test_the_true_piece_has_its_rank_and_share_wherever_it_stands(tiny: Model):
    traced = trace(tiny, "the cat sat")
    given = distributions(traced, top_k=1, masked=True, positions=[2])
    picture = masked_in_turn(traced, given, [2])
    (everything,) = traced.predictions(top_k=10_000, masked=True, positions=[2])
    rank = [p.text for p in everything].index("cat")
    assert picture.state["rows"][0]["rank"] == rank + 1
    assert picture.arrays["probabilities"][0, 0] == pytest.approx(
        everything[rank].probability, abs=1e-6
    )
    assert picture.state["vocabulary"] == tiny.vocabulary_size


def test_a_guess_is_right_if_it_is_the_true_piece(tiny: Model):
    traced = trace(tiny, "the cat sat")
    the, cat, sat = (Candidate(token.text, token.id, 0.25, 1.0, 1) for token in traced.tokens[1:4])
    a, dog, mat = (Candidate(text, 0, 0.25, 1.0, 2) for text in ("a", "dog", "mat"))
    given = [found(the, a, true=the), found(dog, cat, true=cat), found(sat, mat, true=sat)]
    state = masked_in_turn(traced, given, [1, 2, 3]).state
    assert [[guess["true"] for guess in row["guesses"]] for row in state["rows"]] == [
        [True, False], [False, True], [True, False]
    ]  # fmt: skip
    assert state["right"] == 2


def test_before_the_first_words_are_done_there_are_no_rows(tiny: Model):
    picture = masked_in_turn(trace(tiny, "the cat"), (), ())
    assert (picture.state["rows"], picture.state["right"]) == ([], 0)
    assert picture.arrays["probabilities"].shape == (0, 6)


def test_a_position_that_is_not_there_is_refused(tiny: Model):
    traced = trace(tiny, "the cat")
    with pytest.raises(InvalidChoice) as refused:
        masked_in_turn(traced, distributions(traced, positions=[1]), [4])
    assert str(refused.value) == "There is no token 4: the text has 4. Choose 0 to 3."


def test_as_many_positions_as_predictions(tiny: Model):
    with pytest.raises(ValueError, match="argument 2 is longer"):
        masked_in_turn(trace(tiny, "the cat"), [(), ()], [1])
