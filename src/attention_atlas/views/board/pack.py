"""The browser's side of a board as text: the modules of its views, and their style.

The page loads these same files one by one; a notebook and a single file have no address to load
them from, so they get them all at once (board/loader.js).
"""

from __future__ import annotations

import base64
import gzip
import json
import posixpath
import re
from collections.abc import Collection
from functools import cache
from importlib.resources import files

BOARDS = ("board/board.js", "board/file-board.js")
STYLES = (
    "shared/theme.css",
    "shared/base.css",
    "shared/steps.css",
    "attention_explorer/attention_explorer.css",
    "board/board.css",
)
_IMPORTS = re.compile(r"""^\s*(?:import|export|\})[^;"']*?["'](\.{1,2}/[^"']+)["']""", re.MULTILINE)
_STYLE_IMPORTS = re.compile(r'^@import "([^"]+)";\n', re.MULTILINE)


def modules(views: Collection[str]) -> dict[str, str]:
    """The source of each module that a board of these views needs, by its path below views/.

    A module stands after those it imports.
    """
    found: dict[str, str] = {}
    for path in [*BOARDS, *(f"{view}/{view}.js" for view in sorted(views))]:
        _gather(path, found, ())
    return found


def style(views: Collection[str]) -> str:
    """All rules for a board of these views."""
    paths = [*STYLES, *(f"{view}/{view}.css" for view in sorted(views))]
    seen: set[str] = set()
    return "".join(_rules(path, seen) for path in paths)


@cache
def packed(views: frozenset[str]) -> str:
    """Modules and style as base64 of gzipped JSON: {"modules": {path: source}, "style": rules}."""
    text = json.dumps({"modules": modules(views), "style": style(views)}, ensure_ascii=False)
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode("ascii")


@cache
def source(path: str) -> str:
    """The text of a file below views/."""
    return (files("attention_atlas") / "views" / path).read_text(encoding="utf-8")


def _gather(path: str, found: dict[str, str], above: tuple[str, ...]) -> None:
    if path in found:
        return
    assert path not in above, f"these modules import each other: {' → '.join((*above, path))}"
    text = source(path)
    for specifier in _IMPORTS.findall(text):
        inner = posixpath.normpath(posixpath.join(posixpath.dirname(path), specifier))
        _gather(inner, found, (*above, path))
    found[path] = text


def _rules(path: str, seen: set[str]) -> str:
    if path in seen:
        return ""
    seen.add(path)
    text = source(path)
    folder = posixpath.dirname(path)
    inner = [
        posixpath.normpath(posixpath.join(folder, one)) for one in _STYLE_IMPORTS.findall(text)
    ]
    return "".join(_rules(one, seen) for one in inner) + _STYLE_IMPORTS.sub("", text)
