"""What a command lets a person choose of a trace, as the page does.

Layers and heads count from 1, tokens from 0, as on the page.
"""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from attention_atlas.commands.shared import counted_from_one
from attention_atlas.errors import InvalidChoice

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.look import Look
    from attention_atlas.views.weights import Shown


def add_selection(group: Any) -> None:
    """Adds which layer, head and token are chosen, and which numbers are shown."""
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


def add_look(parser: argparse.ArgumentParser) -> None:
    """Adds the fields of `Look`."""
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


def shown_of(parsed: argparse.Namespace) -> Shown:
    """Which numbers are shown, between which units of text.

    Raises:
        InvalidChoice: there is no such measure.
    """
    from attention_atlas.views.weights import Shown

    return Shown(parsed.show, not parsed.no_special, parsed.words)


def selected(parsed: argparse.Namespace, trace: Trace, shown: Shown, look: Look) -> dict[str, Any]:
    """What `views.figure` and `views.export` take beside the trace.

    Raises:
        InvalidChoice: the model or the text has no such layer, head or token.
    """
    model = trace.model
    heads = f"each layer of {model.name}"
    for one in look.heads:
        counted_from_one(one + 1, model.heads, "head", heads)
    chosen = {
        "layer": counted_from_one(parsed.layer, model.layers, "layer", model.name),
        "head": counted_from_one(parsed.head, model.heads, "head", heads),
        "token": _token(parsed.token, trace),
        "shown": shown,
        "look": look,
    }
    return chosen if parsed.tau is None else chosen | {"tau": parsed.tau}


def look_of(parsed: argparse.Namespace) -> Look:
    """How the views are looked at.

    Raises:
        InvalidChoice: a value is none that its field allows.
    """
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
    # A token may be a long number itself; no position is one, and int() refuses 4,301 digits.
    if given.isdecimal() and len(given) < 10:
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
