from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, BertModel

from attention_atlas.errors import EmptyText
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.tokens import Token, tokenise
from attention_atlas.tracing.trace import trace
from checkpoints import make_checkpoint, make_tokenizer

EMPTY = (
    "There is nothing to read in the text: it is empty, or holds only spaces or invisible "
    "characters. Type at least one word."
)


def pieces(tokens: tuple[Token, ...]) -> list[str]:
    return [token.text for token in tokens]


@pytest.mark.parametrize(
    "text",
    ["", " ", " \t\n\r\u3000\u00a0", "\x00", "\u200b\u200d\ufeff", "\ud800", "\x01\x02 \u202e"],
)
def test_a_text_without_a_word_is_refused(embedded: Model, text: str):
    with pytest.raises(EmptyText) as caught:
        trace(embedded, text, "the cat")
    assert str(caught.value) == EMPTY


@pytest.mark.parametrize("pair", [None, "", "  \n", "\x00", "\u200b", "\udfff"])
def test_a_pair_without_a_word_is_no_pair(embedded: Model, pair: str | None):
    traced = trace(embedded, "the cat", pair)
    assert traced.pair is None
    assert pieces(traced.tokens) == ["[CLS]", "the", "cat", "[SEP]"]
    assert {token.segment for token in traced.tokens} == {0}


def test_what_is_not_a_string_is_refused_in_plain_words(tmp_path: Path):
    # In an interpreter of its own: here beartype would refuse it first.
    make_checkpoint(tmp_path)
    code = (
        "import sys, attention_atlas as aa\n"
        "model = aa.load_model(sys.argv[1])\n"
        "for given in ((['the', 'cat'],), ('the cat', 7)):\n"
        "    try: aa.trace(model, *given)\n"
        "    except aa.errors.InvalidChoice as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        "The text must be a string, but a list was given. Put the sentence between quotes.\n"
        "The pair must be a string, but a int was given. Put the sentence between quotes.\n"
    )


def test_tokens_know_where_they_come_from(tiny: Model):
    text, pair = "The UNAFFABLE cat!", " it's  playing"
    read = tokenise(tiny, text, pair)
    rows = [(t.text, t.sentence, t.segment, t.word, t.span, t.original) for t in read.tokens]
    assert rows == [
        ("[CLS]", None, 0, None, None, ""),
        ("the", 0, 0, 0, (0, 3), "The"),
        ("un", 0, 0, 1, (4, 6), "UN"),
        ("##aff", 0, 0, 1, (6, 9), "AFF"),
        ("##able", 0, 0, 1, (9, 13), "ABLE"),
        ("cat", 0, 0, 2, (14, 17), "cat"),
        ("!", 0, 0, 3, (17, 18), "!"),
        ("[SEP]", None, 0, None, None, ""),
        ("it", 1, 1, 0, (1, 3), "it"),
        ("'", 1, 1, 1, (3, 4), "'"),
        ("s", 1, 1, 2, (4, 5), "s"),
        ("play", 1, 1, 3, (7, 11), "play"),
        ("##ing", 1, 1, 3, (11, 14), "ing"),
        ("[SEP]", None, 1, None, None, ""),
    ]
    assert [t.index for t in read.tokens] == [t.position for t in read.tokens] == list(range(14))
    assert [t.text for t in read.tokens if t.special] == ["[CLS]", "[SEP]", "[SEP]"]
    assert not any(t.unknown for t in read.tokens)


def test_unknown_characters_keep_the_original(embedded: Model):
    text = "na\u00efve 🦙🦙 e\u0301t\u00e9 ᚠᚢ the"
    tokens = tokenise(embedded, text).tokens
    assert [(t.text, t.original, t.special) for t in tokens if t.unknown] == [
        ("[UNK]", "🦙🦙", False),
        ("[UNK]", "ᚠᚢ", False),
    ]
    for token in tokens:
        if token.span is not None:
            assert token.original == text[slice(*token.span)]


def test_special_tokens_that_were_typed_are_said_so(tiny: Model):
    traced = trace(tiny, "the [MASK] sat [SEP] on", "[CLS] a [UNK] §")
    assert pieces(traced.tokens)[:3] == ["[CLS]", "the", "[MASK]"]
    assert traced.typed_specials == (2, 4, 7, 9)
    assert [traced.tokens[i].original for i in traced.typed_specials] == [
        "[MASK]",
        "[SEP]",
        "[CLS]",
        "[UNK]",
    ]
    unknown = [(t.original, t.special) for t in traced.tokens if t.unknown]
    assert unknown == [("[UNK]", True), ("§", False)]


