"""The application beside a person's own code: it opens on a trace that is at hand."""

from __future__ import annotations

import contextlib
import socket
import threading
import webbrowser
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import uvicorn
from htmltools import tags

from attention_atlas.app.application import create_app
from attention_atlas.app.rooms import Rooms
from attention_atlas.app.serving import has_display
from attention_atlas.app.settings import Settings
from attention_atlas.errors import InvalidChoice
from attention_atlas.views.choice import head_of, token_of

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace

HOST = "127.0.0.1"
_STOPS_IN = 10.0
"""Seconds that a pass which is running gets to end."""


class RunningApplication:
    """An application that runs in a thread of this process, for this machine only.

    It ends with `stop()`, at the end of a `with`, or with the process.
    """

    def __init__(self, server: uvicorn.Server, listening: socket.socket, fragment: str) -> None:
        """Starts `server` on a socket that listens already, and waits until it answers."""
        self._server = server
        self._listening = listening
        port = listening.getsockname()[1]
        self.url = f"http://{HOST}:{port}/#{fragment}"
        """Where a browser on this machine finds it."""
        self._thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listening]}, name="attention-atlas", daemon=True
        )
        self._thread.start()
        while not server.started and self._thread.is_alive():
            self._thread.join(0.02)
        if not server.started:
            raise InvalidChoice(f"The application could not be started at port {port}.")

    @property
    def running(self) -> bool:
        """Whether it still answers."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ends the application; its address answers no more."""
        self._server.should_exit = True
        self._thread.join(_STOPS_IN)
        with contextlib.suppress(OSError):
            self._listening.close()

    def __enter__(self) -> RunningApplication:
        """Itself: `with aa.show(trace) as application:`."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Stops."""
        self.stop()

    def __repr__(self) -> str:
        """`RunningApplication(http://127.0.0.1:8123/)`; without the sentence, which may be long."""
        state = "" if self.running else ", stopped"
        return f"RunningApplication({self.url.partition('#')[0]}{state})"

    def _repr_html_(self) -> str:
        if not self.running:
            return str(tags.p("The application was stopped."))
        return str(tags.p(tags.a("Attention Atlas", href=self.url, target="_blank")))


def show(
    trace: Trace,
    layer: int = 3,
    head: int = 5,
    token: int | None = None,
    *,
    port: int = 0,
    browser: bool = True,
) -> RunningApplication:
    """Opens the whole application on a trace, with the model that made it.

    The application answers on this machine only, and reads the trace's sentence again.

    Args:
        trace: the trace; it needs its model.
        layer: the layer it opens on, counted from 0; the model's last if there are fewer.
        head: the head it opens on, counted from 0; the last if there are fewer.
        token: the index of the focused token; None for none.
        port: where to listen; 0 finds a free one.
        browser: whether a browser is opened, if this machine has a screen.

    Raises:
        NeedsModel: the trace was loaded from a file without its model.
        InvalidChoice: there is no such token, or nothing can listen at `port`.
    """
    model = trace.model
    model.require("The application")
    layer, head = min(layer, model.layers - 1), min(head, model.heads - 1)
    choices = {
        "text": trace.text,
        "pair": trace.pair or "",
        "layer": trace.layers[layer].index + 1,
        "head": head_of(trace, head) + 1,
        "token": "" if token is None else token_of(trace, token).index,
    }
    fragment = urlencode({name: value for name, value in choices.items() if value != ""})
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise InvalidChoice(
            f"Nothing can listen at port {port} ({error.strerror or error}). Choose another, or 0 "
            "for one that is free."
        ) from None
    rooms = Rooms()
    rooms.bring(model)
    config = uvicorn.Config(create_app(Settings(model=model.name), rooms), log_level="warning")
    application = RunningApplication(uvicorn.Server(config), listening, fragment)
    if browser and has_display():
        threading.Thread(target=webbrowser.open, args=(application.url,), daemon=True).start()
    return application
