"""The command `attention-atlas`: the page, for one or for many, figures, arrays, and models.

Nothing heavy is imported before it is needed: `--help` answers at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from attention_atlas.commands import export, figure, serve
from attention_atlas.commands.ending import ends_when_asked
from attention_atlas.commands.shared import (
    STDOUT,
    add_load_anyway,
    add_model,
    add_text,
    traced,
    write,
)
from attention_atlas.errors import AttentionAtlasError
from attention_atlas.models.catalog import DEFAULT_MODEL, MODELS, is_cached
from attention_atlas.version import __version__

PORT = serve.PORT
MISTAKE = 2
"""The exit code when something the user can mend went wrong."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; exits with 2 and one plain sentence when it cannot do what was asked."""
    parsed = _parser().parse_args(arguments)
    reads_a_text = "text" in parsed  # a server has an end of its own
    try:
        with ends_when_asked() if reads_a_text else nullcontext():
            parsed.run(parsed)
    except AttentionAtlasError as error:
        print(f"attention-atlas: {error}", file=sys.stderr)
        raise SystemExit(MISTAKE) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="attention-atlas",
        description="See everything BERT does with a sentence, with the real numbers. "
        "Without a command it starts the page.",
    )
    parser.add_argument("--version", action="version", version=f"attention-atlas {__version__}")
    add_model(parser, default=DEFAULT_MODEL)
    parser.add_argument("--host", help="the address to listen at (this machine's loopback)")
    parser.add_argument("--port", type=_port, default=PORT, help=f"the port to listen at ({PORT})")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.set_defaults(run=_page)

    commands = parser.add_subparsers(title="commands", metavar="")
    serve.add(commands, _port)
    figure.add(commands)
    export.add(commands)
    trace = commands.add_parser("trace", help="write every array of one pass to an .npz file")
    add_text(trace)
    trace.add_argument("--out", type=Path, required=True, help="the .npz file to write")
    add_model(trace)
    add_load_anyway(trace)
    trace.set_defaults(run=_trace)

    models = commands.add_parser("models", help="list the models offered, and which are cached")
    models.set_defaults(run=_models)
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; give a number from 1 to 65535")
    return int(text)


def _page(parsed: argparse.Namespace) -> None:
    from attention_atlas.app import serving
    from attention_atlas.app.settings import Settings

    settings = Settings(model=parsed.model)
    serving.serve(settings, host=parsed.host, port=parsed.port, browser=not parsed.no_browser)


def _trace(parsed: argparse.Namespace) -> None:
    from attention_atlas.tracing.arrays_file import write_arrays

    write_arrays(traced(parsed), parsed.out)


def _models(parsed: argparse.Namespace) -> None:
    from attention_atlas.models.hub import cached_names

    width = max(len(model.name) for model in MODELS)
    lines = []
    for model in MODELS:
        where = "embedded" if model.embedded else "cached" if is_cached(model.name) else "hub"
        size = "" if model.download_bytes is None else f"{model.download_bytes / 1e6:,.0f} MB"
        shape = f"{model.layers} × {model.heads} × {model.hidden_size}"
        lines.append(
            f"{model.name:<{width}}  {where:<8}  {size:>9}  {shape:<14}  {model.description}"
        )
    offered = {model.name for model in MODELS}
    lines += [
        f"{name:<{width}}  cached"
        for name in cached_names()
        if name not in offered and name.removeprefix("google-bert/") not in offered
    ]
    write(("\n".join(lines) + "\n").encode(sys.stdout.encoding or "utf-8", "replace"), STDOUT)


if __name__ == "__main__":
    main()
