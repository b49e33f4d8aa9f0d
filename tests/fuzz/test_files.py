"""Files that hold what a person wrote: nothing of it becomes markup, a path, or another file."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import tempfile
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_atlas.app.saved_file import SavedFile, file_name, response
from attention_atlas.errors import EmptyText
from attention_atlas.models.model import Model
from attention_atlas.tracing.loading import load_trace
from attention_atlas.tracing.tokens import SURROGATES
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.exporting import export
from attention_atlas.views.figures.making import figure
from fuzzing import TEXTS, examples

PLAIN = "the cat sat"


class Parsed(HTMLParser):
    """The elements of a page with their attributes, and what its scripts hold."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.scripts: dict[str, str] = {}
        self.policy = ""
        self.title = ""
        self._inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.elements[(tag, tuple(sorted(given)))] += 1
        self._inside = tag if tag != "script" else f"script {given.get('type')}"
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(given["content"])

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside.startswith("script"):
            self.scripts[self._inside] = self.scripts.get(self._inside, "") + data
        elif self._inside == "title":
            self.title += data

    def handle_comment(self, data: str) -> None:
        self.elements[("a comment", ())] += 1


def no_constant(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")


def page(traced: Trace) -> str:
    return export(traced, walk=False, overview=False, heads="head").to_bytes().decode("utf-8")


@pytest.fixture(scope="module")
def plain_page(tiny: Model) -> dict[bool, Parsed]:
    """Of one sentence and of two: harmless words."""
    return {pair is not None: Parsed(page(trace(tiny, PLAIN, pair))) for pair in (None, "the dog")}


@examples(50)
@given(text=TEXTS, pair=st.none() | TEXTS)
def test_of_any_text_the_page_has_the_elements_of_a_harmless_one(
    tiny: Model, plain_page: dict[bool, Parsed], text: str, pair: str | None
) -> None:
    try:
        traced = trace(tiny, text, pair)
    except EmptyText:
        return
    found, wanted = Parsed(page(traced)), plain_page[traced.pair is not None]
    assert found.elements == wanted.elements
    data = json.loads(found.scripts["script application/json"], parse_constant=no_constant)
    assert [token["text"] for token in data["about"]["tokens"]] == [
        token.text for token in traced.tokens
    ]
    script = found.scripts["script module"]
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    assert f"script-src 'sha256-{digest}' blob:" in found.policy
    assert found.policy == wanted.policy


RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)")


@examples(400)
@given(text=TEXTS, suffix=st.sampled_from(["svg", "csv", "html"]))
def test_any_text_names_a_file_that_every_system_takes(text: str, suffix: str) -> None:
    traced = cast(Trace, SimpleNamespace(text=SURROGATES.sub("\ufffd", text)))
    name = file_name("attention-map", traced, suffix, layer=1, head=2)
    stem, _, ending = name.rpartition(".")
    assert ending == suffix
    assert stem.startswith("attention-map-layer-2-head-3")
    assert stem == stem.strip(" .-")
    assert not RESERVED.match(name)
    # In UTF-8, in UTF-16, and decomposed as macOS once kept them.
    assert len(name.encode("utf-8")) <= 200
    assert all(sign.isprintable() for sign in name)
    assert not set(name) & set('/\\:*?"<>|%\0')
    answer = response(SavedFile(name, b""))
    told = answer.headers["content-disposition"]
    assert "\n" not in told
    assert "\r" not in told
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(b"")
        assert [path.name for path in Path(folder).iterdir()] == [name]


@examples(40)
@given(text=TEXTS, pair=st.none() | TEXTS)
def test_any_text_comes_back_from_its_file(tiny: Model, text: str, pair: str | None) -> None:
    try:
        traced = trace(tiny, text, pair)
    except EmptyText:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.npz")
        traced.save(path)
        loaded = load_trace(path)
        assert not SURROGATES.search(loaded.text)
        assert (loaded.text, loaded.pair) == (traced.text, traced.pair)
        assert loaded.tokens == traced.tokens
        assert loaded.hidden_states.tobytes() == traced.hidden_states.tobytes()
        assert loaded.layers[1].attention.tobytes() == traced.layers[1].attention.tobytes()


def test_a_model_whose_folder_has_a_name_of_bytes_is_exported(tiny: Model, tmp_path: Path) -> None:
    """Such a name is half characters in Python; the file says it with what can be written."""
    odd = replace(tiny, name="/models/\udcff<b>")
    made = export(trace(odd, PLAIN), walk=False, overview=False, heads="head")
    made.save(tmp_path / "x.html")
    found = Parsed((tmp_path / "x.html").read_text(encoding="utf-8"))
    assert json.loads(found.scripts["script application/json"])
    for kind in ("svg", "csv", "npz"):
        assert figure("heads-table", trace(odd, PLAIN)).to_bytes(kind)
    trace(odd, PLAIN).save(tmp_path / "x.npz")
    assert load_trace(tmp_path / "x.npz").model.name == odd.name
