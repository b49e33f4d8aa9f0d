"""Around the whole application on a server: who asks, under which number, and how it went."""

from __future__ import annotations

import ipaddress
import logging
import time
from ipaddress import IPv4Address, IPv6Address
from secrets import token_hex
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from attention_atlas.app.logs import ASKED, Asked, asking, event, well_formed
from attention_atlas.app.settings import Settings

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
ROUTES = (
    "app", "views", "plotly", "lib", "saved", "websocket", "healthz", "readyz", "metrics",
)  # fmt: skip
"""The first part of every path that the application knows. No other is told: it is a visitor's."""
QUIET = ("app", "views", "plotly", "lib", "healthz", "readyz", "metrics")
"""Those that are told of only when they fail: a page asks for a hundred of them."""

_log = logging.getLogger(__name__)


class Requests:
    """Gives every request an id, tells how it ended, and believes trusted proxies alone."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        """Stands around `app`."""
        self._trusted = [ipaddress.ip_network(one) for one in settings.trusted_proxies]
        self._app = app
        self._behind: Any = ProxyHeadersMiddleware(
            app,  # pyright: ignore[reportArgumentType]
            list(settings.trusted_proxies),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or holds one websocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        trusted = self._trusts(_plain_address(scope))
        theirs = Headers(scope=scope).get("x-request-id", "") if trusted else ""
        asked = scope[ASKED] = Asked(theirs if well_formed(theirs) else token_hex(8))
        token = asking.set(asked)
        answer = _Answer(asked, scope, send)
        begun = time.perf_counter()
        try:
            await (self._behind if trusted else self._app)(scope, receive, answer.send)
        except Exception:
            _log.exception("a request failed")
            await answer.apologise()
        finally:
            answer.tell(time.perf_counter() - begun)
            asking.reset(token)

    def _trusts(self, address: IPv4Address | IPv6Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def _plain_address(scope: Scope) -> IPv4Address | IPv6Address | None:
    """Who is at the other end; one of IPv4 as such, though it came in at an IPv6 socket."""
    if scope.get("client") is None:
        return None
    host, port = scope["client"]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
        scope["client"] = (str(address), port)
    return address


class _Answer:
    """What is sent to one who asks."""

    def __init__(self, asked: Asked, scope: Scope, send: Send) -> None:
        self._id = str(asked.id)
        self._scope = scope
        self._send = send
        self._status: int | None = None
        self._begun = False

    async def send(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            MutableHeaders(scope=message)["X-Request-ID"] = self._id
            self._status, self._begun = message["status"], True
        elif message["type"] == "websocket.accept":
            self._status, self._begun = 101, True
            message.setdefault("headers", [])
            MutableHeaders(scope=message)["X-Request-ID"] = self._id
        elif message["type"] == "websocket.close" and not self._begun:
            self._status, self._begun = 403, True
        await self._send(message)

    async def apologise(self) -> None:
        """Says that it went wrong, if nothing was said yet."""
        if self._begun:
            return
        if self._scope["type"] == "websocket":
            await self.send({"type": "websocket.close", "code": 1011})
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        body = f"Something went wrong. The log knows it as {self._id}.\n".encode()
        await self.send({"type": "http.response.body", "body": body})

    def tell(self, seconds: float) -> None:
        first = self._scope["path"].lstrip("/").partition("/")[0]
        known = first in ROUTES or not first
        failed = self._status is None or self._status >= 400
        fine_to_skip = first in QUIET and (not failed or first == "readyz")
        method = self._scope.get("method", "GET")
        event(
            "websocket" if self._scope["type"] == "websocket" else "request",
            logging.DEBUG if fine_to_skip else logging.INFO,
            method=method if method in METHODS else "other",
            route=f"/{first}" if known else "other",
            status=self._status,
            seconds=round(seconds, 4),
        )
