"""What the measurements of pages share: a server of their own, and what is counted."""

from __future__ import annotations

import json
import os
import platform
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, ViewportSize

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
VIEWPORT: ViewportSize = {"width": 1440, "height": 900}
SLOW = 60_000
"""Milliseconds that one step of getting ready may take."""
ON_SCREEN = Path(__file__).with_name("on_screen.js").read_text(encoding="utf-8")
PLOTLY = "plotly.min.js"


def machine() -> str:
    """The processor and how many of it."""
    name = platform.processor() or platform.machine()
    described = Path("/proc/cpuinfo")
    if described.exists():
        named = re.search(r"^model name\s*:\s*(.+)$", described.read_text(), re.MULTILINE)
        name = named[1] if named else name
    return f"{name}, {os.cpu_count()} cores"


@dataclass(frozen=True)
class Server:
    """The application with the embedded model, in a process of its own."""

    url: str
    pid: int
    started: float
    """Seconds from the command to a page that answers."""


@contextmanager
def atlas() -> Iterator[Server]:
    """Starts a server, waits until it answers, and ends it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "attention_atlas.cli", "--model", "embedded", "--no-browser"]
    begin = time.perf_counter()
    process = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/"
    try:
        while process.poll() is None:
            try:
                urllib.request.urlopen(url, timeout=1).close()
                break
            except OSError:
                continue
        else:
            raise SystemExit("The server to be measured ended before it answered; see above.")
        yield Server(url, process.pid, time.perf_counter() - begin)
    finally:
        process.terminate()
        process.wait()


def generate(page: Page, url: str, text: str) -> None:
    """Opens the page, writes a sentence, and waits until the walk is there."""
    page.add_init_script(ON_SCREEN)
    page.goto(url)
    page.get_by_text("Shown: the embedded model").wait_for(timeout=SLOW)
    page.get_by_label("Sentence", exact=True).fill(text)
    page.get_by_role("button", name="Generate All").click()
    page.get_by_role("table").first.wait_for(timeout=SLOW)


def seen(page: Page, limit: float = SLOW / 1e3) -> float:
    """Waits at most `limit` seconds for what the page looks for; its seconds, by the page."""
    page.wait_for_function("() => onScreen.seen !== null", timeout=limit * 1e3)
    return page.evaluate("() => onScreen.seen") / 1e3


def watch_open(page: Page, wanted: dict[str, Any]) -> None:
    """Has the next page that is opened look for something from its first moment on."""
    page.add_init_script(f"{ON_SCREEN}\nonScreen.opened({json.dumps(wanted)});")


def watch_press(page: Page, event: str, wanted: dict[str, Any], more: int = 0) -> None:
    """Has the page look for something from the next press on, and `more` frames beyond."""
    page.evaluate("([...of]) => onScreen.pressed(...of)", [event, wanted, more])


@dataclass
class Traffic:
    """The bytes that reach a page from now on: files by address, and socket messages."""

    page: Page
    files: Counter[str] = field(default_factory=Counter)
    """As the page reads them."""
    packed: Counter[str] = field(default_factory=Counter)
    """As they are sent, headers included; only those that have arrived whole."""
    messages: int = 0
    """As the page reads them: what the socket packs is not told."""

    def __post_init__(self) -> None:
        """Begins to count."""
        # The page's own log of the network, as files and socket messages count alike in it.
        names: dict[str, str] = {}

        def asked(event: dict[str, Any]) -> None:
            names[event["requestId"]] = event["request"]["url"]

        def received(event: dict[str, Any]) -> None:
            url = names.get(event["requestId"], "")
            if not url.startswith(("data:", "blob:")):  # a picture that the page made itself
                self.files[url] += event["dataLength"]

        def arrived(event: dict[str, Any]) -> None:
            self.packed[names.get(event["requestId"], "")] += int(event["encodedDataLength"])

        def told(event: dict[str, Any]) -> None:
            self.messages += len(event["response"]["payloadData"].encode())

        session = self.page.context.new_cdp_session(self.page)
        session.on("Network.requestWillBeSent", asked)
        session.on("Network.dataReceived", received)
        session.on("Network.loadingFinished", arrived)
        session.on("Network.webSocketFrameReceived", told)
        # Nothing is kept to be read again: a page of 400 MB would be kept too.
        session.send("Network.enable", {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0})

    def again(self) -> None:
        """Counts from here."""
        self.files.clear()
        self.packed.clear()
        self.messages = 0

    @property
    def total(self) -> int:
        """All bytes, as the page reads them."""
        return self.messages + self.files.total()

    def without(self, *scripts: str) -> int:
        """All bytes as the page reads them, but those of files with these ends of address."""
        return self.messages + _without(self.files, scripts)

    def sent_without(self, *scripts: str) -> int:
        """The same with files as they are sent; more than is sent, as messages count unpacked."""
        return self.messages + _without(self.packed, scripts)


def _without(files: Counter[str], scripts: tuple[str, ...]) -> int:
    return sum(size for url, size in files.items() if not url.endswith(scripts))


def resident(pid: int) -> int:
    """The bytes of memory that a process holds."""
    return next((size for other, _, size, _ in _processes() if other == pid), 0)


def _processes() -> Iterator[tuple[int, int, int, str]]:
    """The id, the parent's id, the resident bytes and the command of each process."""
    command = ["ps", "-A", "-o", "pid=,ppid=,rss=,args="]
    for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines():
        pid, parent, kilobytes, *arguments = line.split(None, 3)
        yield int(pid), int(parent), int(kilobytes) * 1024, " ".join(arguments)


class Tab(threading.Thread):
    """Watches the memory of the one tab that this process has open, and ends it above a limit."""

    def __init__(self, limit: int) -> None:
        """Begins to watch; `limit` is in bytes."""
        super().__init__(daemon=True)
        self.limit = limit
        self.peak = 0
        self.too_large = False
        self._over = threading.Event()
        self.start()

    def run(self) -> None:
        """Looks four times a second."""
        while not self._over.wait(0.25):
            for pid, size in self._renderers().items():
                self.peak = max(self.peak, size)
                if size > self.limit:
                    self.too_large = True
                    _end(pid)

    def close(self, kill: bool = False) -> None:
        """Watches no more; with `kill`, a tab that does not answer is ended."""
        self._over.set()
        self.join()
        for pid in self._renderers() if kill else ():
            _end(pid)

    @staticmethod
    def _renderers() -> dict[int, int]:
        """The bytes of each page's process that descends from this one."""
        processes = list(_processes())
        ours = {os.getpid()}
        while more := {pid for pid, parent, *_ in processes if parent in ours} - ours:
            ours |= more
        return {
            pid: size
            for pid, _, size, command in processes
            if pid in ours and "--type=renderer" in command
        }


def _end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
