from __future__ import annotations

import pytest

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Prediction, trace
from attention_atlas.views.masked_in_turn import masked_in_turn


def test_each_piece_has_the_guesses_of_its_own_position(tiny: Model):
    traced = trace(tiny, "the cat sat")
    positions = [3, 1]
    found = traced.predictions(top_k=4, masked=True, positions=positions)
    rows = masked_in_turn(traced, found, positions).state["rows"]
    assert [(row["token"], row["piece"]) for row in rows] == [(1, "the"), (3, "sat")]
    for row, expected in zip(rows, (found[1], found[0]), strict=True):
        assert [(guess["text"], guess["probability"]) for guess in row["guesses"]] == [
            (p.text, p.probability) for p in expected
        ]


def test_a_guess_is_right_if_it_is_the_true_piece(tiny: Model):
    traced = trace(tiny, "the cat sat")
    the, cat, sat = (token.id for token in traced.tokens[1:4])
    found = [
        (Prediction("the", the, 0.5), Prediction("a", 0, 0.25)),
        (Prediction("dog", 0, 0.5), Prediction("cat", cat, 0.25)),
        (Prediction("sat", sat, 0.5), Prediction("mat", 0, 0.25)),
    ]
    state = masked_in_turn(traced, found, [1, 2, 3]).state
    assert [[guess["true"] for guess in row["guesses"]] for row in state["rows"]] == [
        [True, False], [False, True], [True, False]
    ]  # fmt: skip
    assert state["right"] == 2


def test_before_the_first_words_are_done_there_are_no_rows(tiny: Model):
    state = masked_in_turn(trace(tiny, "the cat"), (), ()).state
    assert state == {"rows": [], "right": 0}


def test_a_position_that_is_not_there_is_refused(tiny: Model):
    with pytest.raises(InvalidChoice) as refused:
        masked_in_turn(trace(tiny, "the cat"), [()], [4])
    assert str(refused.value) == "There is no token 4: the text has 4. Choose 0 to 3."


def test_as_many_positions_as_predictions(tiny: Model):
    with pytest.raises(ValueError, match="argument 2 is longer"):
        masked_in_turn(trace(tiny, "the cat"), [(), ()], [1])
