"""The files that a person saves: their names, their types, and how a browser gets them."""

from __future__ import annotations

import json
import logging
import os
import re
import threading
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from shiny import App
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from attention_atlas.app.private_folder import PrivateFolder
from attention_atlas.errors import NotSaved

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

FOLDER = "saved"
"""Where they are, on the disk and on the page."""
_NAME = re.compile(r"[0-9]{1,10}-[0-9a-f]{32}")

_log = logging.getLogger(__name__)

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


class SavedFiles:
    """The files of all sessions, on the disk, where any worker finds those of any other.

    A file has a name that nobody guesses; who knows it may have the file.
    """

    def __init__(self, folder: PrivateFolder) -> None:
        """Keeps them in `folder`."""
        self._folder = folder

    def put(self, file: SavedFile, *, attached: bool = True) -> str:
        """Keeps a file, whole or not at all, and gives its address, relative to the page's.

        Raises:
            NotSaved: there is no room for it.
        """
        # Its writer's number comes first: when a worker is killed, those of its files are known.
        name = f"{os.getpid()}-{token_hex(16)}"
        head = json.dumps({"name": file.name, "attached": attached}).encode() + b"\n"
        try:
            path = self._folder.path(FOLDER) / name
            part = path.with_name(f"{name}.part")
            try:
                with os.fdopen(
                    os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
                ) as to:
                    to.write(head)
                    to.write(file.data)
                part.replace(path)
            except OSError:
                part.unlink(missing_ok=True)
                raise
        except OSError as error:
            _log.warning("a file could not be kept: %s", type(error).__name__, exc_info=error)
            raise NotSaved(
                f"The file was made, but there is no place to keep it until your browser has it "
                f"({error.strerror or 'the disk refused it'}). When there is room for temporary "
                "files again, choose it once more."
            ) from None
        return f"{FOLDER}/{name}"

    def answer(self, name: str) -> Response:
        """What answers the request for the file of that name."""
        if _NAME.fullmatch(name) is None:
            return gone()
        try:
            head, _, data = (self._folder.path(FOLDER) / name).read_bytes().partition(b"\n")
        except OSError:
            return gone()
        told = json.loads(head)
        return response(SavedFile(told["name"], data), attached=told["attached"])

    def remove(self, address: str) -> None:
        """Removes the file that `put` gave this address for; none is fine."""
        with suppress(OSError):
            (self._folder.path(FOLDER) / address.rpartition("/")[2]).unlink(missing_ok=True)


class Kept:
    """The last file of each kind that a session has made."""

    def __init__(self, files: SavedFiles) -> None:
        """Keeps them among `files`."""
        self._files = files
        self._addresses: dict[Kind, str] = {}
        self._ended = False
        self._lock = threading.Lock()  # what is kept is written in threads, which may be late

    def put(self, kind: Kind, file: SavedFile) -> str:
        """Keeps a file in the place of the last one, and gives its address. It writes: in a thread.

        Raises:
            NotSaved: there is no room for it. The last one is still there.
        """
        address = self._files.put(file, attached=kind != "preview")
        with self._lock:
            before = self._addresses.pop(kind, None)
            if self._ended:
                before = address
            else:
                self._addresses[kind] = address
        if before is not None:
            self._files.remove(before)
        return address

    def clear(self) -> None:
        """Lets go of all, and of what comes late."""
        with self._lock:
            self._ended = True
            addresses = list(self._addresses.values())
            self._addresses.clear()
        for address in addresses:
            self._files.remove(address)


def serve_saved_files(app: App, files: SavedFiles) -> None:
    """Adds the addresses that `files` gives to the application."""

    def answer(request: Request) -> Response:
        return files.answer(request.path_params["name"])

    app.starlette_app.router.routes.insert(0, Route(f"/{FOLDER}/{{name}}", answer))
