from __future__ import annotations

import json

from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.token_table import token_table


def test_the_table_tells_what_the_trace_knows_of_each_token(tiny: Model):
    traced = trace(tiny, "the cat sat", "a dog")
    picture = token_table(traced)
    assert picture.view == "token_table"
    entries = picture.state["tokens"]
    assert [entry["piece"] for entry in entries] == (
        ["[CLS]", "the", "cat", "sat", "[SEP]", "a", "dog", "[SEP]"]
    )
    assert [entry["id"] for entry in entries] == [token.id for token in traced.tokens]
    assert [entry["position"] for entry in entries] == list(range(8))
    assert "".join(entry["segment"] for entry in entries) == "AAAAABBB"
    assert [entry["special"] for entry in entries] == [
        True, False, False, False, True, False, False, True
    ]  # fmt: skip
    assert dict(picture.arrays) == {}


def test_the_pieces_of_one_word_know_their_place_in_it(tiny: Model):
    entries = token_table(trace(tiny, "playing unaffable cat cats")).state["tokens"]
    assert [(entry["piece"], entry["part"]) for entry in entries] == [
        ("[CLS]", "only"),
        ("play", "first"),
        ("##ing", "last"),
        ("un", "first"),
        ("##aff", "middle"),
        ("##able", "last"),
        ("cat", "only"),
        ("cat", "first"),
        ("##s", "last"),
        ("[SEP]", "only"),
    ]


def test_the_last_word_of_a_sentence_does_not_join_the_first_of_the_next(tiny: Model):
    entries = token_table(trace(tiny, "cat", "cat")).state["tokens"]
    assert {entry["part"] for entry in entries} == {"only"}


def test_an_unknown_piece_keeps_the_characters_it_stands_for(tiny: Model):
    entries = token_table(trace(tiny, "the 🦄 [UNK]")).state["tokens"]
    originals = {entry["position"]: entry["original"] for entry in entries}
    assert entries[2]["piece"] == "[UNK]"
    assert originals == {0: None, 1: None, 2: "🦄", 3: "[UNK]", 4: None}


def test_hostile_text_travels_as_text(tiny: Model):
    entries = token_table(trace(tiny, "<script> alert")).state["tokens"]
    assert [entry["piece"] for entry in entries][1:4] == ["<", "script", ">"]
    assert json.loads(json.dumps(entries)) == entries
