from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import attention_atlas as aa
from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace
from checkpoints import make_checkpoint

HOSTILE = "</script><script>alert(1)</script><b> <!-- ]]> $x$ \u2028 ☃"


class Reader(HTMLParser):
    """The elements of a page, the text inside its scripts, and the attributes that run code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.handlers: list[str] = []
        self.metas: dict[str, str] = {}
        self.addresses: list[str] = []
        self.title = ""
        self._in = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in = tag
        given = dict(attrs)
        self.handlers += [name for name in given if name.startswith("on")]
        self.addresses += [str(given[key]) for key in ("src", "href") if given.get(key)]
        if tag == "script":
            self.scripts.append((given, ""))
        if tag == "meta" and given.get("http-equiv"):
            self.metas[str(given["http-equiv"])] = str(given["content"])

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = attributes, text + data
        if self._in == "title":
            self.title += data


def data_of(html: str) -> dict[str, Any]:
    (text,) = [text for given, text in Reader(html).scripts if given["type"] == "application/json"]
    return json.loads(text)


def kept(data: dict[str, Any], place: str) -> dict[str, Any]:
    return {key: data["kept"][at] for key, at in data["pictures"][place].items()}


def array(sent: dict[str, Any]) -> np.ndarray:
    raw = base64.b64decode(sent["data"])
    if sent["dtype"] == "q2":
        return np.frombuffer(raw, "<u2").reshape(sent["shape"]) / np.float32(65_535)
    return np.frombuffer(raw, {"f4": "<f4", "f2": "<f2"}[sent["dtype"]]).reshape(sent["shape"])


@pytest.fixture(scope="module")
def traced(embedded: Model) -> Trace:
    return aa.trace(embedded, "the cat sat on the mat because it was tired")


@pytest.mark.parametrize("heads", ["head", "layer", "all"])
def test_the_file_has_the_weights_that_were_chosen_and_no_others(traced: Trace, heads: Any):
    data = data_of(aa.views.export(traced, 3, 5, heads=heads, walk=False).html)
    for key, message in kept(data, "explorer-picture").items():
        state = message["picture"]["state"]
        layer = int(key.split(";")[0])
        sent = array(message["picture"]["arrays"]["attention"])
        of_layer = traced.layers[layer].attention
        expected = of_layer if state["sent"] is None else of_layer[state["sent"]]
        np.testing.assert_allclose(sent, expected, atol=8e-6)
    layers = {int(key.split(";")[0]) for key in data["pictures"]["explorer-picture"]}
    assert layers == (set(range(6)) if heads == "all" else {3})
    (any_one, *_) = kept(data, "explorer-picture").values()
    assert (any_one["picture"]["state"]["sent"] == [5]) == (heads == "head")


def test_parts_that_were_not_chosen_are_not_there(traced: Trace):
    every = aa.views.export(traced, 3, 5, 8, across=True)
    walk = aa.views.export(traced, 3, 5, 8, heads=None, overview=False)
    assert {"atlas-picture", "across-flow", "stack-picture"} <= set(data_of(every.html)["pictures"])
    assert not {"atlas-picture", "explorer-picture", "across-picture"} & set(
        data_of(walk.html)["pictures"]
    )
    assert walk.size < every.size
    assert walk.size == len(walk.html.encode())
    with pytest.raises(InvalidChoice, match="carries nothing"):
        aa.views.export(traced, heads=None, overview=False, walk=False)
    with pytest.raises(InvalidChoice, match="cannot carry 'every'"):
        aa.views.export(traced, heads="every")  # pyright: ignore[reportArgumentType]


def test_twelve_layers_of_twelve_heads_of_32_tokens_are_at_most_3_megabytes(tmp_path: Path):
    folder = make_checkpoint(
        tmp_path, layers=12, heads=12, head_size=64, intermediate=3072, max_tokens=64
    )
    model = aa.load_model(str(folder), device="cpu")
    trace = aa.trace(model, " ".join(["the cat sat on the mat"] * 5))
    assert len(trace.tokens) == 32
    page = aa.views.export(trace, 3, 5, 2, heads="all", across=True)
    assert page.size <= 3_000_000
    assert len(data_of(page.html)["pictures"]["explorer-picture"]) == 12


def test_hostile_text_is_data(embedded: Model):
    trace = aa.trace(embedded, HOSTILE, pair='"><img src=x onerror=alert(2)>')
    page = aa.views.export(trace, 3, 5, 2, heads="all", across=True)
    read = Reader(page.html)
    assert [given.get("type") for given, _ in read.scripts] == ["application/json", "module"]
    assert read.handlers == []
    assert "alert(1)" in read.title
    assert [token["text"] for token in data_of(page.html)["about"]["tokens"]] == [
        token.text for token in trace.tokens
    ]


def test_only_the_script_that_we_wrote_may_run_and_nothing_is_fetched(traced: Trace):
    read = Reader(aa.views.export(traced).html)
    (script,) = [text for given, text in read.scripts if given["type"] == "module"]
    policy = read.metas["Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}' blob:" in policy
    assert "default-src 'none'" in policy
    assert all(
        re.match(r"https://(arxiv\.org|aclanthology\.org|doi\.org)/|#", address)
        for address in read.addresses
    ), read.addresses


def test_the_same_exploration_is_the_same_file(traced: Trace, tmp_path: Path):
    page = aa.views.export(traced, 3, 5, 8)
    assert page.html == aa.views.export(traced, 3, 5, 8).html
    page.save(tmp_path / "cat.html")
    assert (tmp_path / "cat.html").read_bytes() == page.to_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["cat.html"]
    with pytest.raises(InvalidChoice, match="cannot be written"):
        page.save(tmp_path / "nowhere" / "cat.html")


def test_a_trace_without_its_model_gives_a_file_that_says_what_is_missing(
    traced: Trace, tmp_path: Path
):
    traced.save(tmp_path / "cat.npz")
    loaded = aa.load_trace(tmp_path / "cat.npz")
    data = data_of(aa.views.export(loaded, 3, 5, 8).html)
    (stack,) = kept(data, "stack-picture").values()
    assert "without its model" in stack["error"]
    (dot, *_) = kept(data, "dot_product-picture").values()
    assert "picture" in dot
