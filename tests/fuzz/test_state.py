"""Any value of what a page reports: the session goes on, and the terminal stays silent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shiny import Inputs, reactive
from websockets.exceptions import ConnectionClosed

from attention_atlas.app.exploring import explore
from attention_atlas.app.messages import INPUTS, HostileMessage
from attention_atlas.app.state import Exploration, State
from attention_atlas.errors import AttentionAtlasError
from attention_atlas.models.model import Model
from attention_atlas.views.figures.registry import FIGURES
from fuzzing import NUMBERS, TEXTS, WORDS_OF_LOOKS, examples, json_values
from served import Served, Visitor

NAMES = st.sampled_from(
    "layer head token measure words special tau of scale window flow heads least top part colour "
    "told painted arrange only sort sort_first projected direction use_head top_k hidden number "
    "view format columns theme overview across walk text pair".split()
)
VIEWS = st.sampled_from(list(FIGURES))
VALUES = st.sampled_from(WORDS_OF_LOOKS) | VIEWS | NUMBERS | TEXTS | st.lists(NUMBERS, max_size=4)
CHOICES = st.dictionaries(NAMES, VALUES | json_values(3), max_size=6) | json_values(4)
REPORTED = ("selection", "shown", "look", "seen")


@pytest.fixture(scope="module")
def explored(tiny: Model) -> Exploration:
    return explore(tiny, "the unaffable cat sat", "a dog")


@examples(100)
@given(reported=st.fixed_dictionaries(dict.fromkeys(REPORTED, CHOICES)))
def test_any_report_is_a_state(explored: Exploration, reported: dict[str, Any]) -> None:
    values = {}
    for name, value in reported.items():
        with suppress(HostileMessage):  # does not reach the state
            values[name] = reactive.Value(INPUTS[name](value))
    state = State(cast(Inputs, values))
    state.exploration.set(explored)
    with reactive.isolate():
        assert state.layer() in range(2)
        assert state.head() in range(3)
        assert state.token() in range(len(explored.trace.tokens))
        assert state.focused() is None or state.focused() == state.token()
        assert hash((state.shown(), state.look()))
        assert state.in_view("atlas-picture") in (True, False)
        with suppress(AttentionAtlasError):
            assert 0 < state.tau() <= 1


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    limits = ("--rate", "0", "--rate-per-address", "0")
    served = Served(tmp_path_factory.mktemp("server"), "--model", "embedded", *limits)
    served.wait_until_ready()
    yield served
    served.end()


PICTURES = ["tokens-picture", "explorer-picture", "predictions-picture", "across-picture"]


def begin(server: Served) -> Visitor:
    visitor = Visitor(server)
    visitor.set(seen=PICTURES)
    visitor.generate("the cat sat")
    return visitor


@examples(12)
@given(
    reports=st.lists(
        st.tuples(st.sampled_from((*REPORTED, "save_figure", "save_page", "generate")), CHOICES),
        min_size=5,
        max_size=10,
    )
)
def test_a_server_goes_on_whatever_its_pages_report(
    server: Served, reports: list[tuple[str, Any]]
) -> None:
    visitor = begin(server)
    for name, value in reports:
        try:
            INPUTS[name](value)
        except HostileMessage:
            continue  # ends its session, as tests/app/test_hostile_messages.py shows
        visitor.set(**{name: value})
    try:
        visitor.set(shown={}, look={}, selection={}, seen=PICTURES)
        visitor.generate("the dog")
    except ConnectionClosed as closed:  # pragma: no cover
        raise AssertionError(f"{reports}: {server.written()}") from closed
    finally:
        visitor.leave()
    said = [
        line for line in server.written().splitlines() if "Traceback" in line or "not be" in line
    ]
    assert not said, server.written()
