"""The log of a server: one line an event, for machines or for people. Never what a visitor wrote.

A line is made of what we know is ours: the template of a message without the texts that would be
put into it, the types of errors without their messages, places in the code. What other code
prints, tracebacks above all, is told in the same way. So nothing that a visitor types is in it,
whichever part of the application stumbles over it.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import sys
import threading
import time
import traceback
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timezone
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from attention_atlas.terminal import DOWNLOADING

if TYPE_CHECKING:
    from shiny import Session

Kind = Literal["text", "json"]

MOST_ALIKE = 10
"""So many warnings from one place are told in a minute; then how many there were besides."""
PLACES = 8
"""So many places of a traceback are told: the last, where it happened."""
SHORT = 8
"""Signs of a session's id that are told; who knows the whole may fetch the session's files."""

ASKED = "attention_atlas.asked"
"""Where it stands in a request's scope."""


@dataclass
class Asked:
    """What is known of a request, or of a page's connection."""

    id: str | None
    session: str | None = None


asking: ContextVar[Asked | None] = ContextVar("asking", default=None)
"""What is being answered."""

_OURS = ("attention_atlas", "uvicorn")
_log = logging.getLogger(__name__)


def event(name: str, level: int = logging.INFO, **fields: Any) -> None:
    """Tells that something happened. `fields` hold nothing that a visitor wrote."""
    _log.log(level, name, extra={"fields": fields})


def configure(kind: Kind | None) -> None:
    """From now on everything that the process logs is one line an event; None leaves it as is."""
    if kind is None:
        return
    handler = logging.StreamHandler(sys.__stderr__)
    handler.setFormatter(_Lines(kind))
    handler.addFilter(_Flood())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    logging.raiseExceptions = False  # it would print the record, texts and all
    logging.captureWarnings(True)


def overhear() -> None:
    """From now on what anybody prints is told in the log, and not what it is.

    Before the first visitor there is nothing to hide, and whoever starts a server wants to read
    what is wrong with it.
    """
    sys.stdout, sys.stderr = Overheard("stdout"), Overheard("stderr")


