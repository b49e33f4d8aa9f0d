from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import attention_atlas as aa
from attention_atlas.cli import main
from checkpoints import make_checkpoint


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("cli"))


def test_help_answers_without_pytorch() -> None:
    code = (
        "import sys\n"
        "from attention_atlas.cli import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'torch', 'transformers', 'shiny', 'plotly', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "trace" in done.stdout
    assert "models" in done.stdout


def test_trace_writes_every_array_under_its_name(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "trace.npz"
    main(["trace", "the cat sat", "--pair", "a dog", "--model", str(folder), "--out", str(out)])

    trace = aa.trace(aa.load_model(str(folder)), "the cat sat", "a dog")
    with np.load(out, allow_pickle=False) as arrays:
        assert list(arrays["tokens.text"]) == [token.text for token in trace.tokens]
        np.testing.assert_array_equal(arrays["hidden_states"], trace.hidden_states)
        np.testing.assert_array_equal(arrays["embeddings.segment"], trace.embeddings.segment)
        for index in range(2):
            for name in ("query", "scores", "attention", "intermediate", "output"):
                np.testing.assert_allclose(
                    arrays[f"layers.{index}.{name}"],
                    getattr(trace.layers[index], name),
                    atol=1e-6,
                )
    assert [path.name for path in tmp_path.iterdir()] == ["trace.npz"]


def test_models_lists_what_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    main(["models"])
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("embedded ") and "6 × 12 × 384" in line for line in lines)
    assert any(line.startswith("bert-base-uncased ") and "MB" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--model", "./no-such-folder"],
            "There is no folder ./no-such-folder. Give a folder that holds a checkpoint, a hub id "
            'such as bert-base-uncased, or "embedded".',
        ),
        (
            ["trace", "   ", "--model", "{folder}", "--out", "{tmp}/x.npz"],
            "There is nothing to read in the text",
        ),
        (["trace", "a cat", "--model", "{folder}", "--out", "{tmp}/no/x.npz"], "cannot be written"),
    ],
)
def test_a_mistake_is_one_plain_sentence_and_exit_code_2(
    arguments: list[str],
    sentence: str,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    filled = [argument.format(folder=folder, tmp=tmp_path) for argument in arguments]
    with pytest.raises(SystemExit) as end:
        main(filled)
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("attention-atlas: ")
    assert sentence in said
    assert said.count("\n") == 1


def test_a_port_that_is_taken_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as end:
            main(["--model", "embedded", "--port", str(port), "--no-browser"])
    assert end.value.code == 2
    assert f"port {port}" in capsys.readouterr().err


def test_a_port_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--port", "99999"])
    assert end.value.code == 2
    assert "'99999' is not a port; give a number from 1 to 65535" in capsys.readouterr().err
