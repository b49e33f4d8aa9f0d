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
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=180)
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
    said = capsys.readouterr().err
    free = int(said.split()[-1])
    assert said == (
        f"attention-atlas: Port {port} is taken. Port {free} is free: "
        f"attention-atlas --port {free}\n"
    )


def test_a_port_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--port", "99999"])
    assert end.value.code == 2
    assert "'99999' is not a port; give a number from 1 to 65535" in capsys.readouterr().err


FIGURE = ["figure", "the unaffable cat", "--model"]


def command(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    code = "import sys; from attention_atlas.cli import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, timeout=180, check=False
    )


def test_figure_writes_a_file_and_says_nothing(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "head.svg"
    chosen = ["--view", "attention-map", "--layer", "2", "--head", "3", "--token", "cat"]
    done = command(*FIGURE, str(folder), *chosen, "--out", str(out))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    svg = out.read_text("utf-8")
    assert svg.startswith("<?xml")
    assert "layer 2, head 3 (counted from 1)" in svg
    assert "focused: “cat” at position 5" in svg
    assert [path.name for path in tmp_path.iterdir()] == ["head.svg"]


def test_figure_gives_the_numbers_of_the_head_counted_from_1(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "head.npz"
    main([*FIGURE, str(folder), "--layer", "2", "--head", "3", "--out", str(out)])
    trace = aa.trace(aa.load_model(str(folder)), "the unaffable cat")
    with np.load(out, allow_pickle=False) as arrays:
        np.testing.assert_allclose(
            arrays["attention"], trace.layers[1].attention[2], rtol=1e-5, atol=1e-7
        )


def test_figure_gives_the_bytes_alone_on_the_standard_output(folder: Path) -> None:
    done = command(*FIGURE, str(folder), "--out", "-", "--format", "png", "--columns", "2")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"\x89PNG\r\n\x1a\n")
    assert done.stdout.endswith(b"IEND\xaeB`\x82")
    assert int.from_bytes(done.stdout[16:20], "big") == 2025


def test_figure_takes_what_can_be_set_of_a_view(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "flow.csv"
    main(
        [
            *FIGURE, str(folder), "--view", "attention-flow", "--flow", "several", "--heads", "1,3",
            "--show", "norms", "--words", "--no-special", "--top", "2", "--least", "0.1",
            "--out", str(out),
        ]
    )  # fmt: skip
    lines = out.read_text("utf-8").splitlines()
    assert lines[0] == "head,head.label,from,from.label,to,to.label,value"
    assert lines[1].startswith("0,head 1,0,the,0,the,")
    assert lines[-1].startswith("1,head 3,2,cat,2,cat,")
    assert len(lines) == 1 + 2 * 3 * 3


def test_figure_lists_its_views_without_pytorch() -> None:
    code = (
        "import sys\n"
        "from attention_atlas.cli import main\n"
        "try:\n    main(['figure', '--list'])\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'torch', 'transformers', 'shiny', 'plotly', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=180)
    assert (done.returncode, done.stderr) == (0, "")
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert {"attention-map", "attention-flow", "head-atlas", "rollout"} <= set(names)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--layer", "3"], "Choose 1 to 2; a command counts layers from 1, as the page does."),
        (["--layer", "0"], "There is no layer 0"),
        (["--head", "4"], "There is no head 4: each layer of"),
        (["--view", "heatmap"], "There is no view 'heatmap'. Choose one of tokens,"),
        (["--token", "dog"], "There is no token 'dog' in the text. It was read as [CLS], the, un,"),
        (["--token", "7"], "There is no token 7: the text has 7. Choose 0 to 6."),
        (["--show", "beauty"], "A head has no 'beauty' to show."),
        (["--scale", "cubic"], "scale cannot be 'cubic'. Choose one of auto, linear, root, log."),
        (["--columns", "3"], "A figure cannot be 3 columns wide."),
        (["--theme", "sepia"], "There is no theme 'sepia'."),
        (["--window", "0,0"], "--window takes three whole numbers"),
        (["--flow", "several", "--heads", "0"], "--heads counts heads from 1"),
        (["--flow", "several", "--heads", "1,4"], "There is no head 4: each layer of"),
        (["--tau", "2", "--view", "metrics"], "tau cannot be 2.0."),
        (["--out", "-"], "--out - does not say what to write. Give --format one of svg, pdf,"),
        (
            ["--out", "{tmp}/x.gif"],
            "x.gif does not say what to write. Let the name end with one of",
        ),
        (["--out", "{tmp}/no/x.svg"], "cannot be written (No such file or directory)."),
        (["--view", "attention-flow", "--show", "scores"], "Scores have no flow"),
    ],
)
def test_a_figure_that_cannot_be_is_one_plain_sentence(
    arguments: list[str],
    sentence: str,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    filled = [argument.format(tmp=tmp_path) for argument in arguments]
    out = [] if "--out" in arguments else ["--out", str(tmp_path / "x.svg")]
    with pytest.raises(SystemExit) as end:
        main([*FIGURE, str(folder), *filled, *out])
    assert end.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("attention-atlas: ")
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def export(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "attention_atlas.cli", "export", "the cat sat"]
    return subprocess.run(
        [*command, "--model", str(folder), *arguments], capture_output=True, check=False
    )


def test_export_writes_one_file_and_says_nothing(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "cat.html"
    done = export(folder, "--layer", "2", "--head", "3", "--token", "cat", "--out", str(path))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    trace = aa.trace(aa.load_model(str(folder), device="cpu"), "the cat sat")
    assert path.read_bytes() == aa.views.export(trace, 1, 2, 2).to_bytes()


def test_export_gives_the_page_alone_on_the_standard_output(folder: Path) -> None:
    done = export(folder, "--out", "-", "--weights", "none", "--no-walk")
    assert done.returncode == 0
    assert done.stdout.startswith(b"<!DOCTYPE html>")
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--layer", "0"], "There is no layer 0"),
        (["--head", "4"], "There is no head 4"),
        (["--token", "dog"], "There is no token 'dog' in the text."),
        (["--weights", "every"], "A file cannot carry 'every'."),
        (["--weights", "none", "--no-walk", "--no-overview"], "carries nothing shows nothing"),
        (["--show", "colours"], "A head has no 'colours' to show."),
        (["--theme", "pink"], "There is no theme 'pink'."),
    ],
)
def test_an_export_that_cannot_be_is_one_plain_sentence(
    folder: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = export(folder, *arguments, "--out", str(tmp_path / "x.html"))
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()
    assert done.stderr.decode().count("\n") == 1
    assert not list(tmp_path.iterdir())
