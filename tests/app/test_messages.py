"""What a page may say: each message that ours sends comes through, and no other."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

import attention_atlas
from attention_atlas.app import messages
from attention_atlas.app.messages import INPUTS, Filtered, HostileMessage, checked
from attention_atlas.views.look import DEFAULT_LOOK, plain
from people import completed

STATIC = Path(attention_atlas.__file__).parent / "app" / "static"
OPENING = json.dumps({"method": "init", "data": {".clientdata_url_hash": "#text=secret"}})


def update(**data: Any) -> str:
    return json.dumps({"method": "update", "data": data})


def inputs(message: str) -> dict[str, Any]:
    return json.loads(message)["data"]


def test_the_page_sends_no_input_that_is_not_known() -> None:
    said: set[str] = set()
    for script in STATIC.glob("*.js"):
        text = script.read_text(encoding="utf-8")
        said |= set(re.findall(r"(?:report|happen|setInputValue)\(\"(\w+)\"", text))
    assert {"selection", "generate", "seen", "wanted_model"} <= said
    assert said <= set(INPUTS)


def test_what_ours_sends_comes_through() -> None:
    look = {**plain(DEFAULT_LOOK), "hidden": list(range(512)), "of": "63fa62d2a45562cb"}
    data = {
        "selection": {"layer": 3, "head": 1, "token": -1},
        "shown": {"measure": "weights", "words": False, "special": True, "tau": 0.01},
        "look": look,
        "seen": ["first_visit-arcs", "tokens-picture"],
        "generate": {"text": "a dog\n" * 10_000, "pair": "", "token": -1},
        "save_figure": {"view": "lens", "theme": "light", "columns": 1, "number": 1},
        "wanted_model": "/home/me/a folder",
    }
    assert inputs(checked(update(**data), first=False)) == data
    # Of a button it only counts that it was pressed.
    assert inputs(checked(update(mask_all="the text", stop=[1]), first=False)) == {
        "mask_all": 1,
        "stop": 1,
    }


def test_what_is_not_known_is_dropped() -> None:
    sent = update(**{"x": 1, ".clientdata_url_hash": "#text=secret", "seen:shiny.file": ["a"]})
    assert inputs(checked(sent, first=False)) == {}
    assert inputs(checked(OPENING, first=True)) == {}
    many = {f"name {number}": number for number in range(100_000)}
    assert inputs(checked(update(**many), first=False)) == {}


HOSTILE = [
    "",
    "\x00",
    "{",
    "not json",
    "null",
    "7",
    '"update"',
    "[]",
    "[[[" * 200_000,
    '{"method":' * 50_000,
    "9" * 100_000,
    "NaN",
    "{}",
    '{"method": null, "data": {}}',
    '{"method": ["update"], "data": {}}',
    '{"method": "update"}',
    '{"method": "update", "data": []}',
    '{"method": "update", "data": "seen"}',
    '{"method": "init", "data": {}}',
    '{"method": "uploadInit", "args": [[{"name": "a", "size": 1, "type": ""}]], "tag": 1}',
    '{"method": "uploadEnd", "args": ["1", "seen"], "tag": 1}',
    '{"method": "__class__", "args": [], "tag": 1}',
    update(selection=[1, 2]),
    update(selection="a"),
    update(selection=None),
    update(shown=7),
    update(look={"hidden": list(range(3_000))}),
    update(look={"a": {"b": {"c": {"d": {"e": 1}}}}}),
    update(look={"a" * 2_000: 1}),
    update(look={"colour": "a" * 2_000}),
    update(seen={"a": 1}),
    update(seen=[1]),
    update(seen=["a"] * 3_000),
    update(generate="a dog"),
    update(generate=None),
    update(generate={"text": 7}),
    update(generate={"text": ["a"]}),
    update(generate={"text": {"a": "b"}}),
    update(generate={"text": "a", "pair": 1.5}),
    update(generate={"text": "a", "more": "b" * 2_000}),
    update(wanted_model=7),
    update(wanted_model={"a": 1}),
    update(wanted_model="a" * 10_000),
    update(save_figure=[1]),
    update(save_figure={"number": 10**400}),
    update(selection={"layer": 10**30}),
    '{"method": "update", "data": {"selection": {"layer": NaN}}}',
    '{"method": "update", "data": {"selection": {"layer": -Infinity}}}',
    '{"method": "update", "data": {"selection": {"layer": 1e999}}}',
    '{"method": "update", "data": {"selection": {"layer": %s}}}' % ("9" * 5_000),
]


@pytest.mark.parametrize("message", HOSTILE, ids=range(len(HOSTILE)))
def test_what_none_of_ours_sends_is_hostile(message: str) -> None:
    with pytest.raises(HostileMessage):
        checked(message, first=False)


def test_a_session_is_opened_once_and_first() -> None:
    with pytest.raises(HostileMessage):
        checked(update(), first=True)
    with pytest.raises(HostileMessage):
        checked(OPENING, first=False)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
    max_leaves=30,
)


@given(st.sampled_from(sorted(INPUTS)), anything)
def test_any_value_of_any_input_is_taken_or_refused(name: str, value: Any) -> None:
    try:
        found = checked(update(**{name: value}), first=False)
    except HostileMessage:
        return
    assert set(inputs(found)) == {name}


@given(anything)
def test_any_message_is_taken_or_refused(value: Any) -> None:
    try:
        checked(json.dumps(value), first=False)
    except HostileMessage:
        return


class Line:
    """A websocket whose other end says what it is told to."""

    def __init__(self, *said: Message) -> None:
        self._said = list(said)
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        if not self._said:
            await asyncio.Event().wait()
        return self._said.pop(0)

    async def send(self, message: Message) -> None:
        self.sent.append(message)


def text(message: str) -> Message:
    return {"type": "websocket.receive", "text": message}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (text("nonsense"), 1008),
        (text(update()), 1008),
        ({"type": "websocket.receive", "bytes": b"\x00" * 100}, 1003),
        ({"type": "websocket.receive"}, 1003),
    ],
)
def test_a_hostile_message_ends_the_connection_on_both_sides(said: Message, code: int) -> None:
    line = Line({"type": "websocket.connect"}, said, text(OPENING))

    async def talk() -> list[Message]:
        filtered = Filtered(line.receive, line.send, paced=False)
        heard = [await filtered.receive() for _ in range(4)]
        await filtered.send({"type": "websocket.send", "text": "too late"})
        return heard

    types = [message["type"] for message in completed(talk())]
    assert types == ["websocket.connect", *["websocket.disconnect"] * 3]
    assert [(one["type"], one["code"]) for one in line.sent] == [("websocket.close", code)]


def test_who_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "OPENING_SECONDS", 0.01)
    line = Line({"type": "websocket.connect"})

    async def talk() -> list[Message]:
        filtered = Filtered(line.receive, line.send, paced=False)
        return [await filtered.receive() for _ in range(2)]

    assert completed(talk())[1]["type"] == "websocket.disconnect"
    assert line.sent[0]["code"] == 1002


def test_who_says_much_is_slowed_down_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(messages.asyncio, "sleep", sleep)

    def flood(*, paced: bool) -> None:
        line = Line(text(OPENING), *[text(update(stop=1))] * 1_000)

        async def talk() -> None:
            filtered = Filtered(line.receive, line.send, paced=paced)
            for _ in range(1_001):
                assert (await filtered.receive())["type"] == "websocket.receive"

        completed(talk())

    flood(paced=False)
    assert not slept
    flood(paced=True)
    assert len(slept) > 500
