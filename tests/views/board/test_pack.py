from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path

import pytest

import attention_atlas
from attention_atlas.views.board.pack import modules, packed, source, style

VIEWS = Path(attention_atlas.__file__).parent / "views"
ALL = sorted(path.stem for path in VIEWS.glob("*/*.js") if path.stem == path.parent.name)
WITHOUT_BOARD = [view for view in ALL if view != "board"]


def imported(path: str) -> set[str]:
    """What a module imports, by a way of reading that the pack does not use."""
    statements = re.findall(r'\bfrom\s+"(\.[^"]+)"|\bimport\s+"(\.[^"]+)"', source(path))
    here = (VIEWS / path).parent
    named = (one or other for one, other in statements)
    return {(here / name).resolve().relative_to(VIEWS).as_posix() for name in named}


def test_every_view_is_known():
    assert {"heatmap", "flow", "head_atlas", "attention_explorer", "metric_cards"} <= set(ALL)


@pytest.mark.parametrize("view", WITHOUT_BOARD)
def test_a_module_stands_after_what_it_imports(view: str):
    met: set[str] = set()
    for path in modules([view]):
        assert imported(path) <= met, path
        met.add(path)
    assert {f"{view}/{view}.js", "board/board.js"} <= met


def test_only_what_is_needed_goes_along():
    paths = set(modules(["flow"]))
    assert not {path for path in paths if path.startswith(("heatmap/", "metric_cards/"))}


def test_the_pack_is_modules_and_style_and_the_same_each_time():
    views = frozenset({"heatmap", "attention_explorer"})
    data = json.loads(gzip.decompress(base64.b64decode(packed(views))))
    assert data["modules"]["heatmap/heatmap.js"] == (VIEWS / "heatmap/heatmap.js").read_text()
    assert data["modules"] == modules(views)
    assert data["style"] == style(views)
    packed.cache_clear()
    again = json.loads(gzip.decompress(base64.b64decode(packed(views))))
    assert again == data


def test_rules_that_other_rules_import_come_before_them_and_once():
    rules = style(["attention_explorer", "heatmap", "flow"])
    assert "@import" not in rules
    for name in ("heatmap/heatmap.css", "flow/flow.css"):
        assert rules.count((VIEWS / name).read_text()) == 1
    own = (VIEWS / "attention_explorer/attention_explorer.css").read_text().splitlines()[-2]
    assert rules.index((VIEWS / "flow/flow.css").read_text()) < rules.index(own)


def test_nothing_in_the_browsers_files_fetches_from_a_network():
    rules = style(WITHOUT_BOARD)
    assert not re.findall(r"url\(\s*[\"']?(?!data:|#)", rules)
    for path, text in modules(WITHOUT_BOARD).items():
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
        assert not re.findall(r"\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon", code), path
