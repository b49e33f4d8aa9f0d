"""The files the browser asks for: ours, and Plotly's script as its package ships it; packed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from shiny import App
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

BROWSER_FILES = frozenset({".js", ".css", ".svg", ".ico"})
A_DAY = "public, max-age=86400"
ASK_AGAIN = "no-cache"
"""Cached, but checked with the server each time: our files change with every version."""


class BrowserFiles(StaticFiles):
    """A folder of which only scripts, styles and icons are given away."""

    def __init__(self, directory: Path, cache: str) -> None:
        """Serves `directory` with the given Cache-Control."""
        super().__init__(directory=directory)
        self._cache = cache

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 404 for anything a browser has no use for."""
        if Path(path).suffix not in BROWSER_FILES:
            raise HTTPException(status_code=404)
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = self._cache
        return response


class Packed:
    """Sends page, scripts and styles gzipped to browsers that take it.

    Plotly's script goes as it is: to pack 5 MB for each visitor would hold up all others, and a
    browser asks for it once a day. So do the files that a person saves.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Packs what `app` sends."""
        self._app = app
        self._packing = GZipMiddleware(app, minimum_size=1000, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Packed or not, by the address."""
        path = scope.get("path", "")
        plain = path.startswith(("/plotly/", "/saved/"))
        await (self._app if plain else self._packing)(scope, receive, send)


def serve_static_files(app: App, static: Path, views: Path) -> None:
    """Adds /app/static, /views and /plotly to the application."""
    routes: list[BaseRoute] = [
        Mount("/app/static", BrowserFiles(static, ASK_AGAIN)),
        Mount("/views", BrowserFiles(views, ASK_AGAIN)),
        Mount("/plotly", BrowserFiles(_plotly_folder(), A_DAY)),
    ]
    app.starlette_app.router.routes[:0] = routes
    app.starlette_app.add_middleware(Packed)


def _plotly_folder() -> Path:
    spec = importlib.util.find_spec("plotly")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("plotly is not installed; `pip install plotly` brings it")
    return Path(spec.origin).parent / "package_data"
