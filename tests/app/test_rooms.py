from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from attention_atlas.app import rooms as rooms_module
from attention_atlas.app.rooms import Room, Rooms
from attention_atlas.errors import DownloadCancelled, HubUnreachable, ModelTooLarge
from attention_atlas.models import loading
from attention_atlas.models.progress import Progress
from served import wait_for


@pytest.fixture
def rooms() -> Iterator[Rooms]:
    rooms = Rooms()
    yield rooms
    rooms.close()


def test_two_who_ask_share_one_load(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    loads: list[str] = []

    def load(name: str, **_: Any) -> str:
        loads.append(name)
        go.wait(60)
        return "the model"

    monkeypatch.setattr(loading, "load_model", load)
    rooms.ask("a")
    rooms.ask("a")
    go.set()
    wait_for(lambda: rooms.look("a").status == "ready")
    assert rooms.look("a").model == "the model"
    assert loads == ["a"]


def test_a_failed_one_is_tried_again(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [HubUnreachable("away"), "the model"]

    def load(name: str, **_: Any) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(loading, "load_model", load)
    monkeypatch.setattr(rooms_module, "PAUSE_SECONDS", 0.0)
    rooms.ask("a")
    wait_for(lambda: rooms.look("a").status == "failed")
    assert str(rooms.look("a").error) == "away"
    rooms.ask("a")
    wait_for(lambda: rooms.look("a").status == "ready")


def test_a_download_shows_its_bytes_and_can_be_stopped(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(
        name: str, *, progress: Callable[[Progress], None], cancel: threading.Event, **_: Any
    ) -> None:
        progress(Progress("downloading", 3, 7, "model.safetensors"))
        assert cancel.wait(60)
        raise DownloadCancelled("stopped")

    monkeypatch.setattr(loading, "load_model", load)
    rooms.ask("a")
    wait_for(lambda: rooms.look("a").done_bytes == 3)
    assert rooms.look("a").total_bytes == 7
    assert rooms.look("a").pending
    rooms.cancel("a")
    wait_for(lambda: rooms.look("a").status == "failed")
    assert isinstance(rooms.look("a").error, DownloadCancelled)


def test_an_unforeseen_fault_is_a_plain_sentence_in_the_room(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def load(name: str, **_: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(loading, "load_model", load)
    rooms.ask("a")
    wait_for(lambda: rooms.look("a").status == "failed")
    assert str(rooms.look("a").error) == (
        "a could not be loaded for a reason this application did not foresee; "
        "the terminal it runs in says more."
    )
    assert "boom" in caplog.text


def test_a_model_nobody_asked_for_is_waiting(rooms: Rooms) -> None:
    assert rooms.look("a") == Room("a")


def test_a_model_that_is_here_is_never_said_to_be_looked_for(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def load(name: str, **_: Any) -> str:
        go.wait(60)
        return "the model"

    monkeypatch.setattr(loading, "load_model", load)
    rooms.ask("a folder")
    assert rooms.look("a folder").status == "waiting"
    go.set()
    wait_for(lambda: rooms.look("a folder").status == "ready")


def test_a_flood_of_tries_begins_one(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    """And that one waits until its time has come, unless it is stopped."""
    monkeypatch.setattr(rooms_module, "PAUSE_SECONDS", 3_600.0)
    tries: list[bool] = []

    def load(name: str, *, cancel: threading.Event, **_: Any) -> None:
        tries.append(cancel.is_set())
        raise DownloadCancelled("stopped") if cancel.is_set() else HubUnreachable("away")

    monkeypatch.setattr(loading, "load_model", load)
    rooms.ask("a")
    wait_for(lambda: rooms.look("a").status == "failed")
    for _ in range(200):
        rooms.ask("a")
    assert rooms.look("a").status == "waiting"
    assert tries == [False]
    rooms.cancel("a")
    wait_for(lambda: rooms.look("a").status == "failed")
    assert tries == [False, True]


def test_models_that_wait_for_their_time_hold_up_nobody(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms_module, "PAUSE_SECONDS", 3_600.0)

    def load(name: str, **_: Any) -> str:
        if name == "good":
            return "the model"
        raise HubUnreachable("away")

    monkeypatch.setattr(loading, "load_model", load)
    for name in ("a", "b", "c"):
        rooms.ask(name)
        wait_for(lambda name=name: rooms.look(name).status == "failed")
        rooms.ask(name)
    rooms.ask("good")
    wait_for(lambda: rooms.look("good").status == "ready")


def test_a_model_is_loaded_without_a_look_at_the_memory_only_if_that_is_asked_for(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms_module, "PAUSE_SECONDS", 0.0)

    def load(name: str, *, check_memory: bool, **_: Any) -> str:
        if check_memory:
            raise ModelTooLarge("a needs more", "Choose another.")
        return "the model"

    monkeypatch.setattr(loading, "load_model", load)
    for _ in range(2):
        rooms.ask("a")
        wait_for(lambda: rooms.look("a").status == "failed")
    rooms.ask("a", check_memory=False)
    wait_for(lambda: rooms.look("a").status == "ready")


def test_a_closed_application_stops_its_downloads_and_begins_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rooms = Rooms()
    stopped = threading.Event()
    loads: list[str] = []

    def load(name: str, *, cancel: threading.Event, **_: Any) -> None:
        loads.append(name)
        if cancel.wait(60):
            stopped.set()
        raise DownloadCancelled("stopped")

    monkeypatch.setattr(loading, "load_model", load)
    rooms.ask("a")
    wait_for(lambda: loads == ["a"])
    rooms.close()
    assert stopped.wait(60)
    assert rooms.ask("b") == Room("b")
    assert loads == ["a"]


def test_a_try_whose_time_has_not_come_ends_with_the_application(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rooms_module, "PAUSE_SECONDS", 3_600.0)
    rooms = Rooms()
    loads: list[str] = []

    def load(name: str, **_: Any) -> None:
        loads.append(name)
        raise HubUnreachable("away")

    monkeypatch.setattr(loading, "load_model", load)
    before = set(threading.enumerate())
    rooms.ask("a")
    wait_for(lambda: rooms.look("a").status == "failed")
    rooms.ask("a")
    rooms.close()
    wait_for(lambda: set(threading.enumerate()) <= before)
    assert loads == ["a"]
