"""Downloads that are ended from outside: by signals, by kill -9, and two processes at one model."""

from __future__ import annotations

import hashlib
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import attention_atlas as aa
from attention_atlas.models.progress import Progress
from restrained import COMMAND, environment, start
from served import free_port, wait_for
from stub_hub import StubHub

NAME = "owner/model"
WEIGHTS = "model.safetensors"
HELD = 9_000
STOPPED = (
    "attention-atlas: Stopped before the end, and nothing was written. What a download had brought "
    "is kept, and the next try goes on from there."
)


@pytest.fixture
def held(hub: StubHub, checkpoint_folder: Path) -> StubHub:
    """A hub that gives some of the weights and then falls silent."""
    hub.add(NAME, checkpoint_folder)
    hub.hold_after = HELD
    return hub


@pytest.fixture
def command(
    held: StubHub, cache: Path, tmp_path: Path
) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the command with the cache of this test; what is left of it ends with the test."""
    processes: list[subprocess.Popen[str]] = []

    def begin(*arguments: str | Path) -> subprocess.Popen[str]:
        env = environment(HF_HOME=cache.parent, HF_ENDPOINT=held.url, HOME=tmp_path)
        processes.append(start([*COMMAND, *arguments], env=env, cwd=tmp_path))
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def parts(cache: Path) -> list[int]:
    sizes: list[int] = []
    for part in cache.glob("models--owner--model/blobs/*.incomplete"):
        with suppress(FileNotFoundError):  # it is whole by now, and has another name
            sizes.append(part.stat().st_size)
    return sizes


def wait_for_the_first_bytes(cache: Path) -> None:
    wait_for(lambda: parts(cache) == [HELD], "the first bytes")


def check_the_next_try_goes_on(hub: StubHub, cache: Path) -> None:
    assert parts(cache) == [HELD]  # kept, and nothing that looks whole
    assert not [*cache.glob(f"**/{WEIGHTS}")]
    hub.hold_after = None
    hub.requests.clear()
    assert aa.load_model(NAME).source == "download"
    assert hub.ranges(WEIGHTS) == [f"bytes={HELD}-"]  # and no lock was in its way
    check_whole(hub, cache)


def check_whole(hub: StubHub, cache: Path) -> None:
    (weights,) = cache.glob(f"**/{WEIGHTS}")
    found = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert found == hashlib.sha256(hub.repositories[NAME].files[WEIGHTS]).hexdigest()
    assert parts(cache) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_command_that_is_ended_in_the_middle_of_a_download(
    number: signal.Signals,
    held: StubHub,
    cache: Path,
    command: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
) -> None:
    out = tmp_path / "out.npz"
    process = command("trace", "the cat sat", "--model", NAME, "--out", out)
    wait_for_the_first_bytes(cache)
    process.send_signal(number)
    _, said = process.communicate(timeout=120)
    if number == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 128 + number
        lines = [line for line in said.splitlines() if not line.startswith("Downloading ")]
        assert lines == [STOPPED]
    assert not out.exists()
    check_the_next_try_goes_on(held, cache)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_page_is_ended_in_the_middle_of_a_download(
    number: signal.Signals,
    held: StubHub,
    cache: Path,
    command: Callable[..., subprocess.Popen[str]],
) -> None:
    process = command("--model", NAME, "--port", str(free_port()), "--no-browser")
    wait_for_the_first_bytes(cache)
    process.send_signal(number)
    _, said = process.communicate(timeout=120)
    assert [line for line in said.splitlines() if not line.startswith("Downloading ")] == []
    check_the_next_try_goes_on(held, cache)


def test_two_processes_share_one_download_and_the_second_goes_on_if_the_first_is_killed(
    held: StubHub, cache: Path, command: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    first = command("trace", "the cat sat", "--model", NAME, "--out", tmp_path / "out.npz")
    wait_for_the_first_bytes(cache)
    seen: list[int] = []

    def kill_once_waited_for(now: Progress) -> None:
        small = sum(
            len(held.repositories[NAME].files[file]) for file in held.downloaded() - {WEIGHTS}
        )
        seen.append(now.done_bytes - small)
        if seen[-1] == HELD:  # what the first one has brought, and this one has not asked for
            assert held.ranges(WEIGHTS) == [None]
            held.hold_after = None
            first.kill()

    assert aa.load_model(NAME, progress=kill_once_waited_for).source == "download"
    assert HELD in seen
    assert held.ranges(WEIGHTS) == [None, f"bytes={HELD}-"]
    check_whole(held, cache)
