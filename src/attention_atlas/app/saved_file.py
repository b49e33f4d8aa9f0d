"""The files that a person saves: their names, their types, and how a browser gets them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from shiny import Session
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace

Kind = Literal["figure", "preview", "page"]

MEDIA_TYPES = {
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "png": "image/png",
    "csv": "text/csv; charset=utf-8",
    "npz": "application/octet-stream",
    "html": "text/html; charset=utf-8",
}
"""By suffix."""

FIRST_WORDS = 4
LONGEST = 48
"""Bytes of the first words in a name: no file system has room for fewer than 255."""


@dataclass(frozen=True)
class SavedFile:
    """One file, ready to be saved."""

    name: str
    data: bytes

    @property
    def media_type(self) -> str:
        """By the suffix of its name."""
        return MEDIA_TYPES[self.name.rpartition(".")[2]]


def file_name(
    what: str, trace: Trace, suffix: str, *, layer: int | None = None, head: int | None = None
) -> str:
    """A name that says what is in the file, and that every file system takes.

    "attention-map-layer-4-head-2-the-cat-sat-on.svg": nothing but letters and digits of any
    script between hyphens, so that a sentence can be no path and no hidden file.

    Args:
        what: the name of the view, or of the page.
        trace: whose first words are in the name.
        suffix: one of `MEDIA_TYPES`.
        layer: counted from 0; the name counts from 1.
        head: counted from 0; the name counts from 1.
    """
    places = [
        f"{name}-{at + 1}" for name, at in (("layer", layer), ("head", head)) if at is not None
    ]
    return f"{'-'.join([what, *places, *_first_words(trace.text)])}.{suffix}"


def _first_words(text: str) -> list[str]:
    # Python's \w has no vowel signs, which are half of what a word is made of in many scripts.
    kept = "".join(
        sign if unicodedata.category(sign)[0] in "LMN" else " "
        for sign in unicodedata.normalize("NFC", text[: 4 * LONGEST]).lower()
    )
    words = [word for word in kept.split() if any(map(str.isalnum, word))][:FIRST_WORDS]
    left = LONGEST
    found = []
    for word in words:
        short = word.encode("utf-8")[:left].decode("utf-8", errors="ignore")
        if found and short != word:
            break
        found.append(short)
        left -= len(short.encode("utf-8")) + 1
    return [word for word in found if word]


def response(file: SavedFile, *, attached: bool = True) -> Response:
    """What answers the request for a file; never kept by a browser, never run in our name.

    Args:
        file: what is sent.
        attached: whether it is to be saved, under its own name (RFC 6266), or seen.
    """
    plain = re.sub(r"[^\x20-\x7e]+", "_", file.name)
    named = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    headers = {
        "Content-Type": file.media_type,
        "Content-Disposition": named if attached else "inline",
        "Cache-Control": "no-store",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(file.data, headers=headers)


def gone() -> Response:
    """What answers the request for a file that another has taken the place of."""
    return PlainTextResponse(
        "This file is not kept any more. Open Save on the page again.",
        status_code=404,
        headers={"Cache-Control": "no-store"},
    )


class Kept:
    """The last file of each kind, and the addresses at which this session's page gets them."""

    def __init__(self, session: Session) -> None:
        """Opens a route for each kind."""
        self._files: dict[Kind, tuple[str, SavedFile]] = {}
        self._routes: dict[Kind, str] = {
            kind: session.dynamic_route(f"saved_{kind}", self._handler(kind))
            for kind in ("figure", "preview", "page")
        }

    def put(self, kind: Kind, file: SavedFile) -> str:
        """Keeps a file in the place of the last one, and gives its address."""
        key = token_hex(8)
        self._files[kind] = (key, file)
        return f"{self._routes[kind]}&of={key}"

    def clear(self) -> None:
        """Lets go of all."""
        self._files.clear()

    def _handler(self, kind: Kind) -> Callable[[Request], Response]:
        def handle(request: Request) -> Response:
            key, file = self._files.get(kind, (None, None))
            if file is None or request.query_params.get("of") != key:
                return gone()
            return response(file, attached=kind != "preview")

        return handle
