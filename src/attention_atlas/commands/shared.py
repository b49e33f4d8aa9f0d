"""What several commands ask for: the sentence, the model, and where to write."""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.catalog import DEFAULT_MODEL, EMBEDDED_MODEL
from attention_atlas.terminal import TerminalProgress

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace

STDOUT = "-"
"""The name that stands for the standard output."""


def add_command(
    commands: Any, name: str, help: str, about: str, example: str
) -> argparse.ArgumentParser:
    """Adds a command that traces a sentence, and tells it about itself as it is written."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=about,
        epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_text(parser)
    add_model(parser)
    add_load_anyway(parser)
    return parser


def add_text(parser: argparse.ArgumentParser) -> None:
    """Adds the sentence and its second one."""
    parser.add_argument("text", help="the sentence")
    parser.add_argument("--pair", help="a second sentence, read together with the first")


def add_model(parser: argparse.ArgumentParser, default: str = argparse.SUPPRESS) -> None:
    """Adds --model. A command leaves out the default, else it would undo a --model before it."""
    parser.add_argument(
        "--model",
        default=default,
        metavar="NAME",
        help=f'"{EMBEDDED_MODEL}", a folder with a checkpoint, or a hub id ({DEFAULT_MODEL})',
    )


def add_load_anyway(parser: argparse.ArgumentParser) -> None:
    """Adds --load-anyway, of which the refusal of a model that is too large speaks."""
    parser.add_argument(
        "--load-anyway",
        action="store_true",
        help="load a model that needs more memory than is free; it may be slow, or be ended",
    )


def traced(parsed: argparse.Namespace) -> Trace:
    """The trace of the sentence that was given, by the model that was given."""
    from attention_atlas.models.loading import load_model
    from attention_atlas.tracing.trace import trace

    progress = TerminalProgress(parsed.model)
    try:
        model = load_model(parsed.model, progress=progress, check_memory=not parsed.load_anyway)
    finally:
        progress.end()
    return trace(model, parsed.text, parsed.pair)


def counted_from_one(number: int, size: int, one: str, owner: str) -> int:
    """The index of what is counted from 1 in a command, as on the page.

    Raises:
        InvalidChoice: there is no such one.
    """
    if not 1 <= number <= size:
        raise InvalidChoice(
            f"There is no {one} {number}: {owner} has {size}. Choose 1 to {size}; a command "
            f"counts {one}s from 1, as the page does."
        )
    return number - 1


def write(data: bytes, out: str) -> None:
    """Writes a file whole or not at all, or its bytes alone to the standard output.

    Raises:
        InvalidChoice: the file, or the standard output, cannot be written to.
    """
    from attention_atlas.views.figures.saving import write_whole

    if out == STDOUT:
        _write_to_stdout(data)
    else:
        write_whole(data, Path(out))


def _write_to_stdout(data: bytes) -> None:
    out: TextIO | None = sys.stdout
    try:
        if out is None:  # it was closed before we began
            raise OSError(errno.EBADF, "it is closed")
        out.flush()
        out.buffer.write(data)
        out.buffer.flush()
    except OSError as error:
        if out is not None:
            # Python would try to write the rest as it ends, and fail in many words.
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        if isinstance(error, BrokenPipeError):  # who reads has enough
            return
        raise InvalidChoice(
            f"The standard output cannot be written to ({error.strerror or error}). Send it where "
            "there is room, or into a file with --out if the command has it."
        ) from error
