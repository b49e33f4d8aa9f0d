"""The corpus as paragraphs and sentences, and which of them are held out."""

from __future__ import annotations

import hashlib
import lzma
import re
from collections.abc import Iterator
from pathlib import Path

HELD_OUT_ONE_IN = 50
"""One paragraph in so many is kept back, chosen by its hash."""

_END = re.compile(r"[.!?][\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9])")
_NOT_AN_END = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|Prof|Rev|Jr|Sr|No|vs|etc|e\.g|i\.e|[A-Z])\.\s*$")


def paragraphs(corpus: Path) -> Iterator[str]:
    """Each paragraph of `corpus`, a file (.xz or plain) of `source<TAB>text` lines.

    Raises ValueError for a line without a tab, naming it.
    """
    opened = lzma.open if corpus.suffix == ".xz" else open
    with opened(corpus, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            _, tab, text = line.rstrip("\n").partition("\t")
            if not tab:
                raise ValueError(
                    f"{corpus}, line {number}: expected source<TAB>text, found {line!r}"
                )
            yield " ".join(text.split())


def is_held_out(paragraph: str) -> bool:
    """Whether `paragraph` is for measuring, never for training.

    The hash ignores case, spaces and punctuation, so that a paragraph which stands in two books,
    set a little differently, falls on the same side both times.
    """
    letters = re.sub(r"\W+", "", paragraph.casefold())
    digest = hashlib.sha256(letters.encode("utf-8")).digest()
    return int.from_bytes(digest[:4], "big") % HELD_OUT_ONE_IN == 0


def sentences(paragraph: str) -> list[str]:
    """`paragraph` cut where a sentence seems to end; joined by spaces they give it again."""
    found, start = [], 0
    for end in _END.finditer(paragraph):
        piece = paragraph[start : end.end()]
        if not _NOT_AN_END.search(piece):
            found.append(piece.strip())
            start = end.end()
    found.append(paragraph[start:].strip())
    return [sentence for sentence in found if sentence]
