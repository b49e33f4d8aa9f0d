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


def test_a_word_spans_its_pieces_and_is_as_it_was_typed(tiny: Model):
    picture = token_table(trace(tiny, "Unaffable  Cats!", "the DOG"))
    assert [(word["text"], word["pieces"]) for word in picture.state["words"]] == [
        ("", 1),
        ("Unaffable", 3),
        ("Cats", 2),
        ("!", 1),
        ("", 1),
        ("the", 1),
        ("DOG", 1),
        ("", 1),
    ]
    assert sum(word["pieces"] for word in picture.state["words"]) == 11
    assert picture.state["summary"] == "5 words in 8 pieces; 3 special tokens added."


def test_the_characters_are_the_slice_of_the_own_sentence(tiny: Model):
    text, pair = "Unaffable  Cats!", "the DOG"
    traced = trace(tiny, text, pair)
    for entry, token in zip(token_table(traced).state["tokens"], traced.tokens, strict=True):
        if token.sentence is None:
            assert entry["characters"] == ""
        else:
            start, end = map(int, entry["characters"].split(":"))
            assert (text, pair)[token.sentence][start:end] == token.original


def test_the_summary_says_what_is_unknown(tiny: Model):
    assert token_table(trace(tiny, "the 🦄")).state["summary"] == (
        "2 words in 2 pieces; 2 special tokens added; 1 piece unknown to the vocabulary, "
        "read as [UNK]."
    )
