"""The files an operator starts from: they fit the command that they start."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from attention_atlas.cli import _parser
from attention_atlas.commands.serve import settings_of

DEPLOY = Path(__file__).parents[1] / "deploy"


def dockerfile() -> str:
    """Its instructions, each on one line."""
    return (DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", " ")


def instruction(name: str) -> str:
    return re.findall(rf"^{name} (.*)$", dockerfile(), re.MULTILINE)[-1]


class Answer(BaseHTTPRequestHandler):
    """Says yes to /healthz alone."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_the_container_starts_the_command_with_options_that_it_takes(tmp_path: Path) -> None:
    shell, option, script, *rest = json.loads(instruction("ENTRYPOINT"))
    said = tmp_path / "attention-atlas"
    said.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    said.chmod(0o755)
    done = subprocess.run(
        [shell, option, script, *rest, "--host-name", "atlas.example.edu"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "MODEL": "two words"},
        capture_output=True,
        text=True,
        check=True,
    )
    parsed = _parser().parse_args(done.stdout.splitlines())
    settings = settings_of(parsed)
    assert (settings.model, settings.hosts, settings.log, parsed.host, parsed.port) == (
        "two words", ("atlas.example.edu",), "json", "0.0.0.0", 8000,
    )  # fmt: skip
    assert script.startswith("exec ")


def test_the_health_check_needs_python_alone_and_tells_good_from_bad(port: int) -> None:
    python, *rest = json.loads(instruction("HEALTHCHECK").partition("CMD ")[2])
    assert python == "python"

    def check(path: str) -> int:
        command = [part.replace(":8000/healthz", f":{port}{path}") for part in rest]
        assert command != rest
        return subprocess.run(
            [sys.executable, "-I", *command], capture_output=True, check=False
        ).returncode

    assert check("/healthz") == 0
    assert check("/else") != 0


def test_the_container_has_no_rights_and_the_signal_that_the_application_heeds() -> None:
    assert instruction("USER") not in ("", "0", "root")
    assert instruction("STOPSIGNAL") == "SIGTERM"
    assert "HF_HUB_OFFLINE=1" in dockerfile()


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_proxy_passes_on_what_the_application_needs_and_keeps_what_is_measured(name: str) -> None:
    text = (DEPLOY / name).read_text("utf-8")
    (command,) = re.findall(r"#\s+(attention-atlas serve .*)", text)
    settings = settings_of(_parser().parse_args(shlex.split(command)[1:]))
    assert settings.trusted_proxies == ("127.0.0.1/32",)
    assert all(host in text for host in settings.hosts)
    assert re.search(r"^[^#]*/metrics.*404", text, re.MULTILINE)
    if name == "nginx.conf":
        for header in ("Upgrade", "Connection", "Host", "X-Forwarded-For", "X-Forwarded-Proto"):
            assert re.search(rf"^\s*proxy_set_header {header} ", text, re.MULTILINE)