def test_lone_surrogates_are_replaced_and_move_nothing(embedded: Model):
    traced = trace(embedded, "the \ud800cat", "a\udfff dog")
    assert (traced.text, traced.pair) == ("the \ufffdcat", "a\ufffd dog")
    (cat,) = (token for token in traced.tokens if token.text == "cat")
    assert cat.span == (5, 8)


@settings(max_examples=60)
@given(text=st.text(max_size=60), pair=st.none() | st.text(max_size=40))
def test_any_unicode_becomes_what_transformers_makes_of_it(
    embedded: Model, text: str, pair: str | None
):
    theirs = AUTO(
        text,
        pair if pair and pair.strip() else None,
        truncation=True,
        max_length=512,
        return_token_type_ids=True,
    )
    try:
        tokens = tokenise(embedded, text, pair).tokens
    except EmptyText:
        assert 0 not in theirs.sequence_ids()
        return
    if 1 not in theirs.sequence_ids():
        theirs = AUTO(text, return_token_type_ids=True)
    assert [token.id for token in tokens] == theirs["input_ids"]
    assert [token.segment for token in tokens] == theirs["token_type_ids"]
    assert [token.sentence for token in tokens] == theirs.sequence_ids()
    assert "".join(token.original for token in tokens).encode("utf-8", "strict") is not None


AUTO = AutoTokenizer.from_pretrained(
    Path(__file__).parents[2] / "src/attention_atlas/models/embedded"
)


@pytest.mark.parametrize("side", ["right", "left"])
@given(first=st.integers(1, 90), second=st.integers(0, 90))
@settings(max_examples=80)
def test_too_long_texts_are_shortened_as_transformers_does(
    tiny_folder_model: Model, side: str, first: int, second: int
):
    reference = make_tokenizer()
    reference.truncation_side = side
    model = tiny_folder_model
    model.tokenizer.truncation_side = side
    # Each word differs from its neighbours, so that a word dropped in the wrong place is seen.
    text = " ".join("abcdefghijklm"[i % 13] for i in range(first))
    pair = " ".join("nopqrstuvwxyz"[i % 13] for i in range(second)) or None
    theirs = reference(
        text, pair, truncation="longest_first", max_length=37, return_token_type_ids=True
    )
    read = tokenise(model, text, pair)
    assert [token.id for token in read.tokens] == theirs["input_ids"]
    assert [token.segment for token in read.tokens] == theirs["token_type_ids"]
    whole = reference(text, pair)["input_ids"]
    assert read.truncated == len(whole) - len(theirs["input_ids"])


@pytest.fixture(scope="module")
def tiny_folder_model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A model of this file alone, because its tokenizer is changed."""
    return load_model(str(make_checkpoint(tmp_path_factory.mktemp("own"))), device="cpu")


def test_a_megabyte_of_text_is_read_and_counted(tiny: Model):
    read = tokenise(tiny, "the cat sat on a mat . " * 45_000, "the dog " * 60_000)
    assert len(read.tokens) == tiny.max_tokens
    assert read.truncated == 7 * 45_000 + 2 * 60_000 - (tiny.max_tokens - 3)
    assert [token.sentence for token in read.tokens].count(1) == 17


def test_a_tokenizer_that_truncates_and_pads_by_itself_is_neither_obeyed_nor_changed(
    tmp_path: Path,
):
    folder = make_checkpoint(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.backend_tokenizer.enable_truncation(4)
    tokenizer.backend_tokenizer.enable_padding(length=20)
    tokenizer.save_pretrained(folder)
    model = load_model(str(folder), device="cpu")
    backend = model.tokenizer.backend_tokenizer
    before = (backend.truncation, backend.padding)
    assert before[0] is not None
    read = tokenise(model, "the cat sat on the mat")
    assert len(read.tokens) == 8
    assert (backend.truncation, backend.padding) == before


def test_one_segment_embedding_reads_a_pair_as_one(tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path, type_vocab_size=1)), device="cpu")
    tokens = trace(model, "the cat", "a dog").tokens
    assert [token.segment for token in tokens] == [0] * 7
    assert [token.sentence for token in tokens] == [None, 0, 0, None, 1, 1, None]


def test_a_tokenizer_that_adds_nothing_still_works(tmp_path: Path):
    folder = make_checkpoint(tmp_path, architecture=BertModel)
    tokenizer = make_tokenizer()
    empty = {"type": "Sequence", "processors": []}
    state = tokenizer.backend_tokenizer.to_str()
    plain = json.loads(state) | {"post_processor": empty}
    (folder / "tokenizer.json").write_text(json.dumps(plain))
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    traced = trace(load_model(str(folder), device="cpu"), "the cat", "a dog")
    assert pieces(traced.tokens) == ["the", "cat", "a", "dog"]
    assert [token.sentence for token in traced.tokens] == [0, 0, 1, 1]
    assert traced.layers[-1].attention.shape == (3, 4, 4)
