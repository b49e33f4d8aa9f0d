"""A Hugging Face hub on loopback, for tests: serves checkpoint folders, and fails when told to.

    with StubHub() as hub:
        hub.add("owner/model", folder)
        hub.cut_after = [10_000]                # the next download of weights breaks there
        ...                                     # point HF_ENDPOINT at hub.url
        hub.ranges("model.safetensors")         # [None, "bytes=10000-"]

As on the real hub, weights are answered with a redirect to another host (here the same server
under the name "localhost"), which takes byte ranges and must not be shown the person's token.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import constants

LARGE = (".safetensors", ".bin")


@dataclass(frozen=True)
class Request:
    """One request as it came in."""

    method: str
    path: str
    range: str | None
    token: str | None


@dataclass
class _Repository:
    files: dict[str, bytes]
    gated: bool
    token: str | None

    @property
    def commit(self) -> str:
        digest = hashlib.sha1()
        for name, content in sorted(self.files.items()):
            digest.update(name.encode() + hashlib.sha1(content).digest())
        return digest.hexdigest()


@dataclass
class StubHub:
    """The server, its switches, and what it was asked. Switches may be turned at any time."""

    status: int | None = None
    """Answer everything with this status."""
    body: bytes | None = None
    """Answer everything with this page, as a hotel's network does."""
    silent: bool = False
    """Accept every connection and never answer."""
    cut_after: list[int] = field(default_factory=list)
    """Break the next downloads of weights after so many bytes, one entry each."""
    hold_after: int | None = None
    """Stop sending weights after so many bytes, without closing the connection."""
    ignore_ranges: bool = False
    """Always send the whole file."""
    damage: bool = False
    """Send weights of the right size with one wrong byte."""
    moved: dict[str, str] = field(default_factory=dict)
    """Old names, and the new ones to which they are sent on."""
    xet: bool = False
    """Say that weights are stored in Xet, as the real hub does."""
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> StubHub:
        self.repositories: dict[str, _Repository] = {}
        self.stopped = threading.Event()
        hub = self

        class Handler(_Handler):
            stub = hub

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """What HF_ENDPOINT has to be."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def storage_url(self) -> str:
        """The other host, where weights are."""
        return f"http://localhost:{self.port}/storage"

    def add(
        self, name: str, folder: Path, *, gated: bool = False, token: str | None = None
    ) -> dict[str, bytes]:
        """Serves a folder under a name; with a token, only to those who send it."""
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        self.repositories[name] = _Repository(files, gated, token)
        return files

    def ranges(self, file: str) -> list[str | None]:
        """The Range headers with which a file's bytes were asked for, in order."""
        return [
            request.range
            for request in self.requests
            if request.method == "GET" and request.path.endswith(f"/storage/{file}")
        ]

    def downloaded(self) -> set[str]:
        """The names of the files whose bytes were asked for."""
        return {
            request.path.rpartition("/")[2]
            for request in self.requests
            if request.method == "GET" and "/api/" not in request.path
        }


def point_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What HF_ENDPOINT does, after huggingface_hub was imported."""
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}"
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that was told to stop hangs up in the middle: that is what tests ask of it.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    stub: StubHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        stub, path = self.stub, unquote(urlsplit(self.path).path)
        token = self.headers.get("Authorization")
        stub.requests.append(Request(self.command, path, self.headers.get("Range"), token))
        if stub.silent:
            stub.stopped.wait()
        elif stub.status is not None:
            self._send(stub.status, b"{}")
        elif stub.body is not None:
            self._send(200, stub.body, {"Content-Type": "text/html"})
        elif moved := self._moved(path):
            self._send(307, b"", {"Location": moved})
        elif path.startswith("/api/models/"):
            self._api(path.removeprefix("/api/models/"), token)
        elif "/storage/" in path:
            name, _, file = path.removeprefix("/storage/").rpartition("/storage/")
            self._bytes(stub.repositories[name].files[file], {})
        else:
            name, _, rest = path.removeprefix("/").partition("/resolve/")
            self._resolve(name, rest.partition("/")[2], token)

    def _moved(self, path: str) -> str | None:
        for old, new in self.stub.moved.items():
            for prefix in ("/api/models/", "/"):
                if path == prefix + old or path.startswith(f"{prefix}{old}/"):
                    return prefix + new + self.path.removeprefix(prefix + old)
        return None

    def _repository(self, name: str, token: str | None, *, page: bool) -> _Repository | None:
        repository = self.stub.repositories.get(name)
        if repository is None:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif repository.gated and not page:
            self._send(401, b"{}", {"X-Error-Code": "GatedRepo"})
        elif repository.token and token != f"Bearer {repository.token}":
            self._send(401, b"{}", {"X-Error-Message": "Invalid username or password."})
        else:
            return repository
        return None

    def _api(self, path: str, token: str | None) -> None:
        name = path.partition("/revision/")[0].partition("/tree/")[0]
        # The page of a gated model is open to everyone; its files are not.
        repository = self._repository(name, token, page=True)
        if repository is None:
            return
        content: object = {
            "id": name,
            "sha": repository.commit,
            "siblings": [{"rfilename": file} for file in sorted(repository.files)],
        }
        if "/tree/" in path:
            content = [
                {"type": "file", "path": file, "size": len(data), "oid": _etag(file, data)}
                for file, data in sorted(repository.files.items())
            ]
        self._send(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _resolve(self, name: str, file: str, token: str | None) -> None:
        repository = self._repository(name, token, page=False)
        if repository is None:
            return
        commit = {"X-Repo-Commit": repository.commit}
        data = repository.files.get(file)
        if data is None:
            self._send(404, b"", {**commit, "X-Error-Code": "EntryNotFound"})
        elif file.endswith(LARGE):
            linked = {
                **commit,
                "Location": f"{self.stub.storage_url}/{name}/storage/{file}",
                "X-Linked-Etag": f'"{_etag(file, data)}"',
                "X-Linked-Size": str(len(data)),
            }
            if self.stub.xet:
                refresh = f"{self.stub.url}/api/models/{name}/xet-read-token/main"
                linked["X-Xet-Hash"] = "f" * 64
                linked["Link"] = f'<{refresh}>; rel="xet-auth"'
            self._send(302, b"", linked)
        else:
            self._bytes(data, {**commit, "ETag": f'"{_etag(file, data)}"'})

    def _bytes(self, data: bytes, headers: dict[str, str]) -> None:
        stub, wanted = self.stub, self.headers.get("Range")
        status, start, whole = 200, 0, len(data)
        if wanted and not stub.ignore_ranges:
            start = int(wanted.removeprefix("bytes=").partition("-")[0])
            if start >= whole:
                self._send(416, b"", {"Content-Range": f"bytes */{whole}"})
                return
            status = 206
            headers = {**headers, "Content-Range": f"bytes {start}-{whole - 1}/{whole}"}
        weights = "/storage/" in self.path and self.command == "GET"
        if weights and stub.damage:
            data = data[:-1] + bytes([data[-1] ^ 1])
        data = data[start:]
        if weights and stub.cut_after:
            self._send(status, data, headers, sent=stub.cut_after.pop(0))
            self.close_connection = True
        elif weights and stub.hold_after is not None:
            self._send(status, data, headers, sent=stub.hold_after)
            stub.stopped.wait()
            self.close_connection = True
        else:
            self._send(status, data, headers)

    def _send(
        self,
        status: int,
        data: bytes,
        headers: dict[str, str] | None = None,
        *,
        sent: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data[:sent])
            self.wfile.flush()


def _etag(file: str, data: bytes) -> str:
    if file.endswith(LARGE):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
