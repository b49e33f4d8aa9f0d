"""Folders that may be read and not written: the hub's cache, and a home."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

import attention_atlas as aa
from restrained import COMMAND, SEVERAL, environment, run
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
def locked(tmp_path: Path) -> Iterator[Path]:
    """A folder that a test may fill and then lock up."""
    folder = tmp_path / "locked"
    folder.mkdir()
    yield folder
    unlock(folder)


@pytest.fixture
def cache(locked: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's cache, in the folder that is going to be locked."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(locked / "hub"))
    return locked / "hub"


@pytest.fixture
def offered(hub: StubHub, cache: Path, checkpoint_folder: Path) -> StubHub:
    """A hub whose downloads go to that cache."""
    hub.add(NAME, checkpoint_folder)
    return hub


def trace_to(out: Path) -> list[str]:
    return ["trace", "the cat sat", "--model", NAME, "--out", str(out)]


def test_a_model_in_a_cache_that_cannot_be_written(
    offered: StubHub, locked: Path, tmp_path: Path
) -> None:
    aa.load_model(NAME)
    lock_up(locked)
    offered.requests.clear()
    env = environment(HF_HOME=locked, HF_ENDPOINT=offered.url, HOME=tmp_path)
    made = tmp_path / "made.npz"
    assert run([*COMMAND, *trace_to(made)], env=env, cwd=tmp_path) == (0, "", "")
    assert made.exists()
    assert offered.requests == []
    # Alike where no download is allowed, which needs neither PyTorch nor a second to be seen.
    env["HF_HUB_OFFLINE"] = "1"
    _, listed, _ = run([*COMMAND, "models"], env=env, cwd=tmp_path)
    assert listed.splitlines()[-1].split() == [NAME, "cached"]


def test_a_download_into_a_cache_that_cannot_be_written(
    offered: StubHub, locked: Path, tmp_path: Path
) -> None:
    lock_up(locked)
    env = environment(HF_HOME=locked, HF_ENDPOINT=offered.url, HOME=tmp_path)
    code, _, said = run([*COMMAND, *trace_to(tmp_path / "1.npz")], env=env, cwd=tmp_path)
    assert (code, said) == (
        2,
        f"attention-atlas: The download of '{NAME}' could not be written to {locked / 'hub'} "
        "(Permission denied). Make room or set HF_HOME to another folder. What has arrived is "
        "kept, and the next try goes on from there.\n",
    )
    assert offered.downloaded() == set()  # found out before anything came


def test_a_part_of_a_model_that_may_not_be_gone_on_with(
    offered: StubHub, cache: Path, locked: Path, tmp_path: Path
) -> None:
    aa.load_model(NAME)
    (weights,) = cache.glob("**/model.safetensors")
    blob = weights.resolve()
    blob.rename(blob.with_name(f"{blob.name}.incomplete"))
    weights.unlink()
    lock_up(locked)
    env = environment(HF_HOME=locked, HF_ENDPOINT=offered.url, HOME=tmp_path)
    code, _, said = run([*COMMAND, *trace_to(tmp_path / "2.npz")], env=env, cwd=tmp_path)
    assert code == 2
    assert said.splitlines()[-1].startswith(
        f"attention-atlas: The download of '{NAME}' could not be written to {cache} (Permission "
    )


def test_no_home_that_can_be_written(locked: Path, tmp_path: Path) -> None:
    """All that comes with the package works, and the terminal stays quiet."""
    lock_up(locked)
    embedded = ["the cat sat", "--model", "embedded", "--out"]
    outs = [str(tmp_path / f"made.{kind}") for kind in ("npz", "html", "svg")]
    commands = [
        ["models"],
        ["trace", *embedded, outs[0]],
        ["export", *embedded, outs[1]],
        ["figure", *embedded, outs[2], "--view", "attention-map"],
    ]
    env = environment(HOME=locked / "home", XDG_CACHE_HOME=None, XDG_CONFIG_HOME=None)
    _, out, said = run([*SEVERAL, json.dumps(commands)], env=env, cwd=tmp_path)
    assert json.loads(out.splitlines()[-1]) == [0] * len(commands)
    assert said == ""
    assert all(Path(made).stat().st_size > 0 for made in outs)
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
