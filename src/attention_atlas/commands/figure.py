"""`attention-atlas figure`: one view of a sentence as a file for a paper, without a browser."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from attention_atlas.commands.chosen import (
    add_look,
    add_selection,
    look_of,
    selected,
    shown_of,
)
from attention_atlas.commands.shared import STDOUT, add_command, traced, write
from attention_atlas.errors import InvalidChoice

_ABOUT = """\
Draws one view of a sentence for a paper and writes it to a file: SVG, PDF or PNG by the suffix of
--out, or its numbers as CSV or npz. Layers and heads are counted from 1, as on the page; positions
of tokens from 0, where [CLS] stands."""
_EXAMPLE = """\
attention-atlas figure "the cat sat" --view attention-map --layer 4 --head 2 --out head.svg"""


def add(commands: Any) -> None:
    """Adds the command to the subparsers of `attention-atlas`."""
    parser = add_command(
        commands,
        "figure",
        "write one view as a figure for a paper, or its numbers",
        _ABOUT,
        _EXAMPLE,
    )
    parser.set_defaults(run=run)
    _what(parser)
    add_look(parser)
    _where(parser)


def _what(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is shown")
    group.add_argument(
        "--view",
        default="attention-map",
        metavar="NAME",
        help="the view (attention-map); see --list",
    )
    group.add_argument("--list", action=_ListViews, help="list the views and end")
    add_selection(group)


def _where(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is written")
    group.add_argument(
        "--out",
        required=True,
        metavar="FILE",
        help="the file; its suffix is the format; - for the standard output",
    )
    group.add_argument("--format", help="with --out -: svg, pdf, png, csv or npz")
    group.add_argument(
        "--columns",
        type=int,
        default=1,
        help="of a paper: 1 (3.25 inches) or 2 (6.75 inches) wide (1)",
    )
    group.add_argument("--theme", default="light", help="light or dark (light)")
    group.add_argument(
        "--no-caption", action="store_true", help="leave out the caption below the picture"
    )


def run(parsed: argparse.Namespace) -> None:
    """Traces the sentence and writes the figure; everything is checked that can be, first.

    Raises:
        AttentionAtlasError: something that was given cannot be.
    """
    from attention_atlas.views.figures.making import figure
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.registry import entry
    from attention_atlas.views.figures.saving import to_bytes

    entry(parsed.view)
    format = _format(parsed)
    paper = Paper(parsed.columns, parsed.theme)
    shown, look = shown_of(parsed), look_of(parsed)
    trace = traced(parsed)
    view = figure(parsed.view, trace, **selected(parsed, trace, shown, look))
    write(to_bytes(view, format, paper, caption=not parsed.no_caption), parsed.out)


def _format(parsed: argparse.Namespace) -> str:
    """The format, by --format or by the suffix of --out."""
    from attention_atlas.views.figures.saving import FORMATS

    named = parsed.format or ("" if parsed.out == STDOUT else Path(parsed.out).suffix[1:].lower())
    if named in FORMATS:
        return named
    what = f"--format {named}" if parsed.format else f"--out {parsed.out}"
    instead = "Give --format" if parsed.out == STDOUT or parsed.format else "Let the name end with"
    raise InvalidChoice(
        f"{what} does not say what to write. {instead} one of {', '.join(FORMATS)}."
    )


class _ListViews(argparse.Action):
    """Prints the names of the views, and ends before anything else is asked for."""

    def __init__(self, option_strings: list[str], dest: str, **more: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **more)

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        from attention_atlas.views.figures.registry import FIGURES

        width = max(map(len, FIGURES))
        for name, entry in FIGURES.items():
            print(f"{name:<{width}}  {entry.title}")
        parser.exit()
