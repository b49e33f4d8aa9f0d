"""Any text becomes tokens that know their characters, or a plain refusal."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from attention_atlas.errors import AttentionAtlasError, EmptyText, IncompleteModel
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.tokens import SURROGATES, Tokens, tokenise
from attention_atlas.tracing.trace import trace
from checkpoints import make_checkpoint, make_tokenizer
from fuzzing import TEXTS, examples


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    """Small models that differ in what they make of a text."""

    def made(name: str, **of: object) -> Model:
        return load_model(str(make_checkpoint(tmp_path_factory.mktemp(name), **of)), device="cpu")  # pyright: ignore[reportArgumentType]

    cased = make_checkpoint(tmp_path_factory.mktemp("cased"))
    make_tokenizer(lowercase=False).save_pretrained(cased)
    found = {
        "tiny": made("tiny"),
        "cased": load_model(str(cased), device="cpu"),
        "short": made("short", max_tokens=4),
        "one-segment": made("one-segment", type_vocab_size=1),
        "no-mask": made("no-mask"),
        "pieces": made("pieces", pieces=["😀", "ﷺ", "<b>", "  "]),
    }
    found["no-mask"].tokenizer.mask_token = None
    return found


def check(model: Model, read: Tokens) -> None:
    """What is true of the tokens of any text."""
    texts = (read.text, read.pair or "")
    assert not any(SURROGATES.search(text) for text in texts)
    assert 0 < len(read.tokens) <= model.max_tokens
    before = [0, 0]
    word_before = [-1, -1]
    for index, token in enumerate(read.tokens):
        assert token.index == token.position == index
        assert 0 <= token.id < model.vocabulary_size
        assert 0 <= token.segment < model.segments
        if token.sentence is None:
            assert (token.span, token.word, token.original) == (None, None, "")
            continue
        assert token.span is not None
        start, end = token.span
        text = texts[token.sentence]
        assert 0 <= start <= end <= len(text)
        assert token.original == text[start:end]
        # In the order of the text. Two pieces may share a character, as those of ﷺ do.
        assert start >= before[token.sentence]
        before[token.sentence] = start
        if token.word is not None:
            assert token.word >= word_before[token.sentence]
            word_before[token.sentence] = token.word


@pytest.mark.parametrize("kind", ["tiny", "cased", "short", "one-segment", "no-mask", "pieces"])
@examples(80)
@given(text=TEXTS, pair=st.none() | TEXTS)
def test_any_text_is_tokens_that_know_their_characters_or_empty(
    models: dict[str, Model], kind: str, text: str, pair: str | None
) -> None:
    model = models[kind]
    try:
        read = tokenise(model, text, pair)
    except EmptyText:
        return
    check(model, read)


@functools.cache
def theirs() -> AutoTokenizer:
    return AutoTokenizer.from_pretrained(
        Path(__file__).parents[2] / "src/attention_atlas/models/embedded"
    )


@examples(250)
@given(text=TEXTS, pair=st.none() | TEXTS)
@example(text="\ud83d\ude00", pair=None)
@example(text="a" + "\u0301" * 100_000, pair="\u202e")
@example(text="[MASK]" * 600, pair="\0")
def test_ids_and_characters_are_those_of_transformers(
    embedded: Model, text: str, pair: str | None
) -> None:
    try:
        read = tokenise(embedded, text, pair)
    except EmptyText:
        assert 0 not in theirs()(SURROGATES.sub("\ufffd", text)).sequence_ids()
        return
    check(embedded, read)
    whole = theirs()(
        read.text,
        read.pair,
        truncation=True,
        max_length=512,
        return_token_type_ids=True,
        return_offsets_mapping=True,
    )
    assert [token.id for token in read.tokens] == whole["input_ids"]
    assert [token.segment for token in read.tokens] == whole["token_type_ids"]
    for token, span in zip(read.tokens, whole["offset_mapping"], strict=True):
        assert token.span is None or token.span == span


@examples(40)
@given(text=TEXTS, pair=st.none() | TEXTS, kind=st.sampled_from(["tiny", "short", "one-segment"]))
def test_any_text_is_traced(
    models: dict[str, Model], text: str, pair: str | None, kind: str
) -> None:
    try:
        traced = trace(models[kind], text, pair)
    except EmptyText:
        return
    n = len(traced.tokens)
    assert traced.hidden_states.shape == (3, n, 21)
    assert np.isfinite(traced.hidden_states).all()
    np.testing.assert_allclose(traced.layers[-1].attention.sum(-1), 1, atol=1e-5)
    assert repr(traced)
    assert traced._repr_html_()
    for token in traced.tokens:
        assert repr(token)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10**6,
        " " * 10**6 + "a",
        "\n" * 10**6,
        "[MASK]" * 10**5,
        "漢" * 10**5,
        "a" + "\u0301" * 10**6,
        "👩\u200d" * 10**5,
        "\ufdfa" * 10**5,
        "\0" * 10**6 + "a",
        "[" * 10**5,
    ],
    ids="a spaces breaks masks han marks joiners ligatures NULs brackets".split(),
)
def test_a_megabyte_of_one_thing_is_read(embedded: Model, text: str) -> None:
    try:
        read = tokenise(embedded, text, text)
    except AttentionAtlasError:
        assert not text.strip()
        return
    check(embedded, read)
    assert len(read.tokens) + read.truncated >= 3


@pytest.mark.parametrize("spoilt", ["a piece that is nothing", "no word for the unknown"])
def test_a_tokenizer_that_breaks_off_is_said(tmp_path: Path, spoilt: str) -> None:
    """The first is a panic of Rust, which is no Exception: nobody waits for its end in vain."""
    nothing = spoilt == "a piece that is nothing"
    folder = make_checkpoint(tmp_path, pieces=["\u202e"] if nothing else [])
    content = json.loads((folder / "tokenizer.json").read_text())
    content["model"]["unk_token"] = "[UNK]" if nothing else "[NONE]"
    (folder / "tokenizer.json").write_text(json.dumps(content))
    model = load_model(str(folder), device="cpu")
    with pytest.raises(IncompleteModel) as caught:
        trace(model, "the ﷺ cat")
    assert str(caught.value).startswith(
        f"The tokenizer of the model '{folder}' broke off over this text ("
    )
    assert str(caught.value).endswith("what it cannot work with. Choose another model.")
