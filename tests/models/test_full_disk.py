"""The disk fills up: while a model arrives, and while a command writes what it made."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from restrained import COMMAND, environment, limit_files_to, run
from stub_hub import StubHub

NAME = "owner/model"
ROOM = 16_000  # more than each of the small files, less than the weights and than what is written


def test_a_model_that_does_not_fit_on_the_disk(checkpoint_folder: Path, tmp_path: Path) -> None:
    with StubHub() as hub:
        files = hub.add(NAME, checkpoint_folder)
        weights = files["model.safetensors"]
        assert max(len(files[file]) for file in files if file != "model.safetensors") < ROOM
        assert len(weights) > ROOM
        env = environment(HF_HOME=tmp_path / "hf", HF_ENDPOINT=hub.url, HOME=tmp_path)
        command = [*COMMAND, "trace", "the cat sat", "--model", NAME, "--out", tmp_path / "out.npz"]

        code, _, said = run(command, env=env, cwd=tmp_path, before=limit_files_to(ROOM))
        assert code == 2
        assert said.splitlines()[-1] == (
            f"attention-atlas: The download of '{NAME}' could not be written to "
            f"{tmp_path / 'hf' / 'hub'} (File too large). Make room or set HF_HOME to another "
            "folder. What has arrived is kept, and the next try goes on from there."
        )
        assert [each.stat().st_size for each in tmp_path.glob("hf/**/*.incomplete")] == [ROOM]
        assert not [*tmp_path.glob("hf/**/model.safetensors")]
        assert not [*tmp_path.glob("hf/hub/*/refs/*")]  # nobody is told that the model is there

        hub.requests.clear()
        code, _, said = run(command, env=env, cwd=tmp_path)
        assert code == 0, said
        assert hub.ranges("model.safetensors") == [f"bytes={ROOM}-"]
        (stored,) = tmp_path.glob("hf/**/model.safetensors")
        assert hashlib.sha256(stored.read_bytes()).digest() == hashlib.sha256(weights).digest()
        assert not [*tmp_path.glob("hf/**/*.incomplete")]


@pytest.mark.parametrize(
    "arguments",
    [
        ("trace", "the cat sat on the mat", "--out", "made.npz"),
        ("figure", "the cat sat", "--view", "attention-map", "--out", "made.svg"),
        ("figure", "the cat sat", "--view", "attention-map", "--out", "made.pdf"),
        ("export", "the cat sat", "--out", "made.html"),
    ],
    ids=["trace", "svg", "pdf", "export"],
)
def test_what_a_command_writes_is_whole_or_not_there(
    arguments: tuple[str, ...], checkpoint_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / arguments[-1]
    out.write_text("of yesterday")
    command = [*COMMAND, *arguments, "--model", checkpoint_folder]
    env = environment(HOME=tmp_path / "home", MPLCONFIGDIR=tmp_path / "no" / "cache")
    (tmp_path / "no").mkdir(mode=0o500)
    code, _, said = run(command, env=env, cwd=tmp_path, before=limit_files_to(4_000))
    assert code == 2, said
    assert said.splitlines() == [said.strip()]  # one line
    assert said.startswith("attention-atlas: ")
    assert "cannot be written (File too large)" in said
    assert "has room" in said
    assert out.read_text() == "of yesterday"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["no", out.name])
