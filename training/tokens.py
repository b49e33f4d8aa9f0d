"""The token file: every passage as word-piece ids, cut into sentences."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Tokens:
    """Passages → sentences → ids, flat, with the offsets at which each begins.

    ids: (tokens,) uint16, without [CLS] and [SEP]. sentences: (sentences + 1,) offsets into ids.
    passages: (passages + 1,) offsets into sentences.
    """

    ids: NDArray[np.uint16]
    sentences: NDArray[np.int64]
    passages: NDArray[np.int64]

    @classmethod
    def of(cls, passages: list[list[list[int]]]) -> Tokens:
        """The tokens of passages that are lists of sentences that are lists of ids."""
        flat = [sentence for passage in passages for sentence in passage]
        return cls(
            np.fromiter((each for sentence in flat for each in sentence), dtype=np.uint16),
            np.cumsum([0, *map(len, flat)], dtype=np.int64),
            np.cumsum([0, *map(len, passages)], dtype=np.int64),
        )

    @classmethod
    def load(cls, path: Path) -> Tokens:
        """The tokens that `save` wrote to `path`."""
        with np.load(path, allow_pickle=False) as file:
            return cls(file["ids"], file["sentences"], file["passages"])

    def save(self, path: Path) -> None:
        """Write to `path`, an .npz file."""
        np.savez(path, ids=self.ids, sentences=self.sentences, passages=self.passages)

    def __len__(self) -> int:
        """How many passages."""
        return len(self.passages) - 1

    def pieces(self, passage: int, longest: int, *, by_sentence: bool) -> list[NDArray[np.uint16]]:
        """One passage in pieces of at most `longest` tokens.

        By sentence: a piece for each. Otherwise as many whole sentences to a piece as fit. A
        sentence longer than `longest` is cut.
        """
        first, last = self.passages[passage], self.passages[passage + 1]
        edges = self.sentences[first : last + 1]
        if not by_sentence:
            edges = _packed(edges, longest)
        return [
            self.ids[at : min(at + longest, end)]
            for start, end in pairwise(edges)
            for at in range(start, end, longest)
        ]


def _packed(edges: NDArray[np.int64], longest: int) -> list[int]:
    kept = [int(edges[0])]
    for here, after in pairwise(edges[1:]):
        if after - kept[-1] > longest:
            kept.append(int(here))
    return [*kept, int(edges[-1])] if len(edges) > 1 else kept
