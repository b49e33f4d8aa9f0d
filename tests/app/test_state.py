"""What the server makes of the look that a browser tells it."""

from __future__ import annotations

from typing import Any, cast

import pytest
from shiny import Inputs, reactive

from attention_atlas.app.exploring import explore
from attention_atlas.app.state import State
from attention_atlas.models.model import Model
from attention_atlas.views.attention_explorer.sending import drawn
from attention_atlas.views.look import DEFAULT_LOOK, Look


class Page:
    """A state that hears one look."""

    def __init__(self, **inputs: Any) -> None:
        values = {name: reactive.Value(value) for name, value in inputs.items()}
        self.state = State(cast(Inputs, values))

    def look(self) -> Look:
        with reactive.isolate():
            return self.state.look()


def test_before_the_page_has_spoken_all_is_as_at_first():
    assert Page().look() == DEFAULT_LOOK


def test_what_is_told_is_had_and_what_is_told_wrongly_is_as_at_first():
    told = {"direction": "to", "top_k": 7, "scale": "purple", "use_head": False, "least": "much"}
    assert Page(look=told).look() == Look(direction="to", top_k=7, use_head=False)


@pytest.mark.parametrize("told", [None, "log", 3, ["direction"], {"top_k": None, "heads": "12"}])
def test_what_is_no_look_is_passed_over(told: Any):
    assert Page(look=told).look() == DEFAULT_LOOK


def test_heads_are_whole_numbers_from_0():
    assert Page(look={"flow": "several", "heads": [3, 11]}).look().heads == (3, 11)
    for wrong in (-1, "2", None, 1.5, True):
        told = {"flow": "several", "heads": [3, wrong]}
        assert Page(look=told).look() == Look(flow="several")


def test_words_are_hidden_of_the_sentence_they_were_chosen_in(tiny: Model):
    before, after = explore(tiny, "the cat sat on", None), explore(tiny, "the cat sat on", None)
    page = Page(look={"hidden": [1, 4], "of": before.key})
    assert page.look().hidden is None
    page.state.exploration.set(before)
    assert page.look().hidden == (1, 4)
    page.state.exploration.set(after)
    assert page.look().hidden is None


@pytest.mark.parametrize(
    ("look", "heads"),
    [
        (Look(), {5}),
        (Look(heads=(0, 2)), {5}),  # chosen before, and not looked at now
        (Look(flow="mean"), set(range(7))),
        (Look(flow="several", heads=(0, 2)), {0, 2, 5}),
        (Look(flow="several", heads=(0, 7, 99)), {0, 5}),
        (Look(flow="several"), {5, 6, 0, 1}),
        (Look(flow="several", heads=(7, 99)), {5, 6, 0, 1}),  # a layer that has none of them
    ],
)
def test_of_a_long_text_the_heads_that_are_drawn_are_sent(look: Look, heads: set[int]):
    assert drawn(look, 5, 7) == heads
