"""The disk fills up: while a model arrives, and while a command writes what it made."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import attention_atlas as aa
from restrained import COMMAND, SEVERAL, environment, limit_files_to, run
from stub_hub import StubHub

NAME = "owner/model"
ROOM = 16_000  # more than each of the small files, less than the weights and than what is written


def test_a_model_that_does_not_fit_on_the_disk(
    hub: StubHub, cache: Path, checkpoint_folder: Path, tmp_path: Path
) -> None:
    files = hub.add(NAME, checkpoint_folder)
    weights = files["model.safetensors"]
    assert max(len(files[file]) for file in files if file != "model.safetensors") < ROOM
    assert len(weights) > ROOM
    env = environment(HF_HOME=cache.parent, HF_ENDPOINT=hub.url, HOME=tmp_path)
    command = [*COMMAND, "trace", "the cat sat", "--model", NAME, "--out", tmp_path / "out.npz"]
    code, _, said = run(command, env=env, cwd=tmp_path, before=limit_files_to(ROOM))
    assert code == 2
    assert said.splitlines()[-1] == (
        f"attention-atlas: The download of '{NAME}' could not be written to {cache} (File too "
        "large). Make room or set HF_HOME to another folder. What has arrived is kept, and the "
        "next try goes on from there."
    )
    assert [each.stat().st_size for each in cache.glob("**/*.incomplete")] == [ROOM]
    assert not [*cache.glob("**/model.safetensors")]
    assert not [*cache.glob("*/refs/*")]  # nobody is told that the model is there

    hub.requests.clear()
    assert aa.load_model(NAME).source == "download"
    assert hub.ranges("model.safetensors") == [f"bytes={ROOM}-"]
    (stored,) = cache.glob("**/model.safetensors")
    assert hashlib.sha256(stored.read_bytes()).digest() == hashlib.sha256(weights).digest()
    assert not [*cache.glob("**/*.incomplete")]


def test_what_a_command_writes_is_whole_or_not_there(
    checkpoint_folder: Path, tmp_path: Path
) -> None:
    home, outs = tmp_path / "home", tmp_path / "outs"
    home.mkdir()
    outs.mkdir()
    commands = [
        ["trace", "the cat sat on the mat", "--out", str(outs / "made.npz")],
        *(
            [
                "figure",
                "the cat sat",
                "--view",
                "attention-map",
                "--out",
                str(outs / f"made.{kind}"),
            ]
            for kind in ("svg", "pdf", "png")
        ),
        ["export", "the cat sat", "--out", str(outs / "made.html")],
    ]
    for arguments in commands:
        Path(arguments[-1]).write_text("of yesterday")
        arguments += ["--model", str(checkpoint_folder)]
    # Nothing is said either of Matplotlib's cache of fonts, which finds no room.
    env = environment(HOME=tmp_path, MPLCONFIGDIR=home)
    _, codes, said = run(
        [*SEVERAL, json.dumps(commands)], env=env, cwd=tmp_path, before=limit_files_to(4_000)
    )
    assert json.loads(codes) == [2] * len(commands), said
    assert len(said.splitlines()) == len(commands)
    for line, arguments in zip(said.splitlines(), commands, strict=True):
        out = Path(arguments[arguments.index("--out") + 1])
        assert line.startswith(f"attention-atlas: {out} cannot be written (File too large). ")
        assert "has room" in line
        assert out.read_text() == "of yesterday"
    assert len([*outs.iterdir()]) == len(commands)
