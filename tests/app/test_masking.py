from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from attention_atlas.app.drawing import Painter
from attention_atlas.app.sections.masking import Masking, Reading
from attention_atlas.app.state import State
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.look import DEFAULT_LOOK, Look


@dataclass
class Chosen:
    """What a person has chosen, as `State` tells it."""

    traced: Trace
    focus: int = 2
    chosen: Look = DEFAULT_LOOK

    def trace(self) -> Trace:
        return self.traced

    def token(self) -> int:
        return self.focus

    def look(self) -> Look:
        return self.chosen

    def on_forget(self, callback: Callable[[], None]) -> None: ...

    def choose(self, **choices: Any) -> None:
        self.chosen = replace(self.chosen, **choices)


class Queueless:
    """In the painter's place: nobody else waits for a pass."""

    def count(self, nbytes: Callable[[], int]) -> None: ...


@pytest.fixture
def chosen(tiny: Model) -> Chosen:
    return Chosen(trace(tiny, "the cat sat on"))


@pytest.fixture
def masking(chosen: Chosen) -> Masking:
    return Masking(cast(State, chosen), cast(Painter, Queueless()))


def seen(masking: Masking) -> tuple[Reading, list[str]]:
    now = masking.reading()
    return now, [token.text for token in masking.read(now).tokens[1:-1]]


def test_the_focused_word_is_hidden_until_the_person_chooses(chosen: Chosen, masking: Masking):
    now, texts = seen(masking)
    assert (now.follows, texts) == (True, "the [MASK] sat on".split())
    chosen.focus = 3
    assert seen(masking)[1] == "the cat [MASK] on".split()
    chosen.choose(hidden=(1, 4))
    now, texts = seen(masking)
    assert (now.follows, texts) == (False, "[MASK] cat sat [MASK]".split())
    chosen.focus = 2  # what was chosen stays
    assert seen(masking)[1] == texts
    chosen.choose(hidden=())
    assert seen(masking)[1] == "the cat sat on".split()
    chosen.choose(hidden=None)
    assert seen(masking)[1] == "the [MASK] sat on".split()


@pytest.mark.parametrize(
    ("asked", "hidden"),
    [((0, 1, 99), {1}), ((1, 4), {1, 4}), ((0, 5), set())],  # 0 and 5 are [CLS] and [SEP]
)
def test_only_words_that_are_there_are_hidden(
    chosen: Chosen, masking: Masking, asked: tuple[int, ...], hidden: set[int]
):
    chosen.choose(hidden=asked)
    assert masking.reading().hidden == hidden


def test_nothing_is_hidden_while_the_head_is_off(chosen: Chosen, masking: Masking):
    chosen.choose(use_head=False)
    now, texts = seen(masking)
    assert (now.use_head, texts) == (False, "the cat sat on".split())


def test_how_many_predictions(chosen: Chosen, masking: Masking):
    assert masking.reading().top_k == 5
    chosen.choose(top_k=7)
    assert masking.reading().top_k == 7
