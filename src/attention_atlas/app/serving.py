"""Running the application on a port, and opening the browser on it."""

from __future__ import annotations

import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path

import uvicorn

from attention_atlas.app.application import create_app
from attention_atlas.app.rooms import Rooms
from attention_atlas.app.settings import Settings
from attention_atlas.errors import InvalidChoice, ModelNotFound
from attention_atlas.models.catalog import EMBEDDED_MODEL


def serve(model_name: str, *, host: str, port: int, browser: bool) -> None:
    """Serves the page until it is interrupted.

    Raises ModelNotFound when `model_name` is a path to nothing, and InvalidChoice when the
    address cannot be listened at.
    """
    _check_path(model_name)
    _check_address(host, port)
    address = f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0', '::') else host}:{port}"
    rooms = Rooms()

    def started() -> None:
        _announce(address, browser=browser)
        rooms.ask(EMBEDDED_MODEL)
        rooms.ask(model_name)

    config = uvicorn.Config(
        create_app(Settings(model=model_name), rooms), host, port, log_level="warning"
    )
    _Server(config, started).run()


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config, when_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_started = when_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._when_started()


def _announce(address: str, *, browser: bool) -> None:
    print(f"Attention Atlas is at {address}  (Ctrl+C ends it)", flush=True)
    if browser and has_display():
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def has_display() -> bool:
    """Whether this machine has a screen to open a browser on."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _check_path(name: str) -> None:
    looks_like_a_path = name.startswith((".", "~", os.sep)) or name.count("/") > 1
    if looks_like_a_path and not Path(name).expanduser().is_dir():
        raise ModelNotFound(
            f"There is no folder {name}. Give a folder that holds a checkpoint, a hub id such as "
            'bert-base-uncased, or "embedded".'
        )


def _check_address(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InvalidChoice(
                f"Nothing can listen at {host}, port {port} ({error.strerror or error}). "
                "Choose another with --port, for example --port 8001."
            ) from None
