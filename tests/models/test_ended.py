"""Downloads that are ended from outside: by signals, by kill -9, and two processes at one model."""

from __future__ import annotations

import hashlib
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from restrained import COMMAND, environment, start
from stub_hub import StubHub

NAME = "owner/model"
WEIGHTS = "model.safetensors"
HELD = 9_000
STOPPED = (
    "attention-atlas: Stopped before the end, and nothing was written. What a download had brought "
    "is kept, and the next try goes on from there."
)


@pytest.fixture
def served(checkpoint_folder: Path) -> Iterator[StubHub]:
    """A hub that gives some of the weights and then falls silent."""
    with StubHub() as hub:
        hub.add(NAME, checkpoint_folder)
        hub.hold_after = HELD
        yield hub


@pytest.fixture
def started(served: StubHub, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the command on the hub; whatever is left of it ends with the test."""
    processes: list[subprocess.Popen[str]] = []

    def begin(*arguments: str | Path) -> subprocess.Popen[str]:
        env = environment(HF_HOME=tmp_path / "hf", HF_ENDPOINT=served.url, HOME=tmp_path)
        processes.append(start([*COMMAND, *arguments], env=env, cwd=tmp_path))
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def trace_to(out: Path) -> tuple[str | Path, ...]:
    return ("trace", "the cat sat", "--model", NAME, "--out", out)


def wait_until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)  # between looks at another process


def arrived(folder: Path) -> Callable[[], bool]:
    def look() -> bool:
        parts = [*folder.glob("hf/hub/**/*.incomplete")]
        return [part.stat().st_size for part in parts] == [HELD]

    return look


def check_whole(folder: Path, hub: StubHub) -> None:
    (weights,) = folder.glob(f"hf/hub/**/{WEIGHTS}")
    found = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert found == hashlib.sha256(hub.repositories[NAME].files[WEIGHTS]).hexdigest()
    assert not [*folder.glob("hf/hub/**/*.incomplete")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_command_that_is_ended_in_the_middle_of_a_download(
    number: signal.Signals,
    served: StubHub,
    started: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
) -> None:
    out = tmp_path / "out.npz"
    process = started(*trace_to(out))
    wait_until(arrived(tmp_path), "the first bytes")
    process.send_signal(number)
    _, said = process.communicate(timeout=10)
    if number == signal.SIGKILL:
        assert process.returncode == -9
    else:
        assert process.returncode == 128 + number
        lines = [line for line in said.splitlines() if not line.startswith("Downloading ")]
        assert lines == [STOPPED]
    assert arrived(tmp_path)()  # kept, and nothing that looks whole
    assert not [*tmp_path.glob(f"hf/hub/**/{WEIGHTS}")]
    assert not out.exists()

    served.hold_after = None
    served.requests.clear()
    again = started(*trace_to(out))
    _, said = again.communicate(timeout=60)
    assert again.returncode == 0, said
    assert served.ranges(WEIGHTS) == [f"bytes={HELD}-"]  # and no lock was in its way
    check_whole(tmp_path, served)
    assert out.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_page_is_ended_in_the_middle_of_a_download(
    number: signal.Signals,
    served: StubHub,
    started: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    process = started("--model", NAME, "--port", port, "--no-browser")
    wait_until(arrived(tmp_path), "the first bytes")
    process.send_signal(number)
    _, said = process.communicate(timeout=10)
    assert "Traceback" not in said
    assert arrived(tmp_path)()
    assert not [*tmp_path.glob(f"hf/hub/**/{WEIGHTS}")]


def test_two_processes_share_one_download(
    served: StubHub, started: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    first = started(*trace_to(tmp_path / "1.npz"))
    wait_until(arrived(tmp_path), "the first bytes")
    second = started(*trace_to(tmp_path / "2.npz"))
    heads = f"/{NAME}/resolve/"
    wait_until(
        lambda: (
            sum(
                r.method == "HEAD" and r.path.endswith(WEIGHTS) and heads in r.path
                for r in served.requests
            )
            == 2
        ),
        "the second one to ask",
    )
    assert second.poll() is None
    assert served.ranges(WEIGHTS) == [None]  # it waits, and downloads nothing

    first.kill()
    served.hold_after = None
    first.wait()
    _, said = second.communicate(timeout=60)
    assert second.returncode == 0, said
    assert served.ranges(WEIGHTS) == [None, f"bytes={HELD}-"]
    check_whole(tmp_path, served)
    assert "Downloading" in said  # it showed how far the first one was
