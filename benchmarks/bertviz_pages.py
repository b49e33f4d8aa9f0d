"""BertViz's views as pages without a notebook, its scripts served from here.

BertViz is fetched for the measurement alone, into build/bench, and so are d3, jQuery and require,
which its pages name at a CDN. The versions are the named ones, but for two things that npm does
not have: jQuery 2.0.0, for which 2.1.0 stands in, and require minified. Neither weighs in the
bytes that are compared.
"""

from __future__ import annotations

import http.server
import importlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

View = Literal["model_view", "head_view"]
BERTVIZ = "1.4.1"
FOLDER = Path(__file__).resolve().parents[1] / "build" / "bench"
CDN = "https://cdnjs.cloudflare.com/ajax/libs/"
SCRIPTS = {
    "d3@5.7.0": ("package/dist/d3.min.js", "d3.min.js"),
    "jquery@2.1.0": ("package/dist/jquery.min.js", "jquery.min.js"),
    "requirejs@2.3.6": ("package/require.js", "require.min.js"),
}
"""Which file of which npm package, and its name at the CDN."""
NAMES = tuple(name for _, name in SCRIPTS.values())
ADDRESSES = {
    "d3/5.7.0/d3.min": "/d3.min",
    "jquery/2.0.0/jquery.min": "/jquery.min",
    "require.js/2.3.6/require.min.js": "/require.min.js",
}


class NotHere(Exception):
    """Something that BertViz needs is not here; the message says what to install."""


def fetch() -> Any:
    """The module `bertviz`, fetched if it is not there yet; so are its scripts.

    Raises:
        NotHere: something could not be fetched.
    """
    library, scripts = FOLDER / "python", FOLDER / "scripts"
    if not (library / f"bertviz-{BERTVIZ}.dist-info").exists():
        # Without what it asks for: the views need IPython's display and torch, which are here.
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        wanted = ["--no-deps", "--upgrade", "--target", str(library), f"bertviz=={BERTVIZ}"]
        if subprocess.run([*pip, *wanted]).returncode:
            raise NotHere(
                f"pip could not fetch bertviz {BERTVIZ}. Put it there by hand and run again: "
                f"pip install --no-deps --target {library} bertviz=={BERTVIZ}"
            )
    scripts.mkdir(parents=True, exist_ok=True)
    for package, (path, name) in SCRIPTS.items():
        if not (scripts / name).exists():
            (scripts / name).write_bytes(_from_npm(package, path))
    if str(library) not in sys.path:
        sys.path.append(str(library))
    try:
        return importlib.import_module("bertviz")
    except ModuleNotFoundError as error:
        raise NotHere(
            f"BertViz asks for {error.name}: pip install {error.name}, into .venv"
        ) from error


def _from_npm(package: str, path: str) -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        raise NotHere("npm fetches d3, jQuery and require for it: install Node.js, which has npm.")
    with tempfile.TemporaryDirectory() as folder:
        pack = [npm, "pack", "--silent", "--pack-destination", folder, package]
        if subprocess.run(pack, stdout=subprocess.DEVNULL).returncode:
            raise NotHere(f"npm could not fetch {package}, which its pages need; is npm online?")
        (archive,) = Path(folder).iterdir()
        with tarfile.open(archive) as packed:
            found = packed.extractfile(path)
            assert found is not None
            return found.read()


@dataclass(frozen=True)
class Site:
    """Where BertViz's pages are served."""

    bertviz: Any
    folder: Path
    url: str

    def write(self, view: View, attention: Sequence[torch.Tensor], tokens: list[str]) -> str:
        """Writes the page of a view, and gives its address.

        Args:
            view: Which one.
            attention: Each layer's, (1, H, n, n).
            tokens: The n texts.
        """
        make = getattr(self.bertviz, view)
        html: str = make(attention, tokens, html_action="return").data
        for there, here in ADDRESSES.items():
            html = html.replace(CDN + there, here)
        assert CDN not in html, "BertViz asks the CDN for something that is not served here."
        page = self.folder / "view.html"
        page.write_text(f'<!doctype html><meta charset="utf-8">{html}', encoding="utf-8")
        return f"{self.url}{page.name}"


@contextmanager
def site() -> Iterator[Site]:
    """Serves BertViz's pages and scripts, for as long as it is open."""
    bertviz = fetch()

    class Files(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=folder)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            shutil.copy(FOLDER / "scripts" / name, folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                yield Site(bertviz, Path(folder), f"http://127.0.0.1:{server.server_port}/")
            finally:
                server.shutdown()
