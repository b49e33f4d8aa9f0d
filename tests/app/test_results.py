"""Sessions share what they ask for, take turns, and leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import weakref
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest
from shiny import App

from attention_atlas.app import exploring, results
from attention_atlas.app.application import build
from attention_atlas.app.generating import DRAINING, UNFORESEEN, place
from attention_atlas.app.rooms import Rooms
from attention_atlas.app.settings import Settings
from attention_atlas.app.shared import Shared
from attention_atlas.app.state import Exploration
from attention_atlas.errors import NotEnoughMemory
from attention_atlas.models.model import Model
from people import Person, completed, shinys_lock, until

CAT, DOG, MAT = "the cat sat on the mat", "the dog sat on the mat", "how old are you ?"


@dataclass
class Passes:
    """The passes that were run, and a gate that they wait at behind their first layer."""

    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    made: list[weakref.ref[Any]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None

    def explore(
        self,
        model: Model,
        text: str,
        pair: str | None,
        on_layer: Callable[[int], None],
        cancel: threading.Event,
        layer_cache: Any,
    ) -> Exploration:
        self.begun.append(text)

        def wait(layer: int) -> None:
            on_layer(layer)
            while not self.gate.wait(0.005) and not cancel.is_set():
                pass

        try:
            if self.error is not None:
                wait(0)
                raise self.error
            explored = exploring.explore(model, text, pair, wait, cancel, layer_cache)
        finally:
            self.ended.append(text)
        self.made.append(weakref.ref(explored.trace))
        return explored


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Passes]:
    passes = Passes()
    monkeypatch.setattr(results, "explore", passes.explore)
    yield passes
    passes.gate.set()


class House:
    """An application with one model, and those who visit it."""

    def __init__(self, model: Model, **settings: Any) -> None:
        rooms = Rooms()
        rooms.bring(replace(model, name="embedded"))
        self.shared = Shared(Settings(model="embedded", **settings), rooms)
        self.app: App = build(self.shared)

    def run(self, visit: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def all_of_it() -> None:
            try:
                await visit()
            finally:
                for session in list(self.app._sessions.values()):
                    session._conn.cause_disconnect()  # pyright: ignore[reportAttributeAccessIssue]
                await until(lambda: not self.app._sessions)
                self.shared.close()

        with shinys_lock():
            completed(all_of_it())


@pytest.fixture
def house(tiny: Model) -> House:
    return House(tiny)


def has_asked(house: House, number: int) -> bool:
    return house.shared.passes.length == number - 1


def test_the_place_in_words():
    assert [place(before) for before in (0, 1, 2, 198)] == [
        "Yours is next",
        "1 sentence before yours",
        "2 sentences before yours",
        "198 sentences before yours",
    ]


def test_one_pass_at_a_time_and_the_page_shows_its_place(house: House, passes: Passes):
    async def visit() -> None:
        people = [Person(house.app) for _ in range(4)]
        for asked, (person, text) in enumerate(
            zip(people, (CAT, DOG, MAT, "the cat"), strict=True), start=1
        ):
            person.generate(text)
            await until(partial(has_asked, house, asked))
        await people[0].hears("aa-progress", stage="running", text="Layer 1 of 2", share=0.5)
        await people[1].hears("aa-progress", stage="queue", text="Yours is next", share=None)
        await people[2].hears("aa-progress", text="1 sentence before yours")
        await people[3].hears("aa-progress", text="2 sentences before yours")
        assert passes.begun == [CAT]
        passes.gate.set()
        for person in people:
            await person.hears("aa-progress", stage="done")
        assert passes.begun == passes.ended == [CAT, DOG, MAT, "the cat"]

    house.run(visit)


def test_who_stops_leaves_the_queue_at_once(house: House, passes: Passes):
    async def visit() -> None:
        first, second, third = (Person(house.app) for _ in range(3))
        first.generate(CAT)
        await first.hears("aa-progress", stage="running")
        second.generate(DOG)
        await second.hears("aa-progress", stage="queue")
        third.generate(MAT)
        await third.hears("aa-progress", text="1 sentence before yours")
        second.choose(stop=1)
        await second.hears("aa-progress", stage="stopped")
        await third.hears("aa-progress", text="Yours is next")
        passes.gate.set()
        await third.hears("aa-progress", stage="done")
        assert passes.begun == [CAT, MAT]
        assert second.heard("aa-progress")[-1] == {"stage": "stopped"}
        await second.is_shown(DOG)  # and may come again

    house.run(visit)


def test_a_newer_sentence_takes_the_place_of_the_one_that_waits(house: House, passes: Passes):
    async def visit() -> None:
        first, second = Person(house.app), Person(house.app)
        first.generate(CAT)
        await first.hears("aa-progress", stage="running")
        for text in (DOG, MAT, "the cat"):
            second.generate(text)
        await second.hears("aa-progress", text="Yours is next")
        passes.gate.set()
        await second.hears("aa-progress", stage="done")
        assert passes.begun == [CAT, "the cat"]
        assert [trace["text"] for trace in second.heard("aa-trace")] == ["the cat"]

    house.run(visit)


def test_a_newer_sentence_stops_the_one_that_runs(house: House, passes: Passes):
    async def visit() -> None:
        person = Person(house.app)
        person.generate(CAT)
        await person.hears("aa-progress", stage="running")
        person.generate(DOG)
        await until(lambda: passes.begun == [CAT, DOG])
        passes.gate.set()
        await person.hears("aa-progress", stage="done")
        assert [trace["text"] for trace in person.heard("aa-trace")] == [DOG]
        assert len(passes.made) == 1

    house.run(visit)


def test_the_same_sentence_is_run_once_for_all(house: House, passes: Passes):
    async def visit() -> None:
        people = [Person(house.app) for _ in range(5)]
        for person in people[:4]:
            person.generate(CAT)
            await person.hears("aa-progress", stage="running")  # who joins hears of it, too
        passes.gate.set()
        for person in people[:4]:
            await person.hears("aa-progress", stage="done")
        people[4].generate(CAT)
        await people[4].hears("aa-progress", stage="done")
        assert passes.begun == [CAT]
        assert len(house.shared.results) == 1
        keys = [person.heard("aa-trace")[0]["key"] for person in people]
        assert len(set(keys)) == 5  # what one hides in it is not hidden for another
        await people[0].is_shown(CAT, DOG)  # a pair is another text
        assert passes.begun == [CAT, CAT]

    house.run(visit)


def test_a_pass_ends_only_when_all_who_wait_have_left(house: House, passes: Passes):
    async def visit() -> None:
        first, second, third = (Person(house.app) for _ in range(3))
        for person in (first, second, third):
            person.generate(CAT)
            await person.hears("aa-progress", stage="running")
        first.choose(stop=1)
        await first.hears("aa-progress", stage="stopped")
        await second.leave()
        assert not passes.ended
        third.choose(stop=1)
        await until(lambda: passes.ended == [CAT])
        assert not passes.made
        passes.gate.set()
        await first.is_shown(CAT)
        assert passes.begun == [CAT, CAT]

    house.run(visit)


def test_an_error_in_a_shared_pass_reaches_all_who_wait(house: House, passes: Passes):
    async def visit() -> None:
        passes.error = NotEnoughMemory("There is no memory left.", "Shorten it.")
        people = [Person(house.app) for _ in range(3)]
        for person in people:
            person.generate(CAT)
            await person.hears("aa-progress", stage="running")
        passes.gate.set()
        for person in people:
            told = await person.hears("aa-progress", stage="failed")
            assert told["error"] == "There is no memory left. Shorten it."
        passes.error = None
        await people[0].is_shown(CAT)  # nobody is held up

    house.run(visit)


def test_what_nobody_foresaw_is_told_and_logged_and_holds_up_nobody(
    house: House, passes: Passes, caplog: pytest.LogCaptureFixture
):
    async def visit() -> None:
        passes.error = StopIteration("oops")
        passes.gate.set()
        person = Person(house.app)
        person.generate(CAT)
        told = await person.hears("aa-progress", stage="failed")
        assert told["error"] == UNFORESEEN
        passes.error = None
        await person.is_shown(CAT)

    with caplog.at_level(logging.CRITICAL, "attention_atlas"):
        house.run(visit)


def test_whoever_goes_away_in_the_middle_of_a_pass_stops_it(
    house: House, passes: Passes, caplog: pytest.LogCaptureFixture
):
    async def visit() -> None:
        gone, waits = Person(house.app), Person(house.app)
        gone.generate(CAT)
        await gone.hears("aa-progress", stage="running")
        waits.generate(DOG)
        await waits.hears("aa-progress", text="Yours is next")
        await gone.leave()
        await until(lambda: passes.begun == [CAT, DOG])
        passes.gate.set()
        await waits.hears("aa-progress", stage="done")
        assert len(passes.made) == 1  # that of the first was not gone through with
        assert len(house.shared.results) == 1

    house.run(visit)
    assert caplog.text == ""


SEEN = ("tokens-picture", "dot_product-picture", "predictions-picture", "predictions-lens",
        "atlas-picture", "masked_in_turn-picture", "across-rollout", "across-flow", "across-reach",
        "metrics-picture", "heads_table-picture", "explorer-picture")  # fmt: skip


def test_a_session_that_closes_frees_its_share_at_once(house: House, passes: Passes):
    """Without the garbage collector, which may take its time."""

    async def visit() -> None:
        passes.gate.set()
        stays = Person(house.app, seen=SEEN)
        await stays.is_shown(CAT)
        goes = Person(house.app, seen=SEEN)
        await goes.is_shown(DOG)
        await goes.hears("aa-picture", id="predictions-picture")
        await goes.hears("aa-picture", id="dot_product-picture")
        goes.choose(shown={"special": False, "words": True, "tau": 0.1})
        await until(lambda: not house.shared.busy() and not house.shared.drawing.running)
        both = house.shared.results.nbytes
        cat, dog = passes.made
        assert cat() is not None
        assert dog() is not None
        gc.collect()
        gc.disable()
        try:
            await goes.leave()
            await until(lambda: not house.shared.drawing.running)
            await asyncio.sleep(0)
            assert dog() is None
            assert cat() is not None
            assert len(house.shared.results) == 1
            assert house.shared.results.nbytes < both
        finally:
            gc.enable()
        await stays.leave()
        assert house.shared.results.nbytes == 0

    house.run(visit)


def test_another_sentence_frees_the_one_before(house: House, passes: Passes):
    async def visit() -> None:
        passes.gate.set()
        person = Person(house.app, seen=("tokens-picture",))
        await person.is_shown(CAT)
        await until(lambda: not house.shared.drawing.running)
        gc.disable()
        try:
            await person.is_shown(DOG)
            await person.hears("aa-picture", id="tokens-picture")
            await until(lambda: passes.made[0]() is None)
        finally:
            gc.enable()
        assert len(house.shared.results) == 1

    house.run(visit)


def test_who_was_idle_longest_is_told_that_the_room_was_needed(tiny: Model, passes: Passes):
    one = results.bytes_of(exploring.explore(tiny, CAT, None))
    house = House(tiny, cache_bytes=int(2.5 * one))

    async def visit() -> None:
        passes.gate.set()
        first, second, third = (Person(house.app, seen=("tokens-picture",)) for _ in range(3))
        await first.is_shown(CAT)
        await second.is_shown(DOG)
        first.choose(selection={"layer": 1, "head": 1, "token": 2})
        first.choose(seen=("tokens-picture", "dot_product-picture"))  # it is not idle
        await first.hears("aa-picture", id="dot_product-picture")
        await third.is_shown("the cat sat on a dog")
        await second.hears("aa-room")
        assert not first.heard("aa-room")
        assert not third.heard("aa-room")
        await until(lambda: house.shared.results.nbytes <= house.shared.settings.cache_bytes)
        await until(lambda: passes.made[1]() is None)
        await second.is_shown(DOG)  # everything works after it
        await second.hears("aa-picture", id="tokens-picture")
        await first.hears("aa-room")

    house.run(visit)


def test_the_one_just_made_is_kept_though_it_is_too_large(tiny: Model, passes: Passes):
    house = House(tiny, cache_bytes=1)

    async def visit() -> None:
        passes.gate.set()
        first, second = Person(house.app), Person(house.app)
        await first.is_shown(CAT)
        await second.is_shown(DOG)
        await first.hears("aa-room")
        assert not second.heard("aa-room")
        assert len(house.shared.results) == 1

    house.run(visit)


def test_looked_at_layers_go_before_any_result(tiny: Model, passes: Passes):
    explored = exploring.explore(tiny, CAT, None)
    one = results.bytes_of(explored)
    house = House(tiny, cache_bytes=2 * one + explored.trace.layers[0].nbytes)

    async def visit() -> None:
        passes.gate.set()
        first, second = (Person(house.app, seen=("dot_product-picture",)) for _ in range(2))
        await first.is_shown(CAT)
        await first.hears("aa-picture", id="dot_product-picture")
        assert house.shared.results.layer_cache.nbytes > 0
        await second.is_shown(DOG)
        assert not first.heard("aa-room")
        await second.hears("aa-picture", id="dot_product-picture")
        await until(lambda: house.shared.results.nbytes <= house.shared.settings.cache_bytes)

    house.run(visit)


def test_when_the_server_is_about_to_restart_nothing_new_begins(house: House, passes: Passes):
    async def visit() -> None:
        first, second = Person(house.app), Person(house.app)
        first.generate(CAT)
        await first.hears("aa-progress", stage="running")
        house.shared.draining = True
        second.generate(DOG)
        told = await second.hears("aa-progress", stage="failed")
        assert (told["error"], told["where"]) == (DRAINING, "page")
        assert house.shared.busy()
        assert not await house.shared.drained(0.01)
        passes.gate.set()
        assert await house.shared.drained(30)
        assert first.heard("aa-progress")[-1]["stage"] in ("done", "drawing")
        assert passes.begun == [CAT]

    house.run(visit)


@pytest.mark.parametrize("request_", [None, 7, "text", [1], {"text": None}, {"pair": 3}], ids=repr)
def test_a_request_may_be_anything(house: House, request_: Any):
    async def visit() -> None:
        person = Person(house.app)
        person.choose(generate=request_)
        person.choose(generate=request_)
        if request_ is not None:
            await person.hears("aa-progress", stage="failed", where="sentence")
        await person.is_shown(CAT)

    house.run(visit)
