"""The tokens as a table: word, piece, id, position, segment, characters."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from attention_atlas.tracing.tokens import Token
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.picture import Picture


def token_table(trace: Trace) -> Picture:
    """The tokens of a trace. State: `tokens`, one entry each, in order; `words`; and `summary`.

    An entry has `piece`, `id`, `position`, `segment` ("A" or "B"), `characters` (the slice of its
    sentence it stands for, "4:7", or ""), `part` ("only", "first", "middle" or "last": its place
    in its word), `special`, and `original`, the characters an unknown piece stands for (None for a
    piece the vocabulary has).

    A word has `text`, as it was typed ("" for what the tokenizer added), and `pieces`, how many
    tokens in a row it became.

    The summary is plain sentences: how many words became how many pieces, and what is unknown.
    """
    words = [list(pieces) for _, pieces in groupby(trace.tokens, key=_word)]
    entries = [
        {
            "piece": token.text,
            "id": token.id,
            "position": token.position,
            "segment": "AB"[token.segment],
            "characters": "" if token.span is None else f"{token.span[0]}:{token.span[1]}",
            "part": _PARTS[at > 0, at + 1 < len(pieces)],
            "special": token.special,
            "original": token.original if token.unknown else None,
        }
        for pieces in words
        for at, token in enumerate(pieces)
    ]
    return Picture(
        "token_table",
        {
            "tokens": entries,
            "words": [{"text": _typed(trace, word), "pieces": len(word)} for word in words],
            "summary": _summary(trace, words),
        },
    )


_PARTS = {
    (False, False): "only",
    (False, True): "first",
    (True, True): "middle",
    (True, False): "last",
}


def _word(token: Token) -> tuple[Any, ...]:
    # What is no part of a word stands alone.
    return ("alone", token.index) if token.word is None else (token.sentence, token.word)


def _typed(trace: Trace, word: list[Token]) -> str:
    first, last = word[0].span, word[-1].span
    if first is None or last is None:
        return ""
    sentence = trace.text if word[0].sentence == 0 else trace.pair or ""
    return sentence[first[0] : last[1]]


def _summary(trace: Trace, words: list[list[Token]]) -> str:
    typed = [word for word in words if word[0].span is not None]
    pieces = sum(map(len, typed))
    added = len(trace.tokens) - pieces
    said = [f"{_many(len(typed), 'word')} in {_many(pieces, 'piece')}"]
    if added:
        said.append(f"{_many(added, 'special token')} added")
    unknown = sum(token.unknown for token in trace.tokens)
    if unknown:
        said.append(f"{_many(unknown, 'piece')} unknown to the vocabulary, read as [UNK]")
    return "; ".join(said) + "."


def _many(count: int, unit: str) -> str:
    return f"{count:,} {unit}{'' if count == 1 else 's'}"
