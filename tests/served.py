"""`attention-atlas serve` in a process of its own, and visitors that come without a browser."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psutil
from websockets.sync.client import ClientConnection, connect

PATIENCE = 120.0


def wait_for(what: Callable[[], Any], why: str = "what is waited for") -> Any:
    """Waits until `what()` gives something, and gives it on."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError(f"{why} did not come")


def free_port() -> int:
    """A port that nothing listens on, below those that the system gives to whoever asks for any."""
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Served:
    """A server. All it writes goes into `folder`."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        through: Sequence[str] = (sys.executable, "-m", "attention_atlas.cli"),
        **environment: str,
    ) -> None:
        self.port: int = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.temporary = folder / "temporary"
        self.temporary.mkdir(parents=True)
        self._written = folder / "written"
        self.process = subprocess.Popen(
            [*through, "serve", "--port", str(self.port), *arguments],
            stdout=self._written.open("w"),
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(self.temporary), **environment},
        )

    def written(self) -> str:
        """Everything it wrote to its terminal."""
        return self._written.read_text("utf-8")

    def log(self) -> list[dict[str, Any]]:
        """What it wrote, where it writes JSON."""
        return [json.loads(line) for line in self.written().splitlines()]

    def get(self, path: str, **headers: str) -> tuple[int, str, Mapping[str, str]]:
        """Status, text and headers of an answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with urllib.request.urlopen(
                urllib.request.Request(self.url + path, headers=named), timeout=PATIENCE
            ) as answer:
                return answer.status, answer.read().decode("utf-8", "replace"), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode("utf-8", "replace"), error.headers

    def answers(self, path: str = "/healthz", status: int = 200, says: str = "") -> bool:
        """Whether it answers like this."""
        try:
            found, text, _ = self.get(path)
        except OSError:
            assert self.process.poll() is None, self.written()
            return False
        return found == status and says in text

    def wait_until_ready(self) -> None:
        wait_for(lambda: self.answers("/readyz"), "the model")

    def kept(self) -> list[Path]:
        """The files and folders it has on the disk, also while some of them go."""
        found = os.walk(self.temporary)  # unlike a glob, it passes over a folder that went
        return [Path(folder, name) for folder, within, files in found for name in within + files]

    def workers(self) -> set[int]:
        """The processes that serve."""
        below = psutil.Process(self.process.pid).children()
        alive = [one for one in below if one.status() != psutil.STATUS_ZOMBIE]
        return {one.pid for one in alive if "spawn_main" in " ".join(one.cmdline())}

    def signal(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        """Waits for its end, and gives its exit code."""
        return self.process.wait(timeout=PATIENCE)

    def end(self) -> None:
        """Ends it, however it is."""
        if self.process.poll() is None:
            below = psutil.Process(self.process.pid).children()
            self.process.kill()
            for one in below:
                one.kill()
            self.process.wait()


class Visitor:
    """A page without a browser: it sends what ours sends, and keeps what it is told."""

    def __init__(
        self, server: Served, headers: Mapping[str, str] | None = None, host: str = "localhost"
    ) -> None:
        self.told: list[tuple[str, Any]] = []
        self._open = ExitStack()
        self.connection: ClientConnection = self._open.enter_context(
            connect(
                f"ws://{host}/websocket/",
                sock=socket.create_connection(("127.0.0.1", server.port)),
                max_size=None,
                open_timeout=PATIENCE,
                close_timeout=1,
                additional_headers=headers,
            )
        )
        config = json.loads(self.connection.recv(timeout=PATIENCE))
        self.id: str = config["config"]["sessionId"]
        self._send("init", {})

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        """Closes the page."""
        self._open.close()

    def _send(self, method: str, data: Mapping[str, Any]) -> None:
        self.connection.send(json.dumps({"method": method, "data": data}))

    def set(self, **inputs: Any) -> None:
        """Reports inputs."""
        self._send("update", inputs)

    def hear(self, name: str, /, **holds: Any) -> Any:
        """Waits for a message of this kind that holds these values."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            said = json.loads(self.connection.recv(timeout=deadline - time.monotonic()))
            for one, message in said.get("custom", {}).items():
                self.told.append((one, message))
                if one == name and holds.items() <= message.items():
                    return message
        raise AssertionError(f"no {name} {holds} in {self.told}")

    def generate(self, text: str, end: str = "done") -> dict[str, Any]:
        """Runs a sentence, and gives how it ended."""
        self.set(generate={"text": text, "pair": "", "token": 1})
        return self.hear("aa-progress", stage=end)

    def save(self, view: str = "attention-map", format: str = "csv") -> dict[str, Any]:
        """Saves a view; gives what is told of the file, or why there is none."""
        options = {
            "number": 1, "view": view, "format": format, "columns": 1, "theme": "light",
        }  # fmt: skip
        self.set(save_figure=options)
        while True:
            said = self.hear("aa-saved", kind="figure")
            if "file" in said or "refusal" in said:
                return said
