"""Folders that may be read and not written: the hub's cache, and a home."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from restrained import COMMAND, environment, run
from stub_hub import StubHub

NAME = "owner/model"


def lock_up(folder: Path) -> None:
    """Takes away every right to write below the folder."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o555 if path.is_dir() else 0o444)


def unlock(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink() and path.is_dir():
            path.chmod(0o755)


@pytest.fixture
def hub(checkpoint_folder: Path) -> Iterator[StubHub]:
    with StubHub() as stub:
        stub.add(NAME, checkpoint_folder)
        yield stub


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A folder that a test may fill and then lock up."""
    folder = tmp_path / "locked"
    folder.mkdir()
    yield folder
    unlock(folder)


def trace_to(out: Path, name: str = NAME) -> list[str | Path]:
    return [*COMMAND, "trace", "the cat sat", "--model", name, "--out", out]


@pytest.mark.parametrize("offline", ["0", "1"])
def test_a_model_in_a_cache_that_cannot_be_written(
    offline: str, hub: StubHub, locked: Path, tmp_path: Path
) -> None:
    env = environment(HF_HOME=locked / "hf", HF_ENDPOINT=hub.url, HOME=tmp_path)
    code, _, said = run(trace_to(tmp_path / "1.npz"), env=env, cwd=tmp_path)
    assert code == 0, said
    lock_up(locked)
    hub.requests.clear()
    env["HF_HUB_OFFLINE"] = offline
    assert run(trace_to(tmp_path / "2.npz"), env=env, cwd=tmp_path) == (0, "", "")
    assert hub.requests == []


def test_a_download_into_a_cache_that_cannot_be_written(
    hub: StubHub, locked: Path, tmp_path: Path
) -> None:
    lock_up(locked)
    env = environment(HF_HOME=locked / "hf", HF_ENDPOINT=hub.url, HOME=tmp_path)
    code, _, said = run(trace_to(tmp_path / "1.npz"), env=env, cwd=tmp_path)
    assert (code, said) == (
        2,
        f"attention-atlas: The download of '{NAME}' could not be written to "
        f"{locked / 'hf' / 'hub'} (Permission denied). Make room or set HF_HOME to another folder. "
        "What has arrived is kept, and the next try goes on from there.\n",
    )
    assert hub.ranges("model.safetensors") == []  # found out before the weights came


def test_a_cache_of_somebody_else_with_a_part_of_the_model(
    hub: StubHub, locked: Path, tmp_path: Path
) -> None:
    """A download that broke off lies there, and may not be gone on with."""
    env = environment(HF_HOME=locked / "hf", HF_ENDPOINT=hub.url, HOME=tmp_path)
    run(trace_to(tmp_path / "1.npz"), env=env, cwd=tmp_path)
    (weights,) = locked.glob("**/model.safetensors")
    blob = weights.resolve()
    blob.rename(blob.with_name(f"{blob.name}.incomplete"))
    weights.unlink()
    lock_up(locked)
    code, _, said = run(trace_to(tmp_path / "2.npz"), env=env, cwd=tmp_path)
    assert code == 2
    assert said.splitlines()[-1].startswith(
        f"attention-atlas: The download of '{NAME}' could not be written to {locked / 'hf' / 'hub'}"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("models",),
        ("trace", "the cat sat", "--model", "embedded", "--out", "made.npz"),
        ("export", "the cat sat", "--model", "embedded", "--out", "made.html"),
        (
            "figure",
            "the cat",
            "--model",
            "embedded",
            "--view",
            "attention-map",
            "--out",
            "made.svg",
        ),
        (
            "figure",
            "the cat",
            "--model",
            "embedded",
            "--view",
            "attention-map",
            "--out",
            "made.png",
        ),
    ],
    ids=["models", "trace", "export", "svg", "png"],
)
def test_no_home_that_can_be_written(
    arguments: tuple[str, ...], locked: Path, tmp_path: Path
) -> None:
    """All that comes with the package works, and the terminal stays quiet."""
    lock_up(locked)
    env = environment(HOME=locked / "home", XDG_CACHE_HOME=None, XDG_CONFIG_HOME=None)
    code, _, said = run([*COMMAND, *arguments], env=env, cwd=tmp_path)
    assert (code, said) == (0, "")
    assert arguments == ("models",) or (tmp_path / arguments[-1]).stat().st_size > 0
    assert not [*locked.iterdir()]


def test_the_process_of_these_tests_is_held_to_the_modes_of_files(
    locked: Path, tmp_path: Path
) -> None:
    """Else root would pass all of them without a defence."""
    lock_up(locked)
    code, _, said = run(
        [shutil.which("touch") or "touch", locked / "file"], env=dict(os.environ), cwd=tmp_path
    )
    assert code != 0
    assert "ermission denied" in said
