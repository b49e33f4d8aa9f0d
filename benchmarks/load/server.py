"""A server of its own to put load on, and what can be seen of it from outside."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.load.watch import resident

LIMITLESS = ["--rate", "0", "--rate-per-address", "0", "--max-sessions", "0"]
"""All visitors come from one address here."""


@dataclass(frozen=True)
class Watched:
    """What was seen of a server for a while."""

    alive: list[float]
    """Seconds that each question took whether it is alive."""
    before: int
    peak: int
    after: int
    """Bytes of memory."""


class Server:
    """`attention-atlas serve` on the embedded model."""

    def __init__(self, workers: int = 1, *arguments: str) -> None:
        """Starts it, and waits until the model is loaded."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "attention_atlas.cli", "serve", "--model", "embedded"]
        command += ["--port", str(port), "--workers", str(workers), *LIMITLESS, *arguments]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}/"
        self.pid = self._process.pid
        while not self._answers("readyz"):
            if self._process.poll() is not None:
                raise SystemExit("The server to be measured ended before it answered; see above.")
            time.sleep(0.05)

    def end(self) -> None:
        """Asks it to end, and waits until it has."""
        self._process.terminate()
        self._process.wait()

    def resident(self) -> int:
        """Its bytes of memory."""
        return resident(self.pid)

    def sessions(self) -> int:
        """How many pages it says are connected."""
        return int(self.measured("attention_atlas_sessions"))

    def measured(self, name: str) -> float:
        """One of its figures."""
        with urllib.request.urlopen(f"{self.url}metrics", timeout=60) as answer:
            text = answer.read().decode()
        found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def rest(self) -> int:
        """Waits until all have left; its bytes of memory then."""
        while self.sessions():
            time.sleep(0.1)
        time.sleep(4)  # freed memory goes back a little later
        return self.resident()

    @contextmanager
    def watched(self, seen: list[Watched]) -> Iterator[None]:
        """Watches it meanwhile; what was seen is added to `seen`."""
        before = self.resident()
        command = [sys.executable, "-m", "benchmarks.load.watch", self.url, str(self.pid)]
        watch = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            yield
        finally:
            told = json.loads(watch.communicate()[0])
            seen.append(Watched(told["seconds"], before, told["peak"], self.rest()))

    def _answers(self, path: str) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}{path}", timeout=5).close()
        except OSError:
            return False
        return True


@contextmanager
def server(workers: int = 1, *arguments: str) -> Iterator[Server]:
    """A server, as long as it is needed."""
    one = Server(workers, *arguments)
    try:
        yield one
    finally:
        one.end()