class _Lines(logging.Formatter):
    """One line a record."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self._kind = kind

    def format(self, record: logging.LogRecord) -> str:
        told = _told(record)
        if self._kind == "json":
            return json.dumps(told, ensure_ascii=True)
        time, level, name = (told.pop(key) for key in ("time", "level", "event"))
        said = [f"{key}={_plain(value)}" for key, value in told.items()]
        return "  ".join([time, level.upper(), name, *said])


def _plain(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if re.fullmatch(r"[!-~]+", text) else json.dumps(text)


def _told(record: logging.LogRecord) -> dict[str, Any]:
    asked = _who()
    told: dict[str, Any] = {
        "time": _utc(record.created),
        "level": record.levelname.lower(),
        "event": _event(record),
        "request": asked.id,
        "session": asked.session,
        "process": os.getpid(),
    }
    told |= getattr(record, "fields", {})
    if record.exc_info and record.exc_info[0] is not None:
        told |= _of_exception(*record.exc_info)
    return {name: value for name, value in told.items() if value is not None}


def _utc(seconds: float) -> str:
    try:
        at = datetime.fromtimestamp(seconds, timezone.utc)
    except (OverflowError, OSError, ValueError):  # the clock is out of its mind
        at = datetime.fromtimestamp(0, timezone.utc)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _event(record: logging.LogRecord) -> str:
    if not record.name.startswith(_OURS):
        return f"{record.name} has something to say"
    if not isinstance(record.msg, str):
        return "an event without a name"
    # What a template asks for is put in where it is a number, and nowhere else.
    arguments = iter(record.args if isinstance(record.args, tuple) else ())

    def known(match: re.Match[str]) -> str:
        value = next(arguments, None)
        return str(value) if type(value) in (int, float, bool) else "…"

    return re.sub(r"%[-+ #0]*\d*(?:\.\d+)?[sdifgr]", known, record.msg).splitlines()[0][:200]


def _of_exception(
    kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
) -> dict[str, Any]:
    kinds: list[str] = []
    at = error
    while at is not None and len(kinds) < 5:
        kinds.append(_type(at))
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return {"error": " from ".join(kinds) or _name(kind), "places": _places(trace)}


def _type(error: BaseException) -> str:
    return _name(type(error))


def _name(kind: type[BaseException] | None) -> str:
    return "unknown" if kind is None else f"{kind.__module__}.{kind.__qualname__}"


def _places(trace: TracebackType | None) -> list[str]:
    return [
        place(frame.f_code.co_filename, line, frame.f_code.co_name)
        for frame, line in list(traceback.walk_tb(trace))[-PLACES:]
    ]


def place(path: str, line: int, function: str) -> str:
    """Where in the code: the package is enough of the path."""
    parts = path.replace("\\", "/").split("/")
    return f"{'/'.join(parts[-3:])}:{line} {function}"


def began(session: Session) -> None:
    """A session has begun: from now on it stands in the lines of its connection, too."""
    if (asked := _asked(session)) is not None:
        asked.session = session.id[:SHORT]
    event("session began")


def _who() -> Asked:
    """The request that something happens for."""
    from shiny.session import get_current_session

    # Shiny runs the effects of all sessions in the task of whichever page spoke last.
    session = get_current_session()
    asked = asking.get() if session is None else _asked(session)
    return asked or Asked(None)


def _asked(session: Session) -> Asked | None:
    return getattr(getattr(session, "http_conn", None), "scope", {}).get(ASKED)


class _Flood(logging.Filter):
    """Lets only so many warnings and errors from one place through in a minute."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[object, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        fields = dict(getattr(record, "fields", {}))
        key = (record.pathname, record.lineno, str(fields.get("places")), fields.get("error"))
        now = time.monotonic()
        with self._lock:
            if len(self._seen) > 1_000:
                self._seen.clear()
            since, count = self._seen.get(key, (now, 0))
            left_out = 0
            if now - since >= 60:
                left_out, since, count = max(0, count - MOST_ALIKE), now, 0
            self._seen[key] = since, count + 1
        if left_out:
            fields["left_out"] = left_out
            record.fields = fields
        return count < MOST_ALIKE


class Overheard(io.TextIOBase):
    """Takes the place of stdout or stderr: tells that something was written, and not what.

    Of a traceback the type of the error and the places are told, and not its message.
    """

    def __init__(self, name: str) -> None:
        """Stands for the stream `name`."""
        super().__init__()
        self._name = name
        self._written = threading.local()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Listens to `text`."""
        left: str = getattr(self._written, "left", "") + text
        *lines, self._written.left = left.split("\n")
        if len(self._written.left) > 10_000:  # of a line, only how it begins is looked at
            self._written.left = self._written.left[:1_000]
        for line in lines:
            self._hear(line)
        return len(text)

    def flush(self) -> None:
        """Tells of what has no end yet."""

    def _hear(self, line: str) -> None:
        places: list[str] | None = getattr(self._written, "places", None)
        if line.startswith(DOWNLOADING):  # which the log tells itself
            return
        if line.startswith("Traceback (most recent call last):"):
            self._written.places = []
        elif places is None:
            if line.strip():
                event("something was printed", logging.WARNING, to=self._name)
        elif (match := _FRAME.fullmatch(line)) is not None:
            places.append(place(match[1], int(match[2]), match[3]))
        elif (match := _LAST.match(line)) is not None:
            self._written.places = None
            event("an error was printed", logging.ERROR, error=match[1], places=places[-PLACES:])
        elif line and not line.startswith(" "):  # none of Python's
            self._written.places = None


_FRAME = re.compile(r'  File "(.*)", line (\d+), in (\S+)')
_LAST = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*)(?::|$)")


def well_formed(text: str) -> bool:
    """Whether a request id of somebody else's may stand in the log."""
    return re.fullmatch(r"[A-Za-z0-9._-]{8,64}", text) is not None
