"""Corpus and WordNet → sentences → the token file."""

from __future__ import annotations

import lzma
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training import passages, wordnet
from training.tokens import Tokens

WORDS = st.lists(
    st.sampled_from(
        ["Mr.", "Dr.", "a", "The", "dog.", "Why?", "“Oh!”", "(it", "said.)", "3", "U.S."]
    )
)


@given(WORDS)
def test_sentences_joined_are_the_paragraph(words: list[str]) -> None:
    assert " ".join(passages.sentences(" ".join(words))) == " ".join(words)


def test_sentences_end_where_a_reader_would_say() -> None:
    paragraph = "Mr. Hall saw Dr. A. Smith. “Where is he?” she asked. It was 3.5 km away! Was it?"
    assert passages.sentences(paragraph) == [
        "Mr. Hall saw Dr. A. Smith.",
        "“Where is he?” she asked.",
        "It was 3.5 km away!",
        "Was it?",
    ]


def test_one_paragraph_in_fifty_is_held_out_however_it_is_set() -> None:
    texts = [f"Paragraph number {i}." for i in range(20_000)]
    held_out = [text for text in texts if passages.is_held_out(text)]
    assert 320 <= len(held_out) <= 480  # 400 expected, standard deviation 20
    for text in held_out[:50]:
        assert passages.is_held_out("  “" + text.upper().replace(" ", "\n") + "” ")


def test_the_corpus_is_read_plain_or_compressed(tmp_path: Path) -> None:
    lines = "book\tOne  two.\nbook\tThree.\n"
    (tmp_path / "text.tsv").write_text(lines)
    (tmp_path / "text.tsv.xz").write_bytes(lzma.compress(lines.encode()))
    for name in ("text.tsv", "text.tsv.xz"):
        assert list(passages.paragraphs(tmp_path / name)) == ["One two.", "Three."]
    (tmp_path / "bad.tsv").write_text("book\tOne.\nno tab\n")
    with pytest.raises(ValueError, match="line 2"):
        list(passages.paragraphs(tmp_path / "bad.tsv"))


def test_wordnet_gives_examples_definitions_and_relations(tmp_path: Path) -> None:
    licence = "  1 This software is provided as is\n"
    nouns = [
        "00000001 05 n 01 dog 0 002 @ 00000002 n 0000 #p 00000003 n 0000 | a barking animal; "
        '"the dog slept"',
        "00000002 05 n 01 animal 0 000 | an organism that moves",
        "00000003 05 n 01 pack 0 000 | a group",
        "00000004 05 n 01 rare_beast 0 000 | a thing nobody met",
    ]
    adjectives = [
        "00000005 00 a 01 wet 0 001 ! 00000006 a 0101 | covered with water",
        "00000006 00 s 01 dry(p) 0 000 | free from water",
    ]
    (tmp_path / "data.noun").write_text(licence + "  \n".join([*nouns, ""]))
    (tmp_path / "data.adj").write_text(licence + "  \n".join([*adjectives, ""]))
    (tmp_path / "data.verb").write_text(licence)
    (tmp_path / "data.adv").write_text(licence)
    common = ["dog", "animal", "pack", "wet", "dry"]
    (tmp_path / "cntlist.rev").write_text("".join(f"{w}%1:05:00:: 1 3\n" for w in common))
    assert list(wordnet.sentences(tmp_path)) == [
        "The dog slept.",
        "A dog is a barking animal.",
        "A dog is a kind of animal.",
        "A dog is a part of a pack.",
        "An animal is an organism that moves.",
        "A pack is a group.",
        "Wet means covered with water.",
        "The opposite of wet is dry.",
        "Dry means free from water.",
    ]


PASSAGES = st.lists(st.lists(st.lists(st.integers(0, 30_521), min_size=1), min_size=1), min_size=1)


@given(PASSAGES, st.integers(1, 9))
def test_pieces_hold_every_token_once_in_order(
    given_passages: list[list[list[int]]], longest: int
) -> None:
    tokens = Tokens.of(given_passages)
    assert len(tokens) == len(given_passages)
    for index, passage in enumerate(given_passages):
        whole = [token for sentence in passage for token in sentence]
        for by_sentence in (False, True):
            pieces = tokens.pieces(index, longest, by_sentence=by_sentence)
            assert np.concatenate(pieces).tolist() == whole
            assert all(1 <= len(piece) <= longest for piece in pieces)
        if all(len(sentence) <= longest for sentence in passage):
            assert [p.tolist() for p in tokens.pieces(index, longest, by_sentence=True)] == passage


def test_whole_sentences_share_a_piece_while_they_fit(tmp_path: Path) -> None:
    Tokens.of([[[1, 2], [3], [4, 5, 6], [7]]]).save(tmp_path / "t.npz")
    tokens = Tokens.load(tmp_path / "t.npz")
    pieces = [piece.tolist() for piece in tokens.pieces(0, 4, by_sentence=False)]
    assert pieces == [[1, 2, 3], [4, 5, 6, 7]]
