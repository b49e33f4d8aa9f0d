"""Any arguments: what was asked for, or one plain sentence; never a traceback."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scripts.examples import working_in

from attention_atlas.cli import main
from attention_atlas.errors import HubUnreachable
from attention_atlas.models import hub
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from checkpoints import make_checkpoint
from fuzzing import ODD, TEXTS, examples

FLAGS = (
    "--pair --model --out --layer --head --token --show --words --no-special --tau --scale "
    "--window --flow --heads --least --top --part --colour --told --painted --arrange --only "
    "--sort --sort-first --projected --direction --no-mlm-head --top-k --hidden --weights "
    "--no-overview --no-walk --across --theme --view --format --columns --no-caption --list "
    "--port --host -- -"
).split()
VALUES = (
    "0", "1", "2", "-1", "1e308", "nan", "inf", "-inf", "9" * 5000, "٣", "²", "1,2", "0,0,0",
    "1,1,99", ",", "", "lens", "predictions", "attention-flow", "several", "mean", "log", "norms",
    "difference", "entropy", "dark", "csv", "npz", "none", "all", "head", "[MASK]", "cat",
)  # fmt: skip
WORDS = st.sampled_from(VALUES) | st.sampled_from(ODD) | TEXTS


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_checkpoint(tmp_path_factory.mktemp("command")))


@pytest.fixture(autouse=True)
def _light(monkeypatch: pytest.MonkeyPatch, tiny_folder: str) -> None:
    """The model is loaded once, no hub is asked, and nobody starts a server."""
    model = load_model(tiny_folder, device="cpu")

    def load(name: str, **_: object) -> Model:
        return model if name == tiny_folder else load_model(name)

    def nobody(name: str, *_: object, **__: object) -> Path:
        raise HubUnreachable(f"Nobody is asked for {name!r} here.")

    monkeypatch.setattr("attention_atlas.models.loading.load_model", load)
    monkeypatch.setattr(hub, "download", nobody)
    monkeypatch.setattr("attention_atlas.app.serving.serve", lambda *_, **__: None)


def run(arguments: list[str]) -> tuple[int, bytes, str]:
    """The exit code, and what was written to the two streams."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    out.flush()
    return code, out.buffer.getvalue(), err.getvalue()  # pyright: ignore[reportAttributeAccessIssue]


@examples(40)
@given(
    command=st.sampled_from(["figure", "export", "trace"]),
    text=TEXTS,
    flags=st.lists(st.tuples(st.sampled_from(FLAGS), st.none() | WORDS), max_size=5),
)
def test_any_arguments_of_a_command(
    tiny_folder: str,
    tmp_path_factory: pytest.TempPathFactory,
    command: str,
    text: str,
    flags: list[tuple[str, str | None]],
) -> None:
    folder = tmp_path_factory.mktemp("out")
    given = [part for flag in flags for part in flag if part is not None]
    suffix = {"figure": "csv", "export": "html", "trace": "npz"}[command]
    asked = [command, "--model", tiny_folder, "--out", str(folder / f"x.{suffix}"), *given, text]
    with working_in(folder):
        code, out, said = run(asked)
    assert code in (0, 2), said
    if code:
        assert out == b""
        assert said.count("attention-atlas") >= 1
        assert "Traceback" not in said
    assert not list(folder.glob(".*.part"))


@examples(150)
@given(
    arguments=st.lists(
        st.sampled_from(FLAGS) | WORDS | st.sampled_from(["models", "figure", "trace"]), max_size=5
    )
)
def test_any_words_at_all(arguments: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    with working_in(tmp_path_factory.getbasetemp()):
        code, _, said = run(arguments)
    assert code in (0, 2), said


NAMES = ("", ".", "..", "/", "-x", "a" * 252, "é" * 126, "a" * 300, "a\nb", "no/such/", "no/such")


@examples(40)
@given(
    name=st.sampled_from(ODD) | TEXTS | st.sampled_from(NAMES),
    command=st.sampled_from(["figure", "trace"]),
)
@example(name="\0", command="export")
@example(name="/", command="export")
@example(name="\ud800", command="export")
def test_any_file_name(
    tiny_folder: str, tmp_path_factory: pytest.TempPathFactory, command: str, name: str
) -> None:
    """The file of this name and no other, or a plain refusal and none."""
    folder = tmp_path_factory.mktemp("named")
    if len(name) > 1:  # nothing of ours is to be found elsewhere
        name = name.replace("/", "_").replace("..", "_")
    more = {"figure": ["--format=csv", "--view=rollout"], "export": ["--no-walk"], "trace": []}
    asked = [command, "the cat", "--model", tiny_folder, f"--out={name}", *more[command]]
    with working_in(folder):
        code, out, said = run(asked)
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert code in (0, 2), said
    if name == "-" and command != "trace":
        assert out
        assert not found
    elif code == 0:
        assert [os.fsencode(path.name) for path in found] == [os.fsencode(name)]
        assert out == b""
    else:
        assert not found
        assert said.startswith("attention-atlas: ")


WRITES = """
import sys
from attention_atlas.commands.shared import write
from attention_atlas.errors import InvalidChoice
try:
    write(bytes(10**6), "-")
except InvalidChoice as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""


@pytest.mark.parametrize(
    ("to", "code", "said"),
    [
        ("> /dev/full", 2, "cannot be written to (No space left on device). Send it where"),
        (">&-", 2, "cannot be written to (it is closed). Send it where"),
        ("| head -c 10 > /dev/null", 0, ""),
    ],
)
def test_an_output_that_takes_nothing(to: str, code: int, said: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f'set -o pipefail; "$0" -c "$1" {to}', sys.executable, WRITES],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == (1 if said else 0)
