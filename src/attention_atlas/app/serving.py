"""Running the application on a port, and opening the browser on it."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from attention_atlas.app import logs
from attention_atlas.app.listening import address, listen
from attention_atlas.app.settings import Settings
from attention_atlas.errors import ModelNotFound

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from attention_atlas.app.shared import Shared

LEAVING_SECONDS = 5.0
"""So long threads that are still busy are waited for when all else has ended."""


def serve(
    settings: Settings,
    *,
    host: str | None,
    port: int,
    browser: bool = False,
    command: str = "attention-atlas",
) -> None:
    """Serves the page until it is asked to end.

    Args:
        settings: how it is run.
        host: where it listens; None for this machine's loopback.
        port: the port it listens at.
        browser: whether a browser is opened, if this machine has a screen.
        command: how it was started, for advice.

    Raises:
        ModelNotFound: the model is a path to nothing.
        PortTaken: another program listens there.
        InvalidChoice: nothing can listen there.
        AttentionAtlasError: the workers cannot start.
    """
    check_path(settings.model)
    listening = listen(host, port, command)
    logs.configure(settings.log)
    if settings.workers > 1:
        from attention_atlas.app.workers import supervise

        _announce(listening, settings, browser=browser)
        supervise(settings, listening, _config(settings))
        return

    from attention_atlas.app.shared import Shared

    shared = Shared(settings)
    try:
        config = uvicorn.Config(served(shared), **_config(settings))
        _Server(config, lambda: _announce(listening, settings, browser=browser)).run([listening])
    finally:
        shared.close()
        _leave()


def served(shared: Shared) -> ASGIApp:
    """The application with all that a server puts around it.

    Raises:
        AttentionAtlasError: on a server, there is no folder for temporary files.
    """
    from attention_atlas.app.application import build
    from attention_atlas.app.private_folder import use_for_temporary_files
    from attention_atlas.app.requests import Requests
    from attention_atlas.app.stopping import Lifecycle

    if shared.settings.server:
        use_for_temporary_files(shared.folder)
    return Lifecycle(Requests(build(shared), shared.settings), shared)


def _config(settings: Settings) -> dict[str, Any]:
    logged = {"log_level": "warning"} if settings.log is None else {"log_config": None}
    from attention_atlas.app.keepalive import ANSWER_SECONDS, PING_SECONDS, WebSocket

    return {
        **logged,
        "access_log": False,
        "lifespan": "on",
        "proxy_headers": False,  # Requests believes those that the settings name
        "server_header": False,
        "timeout_graceful_shutdown": 5,
        "timeout_worker_healthcheck": 60,
        "workers": settings.workers,
        "ws": WebSocket,
        "ws_ping_interval": PING_SECONDS,
        "ws_ping_timeout": ANSWER_SECONDS,
        "ws_max_size": settings.max_message_bytes,
    }


class _Server(uvicorn.Server):
    """A server that says when it listens, and that was not killed when it was asked to end."""

    def __init__(self, config: uvicorn.Config, when_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_started = when_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._when_started()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        import signal

        # uvicorn sends itself the signals again that it has heeded; they found what they wanted.
        before = signal.signal(signal.SIGTERM, lambda *_: None)
        try:
            super().run(sockets)
        finally:
            signal.signal(signal.SIGTERM, before)


def _announce(listening: socket.socket, settings: Settings, *, browser: bool) -> None:
    where = address(listening)
    if settings.log is None:
        print(f"Attention Atlas is at {where}  (Ctrl+C ends it)", flush=True)
    else:
        logs.event("listening", address=where, workers=settings.workers, model=settings.model)
    if browser and has_display():
        threading.Thread(target=webbrowser.open, args=(where,), daemon=True).start()


def _leave() -> None:
    """Sees to it that the process ends: a thread that hangs at a dead network would hold it."""

    def end() -> None:
        threading.main_thread().join()
        time.sleep(LEAVING_SECONDS)
        os._exit(0)

    threading.Thread(target=end, name="leaving", daemon=True).start()


def has_display() -> bool:
    """Whether this machine has a screen to open a browser on."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def check_path(name: str) -> None:
    """That the folder is there, if the name of a model looks like one.

    Raises:
        ModelNotFound: it is not.
    """
    looks_like_a_path = name.startswith((".", "~", os.sep)) or name.count("/") > 1
    if looks_like_a_path and not Path(name).expanduser().is_dir():
        raise ModelNotFound(
            f"There is no folder {name}. Give a folder that holds a checkpoint, a hub id such as "
            'bert-base-uncased, or "embedded".'
        )
