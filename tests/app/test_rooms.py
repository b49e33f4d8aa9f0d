from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from attention_atlas.app.rooms import Room, Rooms
from attention_atlas.errors import DownloadCancelled, HubUnreachable
from attention_atlas.models import loading
from attention_atlas.models.progress import Progress


@pytest.fixture
def rooms() -> Iterator[Rooms]:
    rooms = Rooms()
    yield rooms
    rooms.close()


def until(check: Callable[[], bool]) -> None:
    waiting = threading.Event()
    for _ in range(2000):
        if check():
            return
        waiting.wait(0.005)
    raise AssertionError("it never came about")


def test_two_who_ask_share_one_load(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    loads: list[str] = []

    def load(name: str, **_: Any) -> str:
        loads.append(name)
        go.wait(5)
        return "the model"

    monkeypatch.setattr(loading, "load_model", load)
    rooms.ask("a")
    rooms.ask("a")
    go.set()
    until(lambda: rooms.look("a").status == "ready")
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
    rooms.ask("a")
    until(lambda: rooms.look("a").status == "failed")
    assert str(rooms.look("a").error) == "away"
    rooms.ask("a")
    until(lambda: rooms.look("a").status == "ready")


def test_a_download_shows_its_bytes_and_can_be_stopped(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(
        name: str, *, progress: Callable[[Progress], None], cancel: threading.Event, **_: Any
    ) -> None:
        progress(Progress("downloading", 3, 7, "model.safetensors"))
        assert cancel.wait(5)
        raise DownloadCancelled("stopped")

    monkeypatch.setattr(loading, "load_model", load)
    rooms.ask("a")
    until(lambda: rooms.look("a").done_bytes == 3)
    assert rooms.look("a").total_bytes == 7
    assert rooms.look("a").pending
    rooms.cancel("a")
    until(lambda: rooms.look("a").status == "failed")
    assert isinstance(rooms.look("a").error, DownloadCancelled)


def test_an_unforeseen_fault_is_a_plain_sentence_in_the_room(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def load(name: str, **_: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(loading, "load_model", load)
    rooms.ask("a")
    until(lambda: rooms.look("a").status == "failed")
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
        go.wait(5)
        return "the model"

    monkeypatch.setattr(loading, "load_model", load)
    rooms.ask("a folder")
    assert rooms.look("a folder").status == "waiting"
    go.set()
    until(lambda: rooms.look("a folder").status == "ready")
