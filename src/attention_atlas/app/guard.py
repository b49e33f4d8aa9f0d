"""Who may talk to the application, and what a browser may do with what it answers.

Around everything else. A page that another site opened in somebody's browser must not reach the
application on that person's machine, neither by a name that it makes point here (DNS rebinding)
nor by a websocket of its own; and nothing that the application serves runs anybody's script but
ours, or is shown inside another's page.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from logging import WARNING
from typing import cast
from urllib.parse import urlsplit

from htmltools import RenderedHTML
from shiny import App
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from attention_atlas.app import metering
from attention_atlas.app.limits import Limits
from attention_atlas.app.logs import event
from attention_atlas.app.messages import HOSTILE, Filtered
from attention_atlas.app.outgoing import Outgoing
from attention_atlas.app.policy import OF_PARTS, headers_of, inline_scripts, is_part
from attention_atlas.app.settings import Settings

METHODS = ("GET", "HEAD")
LONGEST_PATH, LONGEST_QUERY = 2_048, 4_096
MOST_HEADERS, LONGEST_HEADERS = 100, 32_768
MOST_TOLD = 20
"""So many origins that were refused are told in the log."""

FULL = 1013
"""The close code that says "try again later": the server is full."""

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[a-z0-9.:\[\]_-]{1,260}")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def guard(app: App, settings: Settings, limits: Limits) -> None:
    """Puts a Guard around the application; what is added after it is around the Guard."""
    page = cast("RenderedHTML", app.ui)["html"]  # it is made once
    scripts = inline_scripts(page)
    app.starlette_app.add_middleware(Guard, settings=settings, limits=limits, scripts=scripts)


class Guard:
    """Refuses what is not for us, and says with each answer what a browser may do with it."""

    def __init__(
        self, app: ASGIApp, settings: Settings, limits: Limits, scripts: Iterable[str] = ()
    ) -> None:
        """Stands before `app`.

        Args:
            app: what is guarded.
            settings: hosts, origins and frames that are allowed.
            limits: count the pages that connect.
            scripts: the scripts written out in the page itself, which may run as they are.
        """
        self._app = app
        self._settings = settings
        self._limits = limits
        self._hosts = {host.lower().rstrip(".") for host in settings.hosts}
        self._origins = {origin.lower().rstrip("/") for origin in settings.origins}
        self._headers = headers_of(settings, scripts)
        self._told: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses, or hands on."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                part = is_part(headers.get("content-type", ""))
                for name, value in self._headers.items():
                    if not part or name in OF_PARTS:
                        headers.setdefault(name, value)
                # Elsewhere than at a trustworthy address a browser ignores it, and complains.
                if not part and _is_trustworthy(scope):
                    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
            await send(message)

        refusal = self._wrong_host(scope) or _malformed(scope)
        if refusal is not None:
            await refusal(scope, receive, with_headers)
            return
        try:
            await self._app({**scope, "query_string": _query(scope)}, receive, with_headers)
        except Exception:
            if not begun:
                await _refusal(500, "Something went wrong here.")(scope, receive, with_headers)
            raise

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._wrong_host(scope) or self._wrong_origin(scope)
        if refusal is not None:
            await _deny(refusal, scope, receive, send)
            return
        if not self._limits.enter((scope.get("client") or ("",))[0]):
            await send({"type": "websocket.accept"})
            await send(
                {"type": "websocket.close", "code": FULL, "reason": "The server is full just now."}
            )
            return
        try:
            filtered = Filtered(receive, send, paced=self._settings.server)
            outgoing = Outgoing(filtered.receive, filtered.send)
            await outgoing.hold(self._app, {**scope, "query_string": b""})
        finally:
            self._limits.leave()

    def _wrong_host(self, scope: Scope) -> PlainTextResponse | None:
        """A refusal if the name that the request was sent to is none of ours.

        Any number is: it cannot be made to point elsewhere. So is any name where the application
        listens beyond this machine and nobody said by which: who can send a browser there could
        go there as well.
        """
        hosts = Headers(scope=scope).getlist("host")
        if not hosts:  # no browser
            return None
        name = _name(hosts[0]) if len(hosts) == 1 else None
        if name is not None and (
            name == "localhost"
            or _as_address(name) is not None
            or name in self._hosts
            or (not self._hosts and _listens_beyond(scope))
        ):
            return None
        metering.refused("host")
        if name is None:
            return PlainTextResponse("The Host header names no host.\n", status_code=400)
        return PlainTextResponse(
            f"This application is not known as {name}. If it should be, whoever runs it starts it "
            f"with: attention-atlas serve --host-name {name}\n",
            status_code=400,
        )

    def _wrong_origin(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        origins = headers.getlist("origin")
        if not origins:  # no browser
            return None
        origin = origins[0].lower()
        secure = scope["scheme"] == "wss"
        if len(origins) == 1 and (
            origin in self._origins or _same_origin(origin, headers.get("host", ""), secure)
        ):
            return None
        metering.refused("origin")
        self._tell(origin, headers.get("host", ""))
        return PlainTextResponse(
            "A page of another site may not connect here. If it should, whoever runs this "
            "application starts it with: attention-atlas serve --origin, and the site's origin.\n",
            status_code=403,
        )

    def _tell(self, origin: str, host: str) -> None:
        """Once for each origin: behind a proxy that changes the host, this is the only trace."""
        if origin in self._told or len(self._told) >= MOST_TOLD or not _ORIGIN.fullmatch(origin):
            return
        self._told.add(origin)
        known_as = host if _HOST.fullmatch(host.lower()) else None
        event("a page of another site was refused", WARNING, origin=origin, host=known_as)


def _malformed(scope: Scope) -> PlainTextResponse | None:
    path: str = scope["path"]
    headers = Headers(scope=scope)
    if scope["method"] not in METHODS:
        return _refusal(405, "This application answers GET and HEAD.", Allow=", ".join(METHODS))
    if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        return _refusal(413, "This application takes no files.", Connection="close")
    if len(path) > LONGEST_PATH or len(scope["query_string"]) > LONGEST_QUERY:
        return _refusal(414, "This address is too long.")
    length = sum(len(name) + len(value) for name, value in headers.raw)
    if len(headers.raw) > MOST_HEADERS or length > LONGEST_HEADERS:
        return _refusal(431, "The headers of this request are too many, or too long.")
    if ".." in path.split("/") or re.search(r"[\x00-\x1f\x7f\\]", path):
        return _refusal(400, "There is no such path.")
    if path.startswith("/session/"):  # Shiny's uploads, downloads and snapshots; we use none
        return _refusal(404, "There is nothing here.")
    return None


def _refusal(status: int, text: str, **headers: str) -> PlainTextResponse:
    return PlainTextResponse(f"{text}\n", status_code=status, headers=headers)


async def _deny(response: PlainTextResponse, scope: Scope, receive: Receive, send: Send) -> None:
    """Refuses the handshake, and says why where the server can."""
    await receive()  # websocket.connect
    if "websocket.http.response" in scope.get("extensions", {}):
        await response(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": HOSTILE})


def _query(scope: Scope) -> bytes:
    """Of the page Shiny would read a saved state out of it, which ours has none of."""
    return b"" if scope["path"] == "/" else scope["query_string"]


def _name(host: str) -> str | None:
    match = _HOST.fullmatch(host.lower())
    return None if match is None else match["name"].rstrip(".")


def _as_address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return None


def _listens_beyond(scope: Scope) -> bool:
    """Whether the request came to another address of this machine than its loopback."""
    server = scope.get("server")
    address = None if server is None else _as_address(server[0].partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address is not None and not address.is_loopback


def _same_origin(origin: str, host: str, secure: bool) -> bool:
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return False
    match = _HOST.fullmatch(host.lower())
    if match is None or parts.scheme not in _DEFAULT_PORTS or (secure and parts.scheme == "http"):
        return False
    default = _DEFAULT_PORTS[parts.scheme]
    netloc = _HOST.fullmatch(parts.netloc)
    return (
        netloc is not None
        and netloc["name"] == match["name"]
        and (port or default) == int(match["port"] or default)
    )


def _is_trustworthy(scope: Scope) -> bool:
    name = _name(Headers(scope=scope).get("host", "")) or ""
    address = _as_address(name)
    here = name == "localhost" or (address is not None and address.is_loopback)
    return here or scope["scheme"] == "https"
