from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.loading import load_trace
from attention_atlas.tracing.tensors import TENSORS
from attention_atlas.tracing.tokens import Token
from attention_atlas.tracing.trace import trace
from checkpoints import make_checkpoint

HOSTILE = "</code><script>alert(1)</script>"


class Seen(HTMLParser):
    """What a browser would make of the HTML: its elements, and the text in each."""

    def __init__(self, shown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(shown)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)
        self.texts.setdefault(tag, []).append("")
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts[self._open[-1]][-1] += data

    def rows(self) -> list[tuple[str, str, str]]:
        """The table: how a thing is reached, its shape, and what it is."""
        cells = self.texts["td"]
        return list(zip(self.texts["code"], cells[1::3], cells[2::3], strict=True))


def seen(thing: Any) -> Seen:
    found = Seen(thing._repr_html_())
    assert found.attributes <= {"style", "title"}
    assert not {"script", "style", "link", "img"} & set(found.tags)
    return found


def test_a_trace_shows_its_sentence_its_model_and_all_that_is_in_it(tiny: Model):
    traced = trace(tiny, "the [MASK] §", "a cat")
    found = seen(traced)
    assert found.texts["bdi"] == [token.text for token in traced.tokens]
    assert found.texts["strong"] == ["Trace"]
    assert found.texts["span"] == [
        f" of 8 tokens by {tiny.name}: 2 layers × 3 heads, d = 21, d_ff = 11."
    ]
    rows = {path: shape for path, shape, _ in found.rows()}
    assert list(rows) == ["trace.tokens[i]", *(tensor.path for tensor in TENSORS)]
    assert rows["trace.tokens[i]"] == "8 tokens"
    assert rows["trace.hidden_states"] == "3 states × 8 tokens × 21 hidden"
    assert rows["trace.layers[l].query"] == "3 heads × 8 tokens × 7 head size"
    assert rows["trace.layers[l].attention"] == "3 heads × 8 tokens × 8 keys"
    assert rows["trace.layers[l].intermediate"] == "8 tokens × 11 feed-forward"
    assert found.texts["p"][-1] == "l is 0 to 1, i is 0 to 7."
    # What the table says can be typed.
    for path in rows:
        assert eval(path, {"trace": traced, "l": 1, "i": 7}) is not None


def test_showing_a_trace_computes_no_layer(tiny: Model):
    traced = trace(tiny, "the cat")
    traced._repr_html_()
    assert not traced.layers.kept


def test_a_long_text_shows_its_beginning(tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path, max_tokens=79)), device="cpu")
    traced = trace(model, "the cat " * 50)
    found = seen(traced)
    assert found.texts["bdi"] == [token.text for token in traced.tokens[:64]]
    assert found.texts["span"] == [
        f" of 79 tokens by {model.name}: 2 layers × 3 heads, d = 21, d_ff = 11; "
        "23 more tokens did not fit.",
        " … and 15 more in trace.tokens",
    ]


def test_a_layer_shows_each_of_its_tensors(tiny: Model):
    layer = trace(tiny, "the cat sat").layers[1]
    found = seen(layer)
    assert found.texts["strong"] == ["LayerTrace 1"]
    assert found.texts["span"] == [", layer 2 as people count: 3 heads, 5 tokens, d = 21."]
    of_layers = [tensor for tensor in TENSORS if tensor.place == "layer"]
    assert [(path, said) for path, _, said in found.rows()] == [
        (f".{tensor.name}", tensor.summary) for tensor in of_layers
    ]
    for path, shape, _ in found.rows():
        sizes = [int(part.split()[0]) for part in shape.split(" × ")]
        assert tuple(sizes) == getattr(layer, path[1:]).shape


def test_the_embeddings_show_their_five_arrays(tiny: Model):
    found = seen(trace(tiny, "the cat sat").embeddings)
    assert found.texts["span"] == [" of 5 tokens, d = 21."]
    assert [(path, shape) for path, shape, _ in found.rows()] == [
        (f".{name}", "5 tokens × 21 hidden")
        for name in ("word", "position", "segment", "sum", "output")
    ]


def facts(token: Token) -> dict[str, str]:
    found = seen(token)
    assert found.texts["bdi"][0] == token.text
    return dict(zip(found.texts["dt"], found.texts["bdi"][1:], strict=True))


def test_a_token_shows_what_is_known_of_it(tiny: Model):
    tokens = trace(tiny, "the §", "a cat").tokens
    assert facts(tokens[5]) == {
        "index": "5",
        "id": f"{tokens[5].id}, its row in the vocabulary",
        "position": "5",
        "segment": "1",
        "sentence": "1",
        "word": "1",
        "span": "2:5 of its sentence",
        "original": "cat",
        "special": "no",
        "unknown": "no",
    }
    unknown = facts(tokens[2])
    assert (unknown["original"], unknown["unknown"]) == ("§", "yes: not in the vocabulary")
    added = facts(tokens[0])
    assert (added["sentence"], added["special"]) == ("none: the tokenizer added it", "yes")
    assert not {"word", "span", "original"} & added.keys()


def test_a_long_unknown_word_is_cut_short(tiny: Model):
    token = trace(tiny, "ψ" * 300).tokens[1]
    assert facts(token)["original"] == "ψ" * 79 + "…"


def test_hostile_tokens_and_names_stay_text(tmp_path: Path):
    folder = tmp_path / 'a"><img src=x onerror=alert(1)>'
    model = load_model(str(make_checkpoint(folder, pieces=[HOSTILE])), device="cpu")
    traced = trace(model, f"the {HOSTILE} <b>§</b>")
    found = seen(traced)
    assert HOSTILE in found.texts["bdi"]
    assert model.name in found.texts["span"][0]
    (token,) = (token for token in traced.tokens if token.text == HOSTILE)
    assert facts(token)["original"] == HOSTILE


@pytest.mark.parametrize("path", ["x.npz", "<b>.npz"])
def test_a_trace_without_its_model_says_so(tiny: Model, tmp_path: Path, path: str):
    traced = trace(tiny, "the cat")
    traced.save(tmp_path / path)
    loaded = load_trace(tmp_path / path)
    assert repr(loaded) == repr(traced)[:-1] + ", without its model)"
    assert seen(loaded).texts["span"] == [
        f" of 4 tokens by {tiny.name}: 2 layers × 3 heads, d = 21, d_ff = 11; "
        "loaded without its model."
    ]
    assert repr(load_trace(tmp_path / path, tiny)) == repr(traced)
