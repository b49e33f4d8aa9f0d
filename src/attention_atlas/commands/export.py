"""`attention-atlas export`: the exploration of a text as one HTML file, without a browser."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from attention_atlas.commands.shared import (
    add_model,
    add_text,
    counted_from_one,
    traced,
    write,
)
from attention_atlas.errors import InvalidChoice

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace

_ABOUT = (
    "Writes one HTML file that opens offline, its views alive. Layers and heads count from 1, "
    "tokens from 0, as on the page."
)


def add(commands: Any) -> None:
    """Adds the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "export", help="write one HTML file that opens offline", description=_ABOUT
    )
    add_text(parser)
    parser.add_argument("--out", required=True, help="the file to write, or - for the output")
    parser.add_argument("--layer", type=int, default=1, help="the layer it opens on (1)")
    parser.add_argument("--head", type=int, default=1, help="the head it opens on (1)")
    parser.add_argument("--token", type=int, help="the focused token, as the page counts them")
    parser.add_argument(
        "--heads",
        choices=("head", "layer", "all", "none"),
        default="layer",
        help="whose weights go along: this head’s, those of all heads of the layer (the "
        "default), of all layers, or none",
    )
    parser.add_argument(
        "--no-overview", action="store_true", help="leave out all heads at a glance, and metrics"
    )
    parser.add_argument("--no-walk", action="store_true", help="leave out the walk")
    parser.add_argument(
        "--across", action="store_true", help="add rollout and maximum flow of the token"
    )
    parser.add_argument("--show", default="weights", help="weights, scores, norms or difference")
    parser.add_argument("--words", action="store_true", help="take pieces of a word together")
    parser.add_argument(
        "--no-special", action="store_true", help="leave out [CLS], [SEP] and padding"
    )
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    add_model(parser)
    parser.set_defaults(run=_export)


def _export(parsed: argparse.Namespace) -> None:
    from attention_atlas.views.exporting import export
    from attention_atlas.views.weights import Shown

    shown = Shown(parsed.show, not parsed.no_special, parsed.words)
    trace = traced(parsed)
    page = export(
        trace,
        counted_from_one(parsed.layer, trace.model.layers, "layer", trace.model.name),
        counted_from_one(parsed.head, trace.model.heads, "head", f"a layer of {trace.model.name}"),
        _token(trace, parsed.token),
        heads=None if parsed.heads == "none" else parsed.heads,
        overview=not parsed.no_overview,
        across=parsed.across,
        walk=not parsed.no_walk,
        shown=shown,
        theme=parsed.theme,
    )
    write(page.to_bytes(), parsed.out)


def _token(trace: Trace, token: int | None) -> int | None:
    if token is not None and token < 0:
        raise InvalidChoice(
            f"There is no token {token}: the text has {len(trace.tokens)}, counted from 0."
        )
    return token
