from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from attention_atlas.app.sections.masking import Masking, Reading
from attention_atlas.app.state import State
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace


@dataclass
class Chosen:
    """What a person has chosen, as `State` tells it."""

    traced: Trace
    focus: int = 2
    options: dict[str, Any] = field(default_factory=dict)

    def trace(self) -> Trace:
        return self.traced

    def token(self) -> int:
        return self.focus

    def option(self, name: str, default: Any) -> Any:
        return self.options.get(name, default)


@pytest.fixture
def chosen(tiny: Model) -> Chosen:
    return Chosen(trace(tiny, "the cat sat on"))


@pytest.fixture
def masking(chosen: Chosen) -> Masking:
    return Masking(cast(State, chosen))


def seen(masking: Masking) -> tuple[Reading, list[str]]:
    now = masking.reading()
    return now, [token.text for token in masking.read(now).tokens[1:-1]]


def test_the_focused_word_is_hidden_until_the_person_chooses(chosen: Chosen, masking: Masking):
    now, texts = seen(masking)
    assert (now.follows, texts) == (True, "the [MASK] sat on".split())
    chosen.focus = 3
    assert seen(masking)[1] == "the cat [MASK] on".split()
    chosen.options["masked"] = {"of": now.of, "positions": [1, 4]}
    now, texts = seen(masking)
    assert (now.follows, texts) == (False, "[MASK] cat sat [MASK]".split())
    chosen.focus = 2  # what was chosen stays
    assert seen(masking)[1] == texts
    chosen.options["masked"] = {"of": now.of, "positions": []}
    assert seen(masking)[1] == "the cat sat on".split()
    chosen.options["masked"] = {"of": now.of, "positions": None}
    assert seen(masking)[1] == "the [MASK] sat on".split()


def test_a_choice_ends_with_its_sentence(chosen: Chosen, masking: Masking, tiny: Model):
    chosen.options["masked"] = {"of": masking.reading().of, "positions": [1, 4]}
    assert seen(masking)[1] == "[MASK] cat sat [MASK]".split()
    chosen.traced = trace(tiny, "a dog sat on")
    assert seen(masking)[1] == "a [MASK] sat on".split()


@pytest.mark.parametrize(
    ("given", "hidden"),
    [
        ([0, 1, 99, -2, "2", None, True], {1}),  # no special token, no position that is not there
        ((1, 4), {1, 4}),
        ("12", {2}),
        ({"1": 2}, {2}),
    ],
)
def test_only_words_that_are_there_can_be_chosen(
    chosen: Chosen, masking: Masking, given: object, hidden: set[int]
):
    chosen.options["masked"] = {"of": masking.reading().of, "positions": given}
    assert masking.reading().hidden == hidden


def test_nothing_is_hidden_while_the_head_is_off(chosen: Chosen, masking: Masking):
    chosen.options["use_head"] = False
    now, texts = seen(masking)
    assert (now.use_head, texts) == (False, "the cat sat on".split())


@pytest.mark.parametrize(
    ("given", "top_k"), [(None, 5), (1, 1), (20, 20), (0, 1), (21, 20), ("7", 5)]
)
def test_how_many_predictions(chosen: Chosen, masking: Masking, given: object, top_k: int):
    if given is not None:
        chosen.options["top_k"] = given
    assert masking.reading().top_k == top_k
