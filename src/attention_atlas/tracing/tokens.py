"""A text -> the tokens BERT reads, each of which knows the characters it stands for."""

from __future__ import annotations

import re
import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attention_atlas.errors import EmptyText, IncompleteModel, InvalidChoice
from attention_atlas.models.model import Model

if TYPE_CHECKING:
    from tokenizers import Encoding

SURROGATES = re.compile("[\ud800-\udfff]")
_EMPTY = (
    "There is nothing to read in the text: it is empty, or holds only spaces or invisible "
    "characters. Type at least one word."
)


@dataclass(frozen=True)
class Token:
    """One piece of the input, as the network reads it."""

    index: int
    """Where it stands among all tokens, counted from 0."""
    text: str
    """The piece as the vocabulary has it: "##able", "[CLS]"."""
    id: int
    """Its row in the vocabulary and in the word embeddings."""
    position: int
    """Its row in the position embeddings."""
    segment: int
    """Its row in the segment embeddings: 0, or 1 in the second sentence of a pair."""
    sentence: int | None
    """Which sentence it was typed in, 0 or 1; None where the tokenizer added it."""
    word: int | None
    """Which word of its sentence it belongs to, counted from 0; None where it was added."""
    span: tuple[int, int] | None
    """Its first character in its own sentence and the one after its last; None where added."""
    original: str
    """The characters of its sentence that it stands for; "" where it was added."""
    special: bool
    """Whether it is one of the tokenizer's special tokens, added or typed."""
    unknown: bool
    """Whether the vocabulary does not have these characters, so that they became [UNK]."""

    @property
    def typed_special(self) -> bool:
        """Whether it is a special token because the person typed it, "[MASK]" for example."""
        return self.special and self.sentence is not None

    def __repr__(self) -> str:
        """`Token(4, '##able', id=3085)`, and what stands out about it."""
        notes = [
            f"segment={self.segment}" if self.segment else "",
            "special" if self.special else "",
            f"unknown {self.original!r}" if self.unknown else "",
        ]
        tail = "".join(f", {note}" for note in notes if note)
        return f"Token({self.index}, {self.text!r}, id={self.id}{tail})"

    def _repr_html_(self) -> str:
        """What a notebook shows: a list of what is known of the token."""
        from attention_atlas.tracing.notebook import html_of_token

        return html_of_token(self)


@dataclass(frozen=True)
class Tokens:
    """What a text became: its tokens, and how many did not fit."""

    text: str
    """The first sentence as it was read."""
    pair: str | None
    """The second sentence as it was read; None where there is none."""
    tokens: tuple[Token, ...]
    truncated: int
    """How many tokens were left out because the network cannot read that many."""


def tokenise(model: Model, text: str, pair: str | None = None) -> Tokens:
    """Cuts a text, or a pair of texts, into the tokens `model` reads, as transformers does.

    What does not fit is left out at the end, in a pair from the longer sentence first
    (transformers' `longest_first`). A pair of spaces is no pair. A lone surrogate, which is no
    character, is read as U+FFFD.

    Raises:
        EmptyText: the text gives no token of its own.
        InvalidChoice: the text or the pair is not a string.
        IncompleteModel: the model's tokenizer breaks off over the text, because it is damaged.
    """
    text = _readable(text, "text")
    pair = None if pair is None else _readable(pair, "pair")
    if not text.strip():
        raise EmptyText(_EMPTY)
    encoding = _encode(model, text, pair if pair and pair.strip() else None)
    sentences = encoding.sequence_ids
    if pair is not None and 1 not in sentences:
        pair, encoding = None, _encode(model, text, None)
        sentences = encoding.sequence_ids
    if 0 not in sentences:
        raise EmptyText(_EMPTY)
    kept = _that_fit(sentences, model.max_tokens, getattr(model.tokenizer, "truncation_side", ""))
    return Tokens(
        text=text,
        pair=pair,
        tokens=_tokens(model, encoding, kept, (text, pair or "")),
        truncated=len(sentences) - len(kept),
    )


def _tokens(
    model: Model, encoding: Encoding, kept: list[int], texts: tuple[str, str]
) -> tuple[Token, ...]:
    special_ids = frozenset(model.tokenizer.all_special_ids)
    unknown_id = model.tokenizer.unk_token_id
    ids, pieces, segments = encoding.ids, encoding.tokens, encoding.type_ids
    spans, words, sentences = encoding.offsets, encoding.word_ids, encoding.sequence_ids
    tokens = []
    for index, i in enumerate(kept):
        sentence = sentences[i]
        span = None if sentence is None else spans[i]
        original = "" if sentence is None or span is None else texts[sentence][slice(*span)]
        unknown = ids[i] == unknown_id
        tokens.append(
            Token(
                index=index,
                text=pieces[i],
                id=ids[i],
                position=index,
                segment=segments[i] if model.segments > 1 else 0,
                sentence=sentence,
                word=None if sentence is None else words[i],
                span=span,
                original=original,
                # Characters that became [UNK] share its id, but nobody asked for a special token.
                special=ids[i] in special_ids and not (unknown and original.strip() != pieces[i]),
                unknown=unknown,
            )
        )
    return tuple(tokens)


def _encode(model: Model, text: str, pair: str | None) -> Encoding:
    backend = _private_backend(model.tokenizer)
    try:
        return backend.encode(text, pair)
    except BaseException as error:
        # A panic of Rust is no Exception, and would leave whoever waits for this waiting.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise IncompleteModel(
            f"The tokenizer of the model '{model.name}' broke off over this text ({error}): its "
            "vocabulary lacks something, or holds what it cannot work with. Choose another model."
        ) from error


def _readable(text: str, name: str) -> str:
    if not isinstance(text, str):
        raise InvalidChoice(
            f"The {name} must be a string, but a {type(text).__name__} was given. "
            f"Put the sentence between quotes."
        )
    return SURROGATES.sub("\ufffd", text)


def _that_fit(sentences: list[int | None], max_tokens: int, side: str) -> list[int]:
    """The indices of the tokens that stay; those the tokenizer added always do."""
    if len(sentences) <= max_tokens:
        return list(range(len(sentences)))
    of_each = [[i for i, sentence in enumerate(sentences) if sentence == s] for s in (0, 1)]
    room = max(0, max_tokens - (len(sentences) - len(of_each[0]) - len(of_each[1])))
    lengths = _longest_first(len(of_each[0]), len(of_each[1]), room)
    dropped: set[int] = set()
    for own, length in zip(of_each, lengths, strict=True):
        dropped.update(own[: len(own) - length] if side == "left" else own[length:])
    return [i for i in range(len(sentences)) if i not in dropped]


def _longest_first(first: int, second: int, room: int) -> tuple[int, int]:
    """How many tokens of each sentence stay, as the `tokenizers` library shares out the room."""
    if first + second <= room:
        return first, second
    short, long = sorted((first, second))
    long = max(short, room - short)
    if short + long > room:
        short = room // 2
        long = short + room % 2
    return (long, short) if first > second else (short, long)


# A tokenizer keeps truncation and padding as state, which any call of it may change for everyone.
# Encoding goes through a copy that no one else holds and that never changes after it was made.
_backends: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
_backends_lock = threading.Lock()


def _private_backend(tokenizer: Any) -> Any:
    with _backends_lock:
        backend = _backends.get(tokenizer)
        if backend is None:
            shared = tokenizer.backend_tokenizer
            backend = type(shared).from_str(shared.to_str())
            backend.no_truncation()
            backend.no_padding()
            backend.encode_special_tokens = bool(getattr(tokenizer, "split_special_tokens", False))
            _backends[tokenizer] = backend
        return backend
