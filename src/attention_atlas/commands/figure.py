"""`attention-atlas figure`: one view of a sentence as a file for a paper, without a browser."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attention_atlas.commands.shared import (
    STDOUT,
    add_model,
    add_text,
    counted_from_one,
    traced,
    write,
)
from attention_atlas.errors import InvalidChoice

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.look import Look

_ABOUT = """\
Draws one view of a sentence for a paper and writes it to a file: SVG, PDF or PNG by the suffix of
--out, or its numbers as CSV or npz. Layers and heads are counted from 1, as on the page; positions
of tokens from 0, where [CLS] stands."""
_EXAMPLE = """\
attention-atlas figure "the cat sat" --view attention-map --layer 4 --head 2 --out head.svg"""


def add(commands: Any) -> None:
    """Adds the command to the subparsers of `attention-atlas`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "figure",
        help="write one view as a figure for a paper, or its numbers",
        description=_ABOUT,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_text(parser)
    parser.set_defaults(run=run)
    add_model(parser)
    _what(parser)
    _how(parser)
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
    group.add_argument("--layer", type=int, default=1, help="the layer, counted from 1 (1)")
    group.add_argument("--head", type=int, default=1, help="the head, counted from 1 (1)")
    group.add_argument(
        "--token",
        metavar="TOKEN",
        help="the focused token: its position, counted from 0, or the token itself",
    )
    group.add_argument(
        "--show",
        default="weights",
        metavar="MEASURE",
        help="weights, scores, norms or difference (weights)",
    )
    group.add_argument("--words", action="store_true", help="put the pieces of a word together")
    group.add_argument(
        "--no-special", action="store_true", help="leave out [CLS], [SEP] and padding"
    )
    group.add_argument("--tau", type=float, metavar="WEIGHT", help="τ of sparsity (0.01)")


def _how(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how it is looked at")
    add = group.add_argument
    add("--scale", metavar="KIND", help="of the attention map: auto, linear, root or log")
    add(
        "--window",
        type=_numbers,
        metavar="ROW,COLUMN,SIZE",
        help="of the attention map: the part to zoom to, counted from 0",
    )
    add("--flow", metavar="WHOSE", help="lines of one, several (heads) or mean (of the layer)")
    add(
        "--heads",
        type=_numbers,
        metavar="HEAD,…",
        help="with --flow several: the heads, counted from 1",
    )
    add(
        "--least",
        type=float,
        metavar="SHARE",
        help="of the flow: hide lines below this share of the widest (0.02)",
    )
    add("--top", type=int, metavar="K", help="of the flow: the strongest K lines of each token")
    add("--part", metavar="PART", help="of a pair’s flow: all, AA, AB, BA or BB")
    add(
        "--colour",
        metavar="NUMBER",
        help="of the head atlas: a metric, a role, distance or nothing",
    )
    add("--told", metavar="AS", help="of a role in the head atlas: ratio or share")
    add("--painted", metavar="WHAT", help="of the head atlas: frame or tile")
    add("--arrange", metavar="ORDER", help="of the head atlas: layer, highest or lowest")
    add("--only", metavar="ROLE", help="of the head atlas: all, a role, or none")
    add(
        "--sort",
        metavar="COLUMN",
        help="of the heads table: a metric, a role, distance, layer or head",
    )
    add("--sort-first", metavar="END", help="of the heads table: lowest or highest")
    add("--projected", metavar="WHAT", help="of the projections: head or token")
    add("--direction", metavar="WAY", help="across the layers: from or to")
    add(
        "--no-mlm-head",
        action="store_false",
        dest="use_head",
        default=None,
        help="do not read predictions with the masked-language-model head",
    )
    add("--top-k", type=int, metavar="K", help="predicted words of a list, 1 to 20 (5)")
    add(
        "--hidden",
        type=_numbers,
        metavar="POSITION,…",
        help="tokens hidden behind [MASK], counted from 0",
    )


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
    from attention_atlas.views.weights import Shown

    entry(parsed.view)
    format = _format(parsed)
    paper = Paper(parsed.columns, parsed.theme)
    shown = Shown(parsed.show, not parsed.no_special, parsed.words)
    look = _look(parsed)
    trace = traced(parsed)
    model = trace.model
    for one in look.heads:
        counted_from_one(one + 1, model.heads, "head", f"each layer of {model.name}")
    view = figure(
        parsed.view,
        trace,
        counted_from_one(parsed.layer, model.layers, "layer", model.name),
        counted_from_one(parsed.head, model.heads, "head", f"each layer of {model.name}"),
        _token(parsed.token, trace),
        shown=shown,
        look=look,
        **({} if parsed.tau is None else {"tau": parsed.tau}),
    )
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


def _look(parsed: argparse.Namespace) -> Look:
    from dataclasses import fields

    from attention_atlas.views.look import Look

    given = {one.name: getattr(parsed, one.name, None) for one in fields(Look)}
    chosen = {name: value for name, value in given.items() if value is not None}
    if "heads" in chosen:
        if min(chosen["heads"]) < 1:
            raise InvalidChoice("--heads counts heads from 1, as the page does. Give 1 or more.")
        chosen["heads"] = tuple(head - 1 for head in chosen["heads"])
    if "window" in chosen and len(chosen["window"]) != 3:
        raise InvalidChoice(
            "--window takes three whole numbers, the first row, the first column and how many of "
            "each: --window 0,0,32."
        )
    return Look(**chosen)


def _token(given: str | None, trace: Trace) -> int | None:
    """The position of the token that was given, as a number or as itself."""
    if given is None:
        return None
    if given.isdecimal():
        return int(given)
    found = next((token.index for token in trace.tokens if token.text == given), None)
    if found is None:
        texts = ", ".join(token.text for token in trace.tokens[:12])
        more = ", …" if len(trace.tokens) > 12 else ""
        raise InvalidChoice(
            f"There is no token {given!r} in the text. It was read as {texts}{more}. Give one of "
            f"them, or a position from 0 to {len(trace.tokens) - 1}."
        )
    return found


def _numbers(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} are no whole numbers; give them as 1,4,7")
    return tuple(int(part) for part in parts)


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
