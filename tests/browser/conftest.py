"""The application in a process of its own, and a real Chromium that looks at it.

A browser test fails when anything goes wrong that a person would not see at once: an error on
the console, a request that failed, or a traceback in the server's terminal. Nothing is excused.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright
from scripts.ensure_chromium import find

import attention_atlas as aa
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace
from browser_page import SENTENCE, SLOW, AtlasPage
from served import free_port

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

expect.set_options(timeout=30_000)  # a machine with two busy cores takes its time


class Application:
    """One running application."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._log = folder / f"server-{port}.log"
        command = [sys.executable, "-m", "attention_atlas.cli", "--port", str(port), "--no-browser"]
        self._process = subprocess.Popen(
            [*command, *arguments],
            stdout=subprocess.DEVNULL,
            stderr=self._log.open("w"),
            env={**os.environ, "PYTHONWARNINGS": "ignore", **environment},
        )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self.terminal()
            try:
                with urllib.request.urlopen(self.url, timeout=1):
                    return
            except OSError:
                continue
        raise AssertionError(f"the application did not answer: {self.terminal()}")

    def terminal(self) -> str:
        """Everything the server wrote to its terminal."""
        return self._log.read_text()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=60)


def _failure(request: Request) -> list[str]:
    # Chromium drops what it was still fetching for a page that is left: nothing failed.
    if request.failure == "net::ERR_ABORTED":
        return []
    return [f"failed: {request.url} {request.failure}"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = find()
    assert executable, "no Chromium: run scripts/ensure_chromium.py"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Application]]:
    """Starts applications that end with the session."""
    running: list[Application] = []
    folder = tmp_path_factory.mktemp("servers")

    def start(*arguments: str, **environment: str) -> Application:
        application = Application(folder, *arguments, **environment)
        running.append(application)
        return application

    yield start
    for application in running:
        application.stop()


@pytest.fixture(scope="session")
def embedded_application(start: Callable[..., Application]) -> Application:
    """The application on the embedded model, shared by the tests."""
    return start("--model", "embedded")


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., AtlasPage]]:
    """Opens an application in a fresh browser profile, and watches it."""
    opened: list[tuple[Page, Application, list[str], str]] = []

    def open_page(
        application: Application,
        address: str = "/",
        *,
        width: int = 1440,
        height: int = 900,
        beside: AtlasPage | None = None,
    ) -> AtlasPage:
        if beside is None:
            context = browser.new_context(viewport={"width": width, "height": height})
            context.grant_permissions(["clipboard-read", "clipboard-write"])
        else:
            context = beside.page.context
        page = context.new_page()
        page.set_default_timeout(SLOW)
        complaints: list[str] = []
        page.on(
            "console",
            lambda m: complaints.append(f"console: {m.text}") if m.type == "error" else None,
        )
        page.on("pageerror", lambda error: complaints.append(f"page error: {error}"))
        page.on("requestfailed", lambda r: complaints.extend(_failure(r)))
        page.on(
            "response",
            lambda r: complaints.append(f"{r.status}: {r.url}") if r.status >= 400 else None,
        )
        page.on("dialog", lambda dialog: complaints.append(f"a dialog opened: {dialog.message}"))
        opened.append((page, application, complaints, application.terminal()))
        page.goto(application.url + address)
        return AtlasPage(page)

    yield open_page
    for page, application, complaints, before in opened:
        new = application.terminal()[len(before) :].splitlines()
        said = [line for line in new if not line.startswith("Downloading ")]
        page.context.close()
        assert not complaints, complaints
        assert not said, f"the server's terminal: {said}"


@pytest.fixture
def atlas(open_page: Callable[..., AtlasPage], embedded_application: Application) -> AtlasPage:
    """The page, opened for the first time, on the embedded model."""
    return open_page(embedded_application)


@pytest.fixture
def generated(atlas: AtlasPage) -> AtlasPage:
    """The page after SENTENCE was generated, with the focus on “it”."""
    atlas.generate(SENTENCE)
    atlas.token("it").click()
    return atlas


@pytest.fixture(scope="session")
def trace(embedded: Model) -> Trace:
    """What `generated` shows, as Python has it."""
    return aa.trace(embedded, SENTENCE)
