"""Runs what a page of the guide shows: its blocks of Python and of shell, in order, in one folder.

A block of text that stands right after an example is what the example prints, and is compared.
Python shares its names down the page. In the shell only our own command and `make` are spoken:
`attention-atlas` is run with the embedded model or a folder, and only parsed where it would start
the page or ask the hub; of `make` the target has to be there.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
_SETTING = re.compile(r"[A-Z][A-Z0-9_]*=\S*")


class ExampleFailed(Exception):
    """An example does not do what the page says; the message names page and line."""


@dataclass(frozen=True)
class Example:
    """One block of a page that is run."""

    language: str
    """ "python" or "bash"."""
    code: str
    line: int
    """Where its first line stands in the page, counted from 1."""
    end: int
    """The index in the page's text after the block, and after what it prints."""
    prints: str | None
    """What the page says it prints; None if the page does not say."""


def examples(text: str) -> list[Example]:
    """The blocks of a page's text that are run, in order."""
    found: list[Example] = []
    fences = list(_FENCE.finditer(text))
    for index, fence in enumerate(fences):
        if fence[1] not in ("python", "bash"):
            continue
        after = fences[index + 1] if index + 1 < len(fences) else None
        printed = (
            after is not None
            and after[1] == "text"
            and not text[fence.end() : after.start()].strip()
        )
        found.append(
            Example(
                language=fence[1],
                code=fence[2],
                line=text.count("\n", 0, fence.start(2)) + 1,
                end=after.end() if after and printed else fence.end(),
                prints=after[2] if after and printed else None,
            )
        )
    return found


def run(page: Path, folder: Path, names: dict[str, Any] | None = None) -> Iterator[Example]:
    """Runs the examples of `page` with `folder` as the current one; gives each when it is done.

    `names` are those that its Python shares, and has them all afterwards.

    Raises:
        ExampleFailed: one did not end well, or printed something else than the page says.
    """
    names = {} if names is None else names
    names["__name__"] = "__main__"
    for example in examples(page.read_text(encoding="utf-8")):
        where = f"{page.name}, line {example.line}"
        try:
            if example.language == "python":
                printed = _python(example, page, folder, names)
            else:
                printed = "".join(_shell(line, folder) for line in _commands(example.code))
        except (Exception, SystemExit) as error:
            raise ExampleFailed(f"{where}: {type(error).__name__}: {error}") from error
        if example.prints is not None and printed != example.prints:
            raise ExampleFailed(f"{where} prints\n{printed}\nand not\n{example.prints}")
        yield example


def _python(example: Example, page: Path, folder: Path, names: dict[str, Any]) -> str:
    # Empty lines before it, so that a traceback names the lines of the page.
    code = compile("\n" * (example.line - 1) + example.code, str(page), "exec")
    with working_in(folder), redirect_stdout(io.StringIO()) as printed:
        exec(code, names)
    return printed.getvalue()


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Makes `folder` the working folder for a while."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _commands(code: str) -> Iterator[str]:
    for line in code.replace("\\\n", " ").splitlines():
        if shlex.split(line, comments=True):
            yield line


def _shell(line: str, folder: Path) -> str:
    words = shlex.split(line, comments=True)
    settings = {}
    while _SETTING.fullmatch(words[0]):
        name, settings[name] = words[0].split("=", 1)[0], words.pop(0).split("=", 1)[1]
    if words[0] == "make":
        _check_make(words[1:])
        return ""
    if words[0] != "attention-atlas":
        raise ExampleFailed(f"{words[0]} is no command of ours; put it into a block of text.")
    if not _may_run(words[1:]):
        return ""
    done = subprocess.run(
        [sys.executable, "-m", "attention_atlas.cli", *words[1:]],
        cwd=folder,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise ExampleFailed(f"{line} ends with {done.returncode}: {done.stderr}")
    return done.stdout


def _may_run(arguments: list[str]) -> bool:
    """Whether a command neither starts the page nor asks the hub; the parser refuses nonsense."""
    from attention_atlas.cli import _page, _parser
    from attention_atlas.commands import serve

    parsed = _parser().parse_args(arguments)
    if parsed.run is serve.run:
        serve.settings_of(parsed)  # refuses nonsense, too
    # A folder is only there when an example made it, and none makes a model.
    return parsed.run not in (_page, serve.run) and parsed.model == "embedded"


def _check_make(arguments: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for argument in arguments:
        if argument.startswith("ARGS="):
            _may_run(shlex.split(argument.removeprefix("ARGS=")))
        elif "=" not in argument and not re.search(rf"^{argument}:", makefile, re.MULTILINE):
            raise ExampleFailed(f"There is no `make {argument}`.")
