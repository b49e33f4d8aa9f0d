"""What machines ask: is it alive, is it ready, and what can be measured of it."""

from __future__ import annotations

import ipaddress
import os

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from shiny import App
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from attention_atlas.app import metering
from attention_atlas.app.generating import title
from attention_atlas.app.settings import Settings
from attention_atlas.app.shared import Shared

MEASURES_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that tells prometheus_client where workers put what they measure together."""

_FORWARDING = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_UNKEPT = {"Cache-Control": "no-store"}


def serve_health(app: App, shared: Shared) -> None:
    """Adds /healthz, /readyz and /metrics to the application."""

    async def healthz(request: Request) -> Response:
        return PlainTextResponse("alive\n", headers=_UNKEPT)

    async def readyz(request: Request) -> Response:
        obstacle = unready(shared)
        return PlainTextResponse(
            f"{obstacle or 'ready'}\n", status_code=503 if obstacle else 200, headers=_UNKEPT
        )

    def metrics(request: Request) -> Response:
        if not may_measure(shared.settings, request):
            return PlainTextResponse("Not Found\n", status_code=404)
        # What a session held goes with its last picture, and nobody is told of that.
        metering.cache_bytes(shared.results.nbytes)
        return Response(measures(), media_type=CONTENT_TYPE_LATEST, headers=_UNKEPT)

    app.starlette_app.router.routes[:0] = [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]


def unready(shared: Shared) -> str | None:
    """In a few words, why no visitor should be sent here now; None if there is no reason."""
    if shared.draining:
        return "draining"
    room = shared.rooms.look(shared.offered.first)
    if room.status == "ready":
        return None
    if room.status == "failed":
        return f"{title(room.name)} could not be loaded; the log says why"
    return f"loading {title(room.name)}"


def may_measure(settings: Settings, request: Request) -> bool:
    """Whether whoever asks may read the metrics.

    "local" is a program on this machine. A proxy on this machine speaks for others, and says so.
    """
    if settings.metrics != "local":
        return settings.metrics == "everyone"
    if request.client is None or any(name in request.headers for name in _FORWARDING):
        return False
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback


def measures() -> bytes:
    """Everything that is measured, of all workers together, as Prometheus reads it."""
    if MEASURES_FOLDER not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return generate_latest(registry)
