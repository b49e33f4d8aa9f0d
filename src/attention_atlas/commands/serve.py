"""`attention-atlas serve`: the page for many people, on a server."""

from __future__ import annotations

import argparse
import ipaddress
import re
from typing import Any

from attention_atlas.commands.shared import add_model
from attention_atlas.errors import InvalidChoice
from attention_atlas.models.catalog import DEFAULT_MODEL

MIB = 2**20
PORT = 8000
SEVERAL = (
    ("--offer", "NAME[=WHERE]", "a model to choose; WHERE is its folder or hub id, if NAME is not"),
    ("--host-name", "NAME", "a name that visitors reach it by, as atlas.example.edu"),
    ("--origin", "ORIGIN", "another origin whose pages may connect, as https://atlas.example.edu"),
    ("--frame-ancestor", "ORIGIN", "an origin whose pages may show it in a frame"),
    ("--trusted-proxy", "ADDRESS", "a proxy, or a network of them, whose X-Forwarded-For counts"),
)
"""Options that may be given several times."""
NUMBERS = (
    ("--workers", 1, "how many processes serve"),
    ("--max-characters", 20_000, "the longest sentence that is read"),
    ("--rate", 30, "sentences a minute that one page may run; 0 for any number"),
    ("--rate-per-address", 600, "the same for all pages at one network address"),
    ("--max-sessions", 1_000, "pages that a process serves at once; 0 for any number"),
    ("--cache-mb", 1_024, "MiB that the results of a process may hold"),
    ("--drain-seconds", 30, "how long what runs may go on after a signal to end"),
)
"""Options that are whole numbers, and what they are if they are not given."""
ABOUT = """\
Serves the page to many people: no visitor opens a folder or loads a model that is not offered
here, and how much one of them may ask for is limited. It listens at this machine's loopback unless
told otherwise: a reverse proxy that speaks TLS belongs before it. The guide has a page on hosting.
"""
EXAMPLE = """\
example:
  attention-atlas serve --model bert-base-uncased --offer embedded --offer ours=/srv/models/ours \\
      --workers 2 --host-name atlas.example.edu --trusted-proxy 127.0.0.1
"""


def add(commands: Any, port: Any) -> None:
    """Adds the command; `port` reads a port."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "serve",
        help="serve the page to many people",
        description=ABOUT,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_model(parser, default=DEFAULT_MODEL)
    parser.add_argument("--host", help="the address to listen at (this machine's loopback)")
    parser.add_argument("--port", type=port, default=PORT, help=f"the port to listen at ({PORT})")
    for option, metavar, help in SEVERAL:
        parser.add_argument(option, action="append", default=[], metavar=metavar, help=help)
    for option, default, help in NUMBERS:
        parser.add_argument(option, default=str(default), metavar="N", help=f"{help} ({default})")
    parser.add_argument(
        "--metrics",
        choices=("local", "everyone", "off"),
        default="local",
        help="who may read /metrics (local: programs on this machine)",
    )
    parser.add_argument(
        "--log", choices=("text", "json"), default="text", help="how the log is written (text)"
    )
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> None:
    """Serves until a signal comes.

    Raises:
        InvalidChoice: an option has a value that it cannot have, or nothing can listen there.
        ModelNotFound: a model is a path to nothing.
    """
    from attention_atlas.app.serving import check_path, serve

    settings = settings_of(parsed)
    for where in settings.offered.values():
        check_path(where)
    serve(settings, host=parsed.host, port=parsed.port, command="attention-atlas serve")


def settings_of(parsed: argparse.Namespace) -> Any:
    """The Settings that the options make.

    Raises:
        InvalidChoice: an option has a value that it cannot have.
    """
    from attention_atlas.app.settings import Settings

    return Settings(
        model=_model(parsed),
        server=True,
        offered=_offered(parsed.offer),
        hosts=tuple(map(_host_name, parsed.host_name)),
        origins=tuple(_origin("--origin", one) for one in parsed.origin),
        frame_ancestors=tuple(_origin("--frame-ancestor", one) for one in parsed.frame_ancestor),
        trusted_proxies=tuple(map(_network, parsed.trusted_proxy)),
        max_characters=_whole("--max-characters", parsed.max_characters, 1),
        generates_per_minute=_whole("--rate", parsed.rate, 0) or None,
        generates_per_minute_per_address=_whole("--rate-per-address", parsed.rate_per_address, 0)
        or None,
        max_sessions=_whole("--max-sessions", parsed.max_sessions, 0) or None,
        cache_bytes=_whole("--cache-mb", parsed.cache_mb, 1) * MIB,
        metrics=parsed.metrics,
        workers=_whole("--workers", parsed.workers, 1, 256),
        drain_seconds=float(_whole("--drain-seconds", parsed.drain_seconds, 0)),
        log=parsed.log,
    )


def _whole(option: str, text: str, least: int, most: int = 10**9) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
        raise InvalidChoice(
            f"{option} cannot be {text!r}. Give a whole number from {least:,} to {most:,}."
        )
    return int(text)


def _offered(given: list[str]) -> dict[str, str]:
    offered: dict[str, str] = {}
    for one in given:
        name, sign, where = one.partition("=")
        if not name.strip() or (sign and not where.strip()) or not name.isprintable():
            raise InvalidChoice(
                f"--offer cannot be {one!r}. Give a model's name, or a name, =, and the folder or "
                "hub id that it stands for: --offer ours=/srv/models/ours"
            )
        if name in offered:
            raise InvalidChoice(f"--offer names {name} twice. Give each model a name of its own.")
        if not sign and _is_path(name):
            raise InvalidChoice(
                f"--offer {name} would show visitors where the folder is. Give it a name: "
                f"--offer ours={name}"
            )
        offered[name] = where.strip() or name
    return offered


def _model(parsed: argparse.Namespace) -> str:
    if _is_path(parsed.model):
        raise InvalidChoice(
            f"--model {parsed.model} would show visitors where the folder is. Give it a name: "
            f"--offer ours={parsed.model} --model ours"
        )
    return parsed.model


def _is_path(name: str) -> bool:
    return name.startswith((".", "~", "/", "\\")) or name.count("/") > 1 or "\\" in name


def _host_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,252})", text):
        raise InvalidChoice(
            f"--host-name cannot be {text!r}. Give a name without https:// and without a port, as "
            "atlas.example.edu"
        )
    return text.lower()


def _origin(option: str, text: str) -> str:
    if not re.fullmatch(
        r"https?://([a-z0-9_][a-z0-9._-]*|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", text.lower()
    ):
        raise InvalidChoice(
            f"{option} cannot be {text!r}. Give a scheme, a host, and a port if it is not the "
            "usual one, and nothing after it: https://atlas.example.edu"
        )
    return text.lower()


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise InvalidChoice(
            f"--trusted-proxy cannot be {text!r}. Give an address, as 127.0.0.1, or a network, as "
            "10.0.3.0/24"
        ) from None
    if network.prefixlen == 0:
        raise InvalidChoice(
            f"--trusted-proxy {text} would believe every visitor. Give the address of the proxy."
        )
    return str(network)
