"""`attention-atlas export`: the exploration of a sentence as one HTML file, without a browser."""

from __future__ import annotations

import argparse
from typing import Any

from attention_atlas.commands.chosen import (
    add_look,
    add_selection,
    look_of,
    selected,
    shown_of,
)
from attention_atlas.commands.shared import add_command, traced, write

_ABOUT = """\
Writes one HTML file that opens offline, its views alive. It opens on the layer, head and token
that are chosen, and carries what is asked for. Layers and heads are counted from 1, as on the page;
positions of tokens from 0, where [CLS] stands."""
_EXAMPLE = """\
attention-atlas export "the cat sat" --layer 4 --head 2 --token cat --heads all --out cat.html"""
NONE = "none"


def add(commands: Any) -> None:
    """Adds the command to the subparsers of `attention-atlas`."""
    parser = add_command(
        commands, "export", "write one HTML file that opens offline", _ABOUT, _EXAMPLE
    )
    parser.set_defaults(run=run)
    add_selection(parser.add_argument_group("what it opens on"))
    add_look(parser)
    _what(parser)


def _what(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is written")
    group.add_argument(
        "--weights",
        default="layer",
        metavar="WHOSE",
        help="those that go along: of the head, of all heads of its layer, of all layers, or none: "
        "head, layer, all or none (layer)",
    )
    group.add_argument(
        "--no-overview",
        action="store_true",
        help="leave out all heads at a glance, their metrics and roles",
    )
    group.add_argument("--no-walk", action="store_true", help="leave out the walk")
    group.add_argument(
        "--across", action="store_true", help="add rollout and maximum flow of the token"
    )
    group.add_argument("--theme", default="light", help="light or dark (light)")
    group.add_argument(
        "--out", required=True, metavar="FILE", help="the file, or - for the standard output"
    )


def run(parsed: argparse.Namespace) -> None:
    """Traces the sentence and writes the file; everything is checked that can be, first.

    Raises:
        AttentionAtlasError: something that was given cannot be.
    """
    from attention_atlas.views.board.carried import Carried
    from attention_atlas.views.exporting import export

    heads = None if parsed.weights == NONE else parsed.weights
    parts = {"overview": not parsed.no_overview, "across": parsed.across}
    carried = {"heads": heads, **parts, "walk": not parsed.no_walk}
    Carried(**carried)
    shown, look = shown_of(parsed), look_of(parsed)
    trace = traced(parsed)
    page = export(trace, **selected(parsed, trace, shown, look), **carried, theme=parsed.theme)
    write(page.to_bytes(), parsed.out)
