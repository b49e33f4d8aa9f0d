"""Where the heads of a network look: their roles, and whether one links a pronoun to its noun."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import attention_atlas as aa
from attention_atlas.analysis.roles import places, roles

PRONOUNS = Path(__file__).with_name("pronouns.tsv")


@dataclass(frozen=True)
class Role:
    """One role over many texts: arrays (layers, heads)."""

    share: NDArray[np.float64]
    uniform: float

    @property
    def strongest(self) -> tuple[int, int]:
        """Layer and head with the largest share, counted from 1 as on the page."""
        layer, head = np.unravel_index(int(self.share.argmax()), self.share.shape)
        return int(layer) + 1, int(head) + 1


def head_roles(model: aa.Model, texts: list[str]) -> dict[str, Role]:
    """The roles of all heads, each text weighted by how many of its words have such a place."""
    totals: dict[str, list[tuple[NDArray[np.float64], float, int]]] = {}
    for text in texts:
        trace = aa.trace(model, text)
        attention = np.stack([layer.attention for layer in trace.layers]).astype(np.float64)
        for name, role in roles(attention, places(trace.tokens)).items():
            if role.queries:
                totals.setdefault(name, []).append((role.share, role.uniform, role.queries))
    return {
        name: Role(
            np.asarray(sum(share * n for share, _, n in found) / sum(n for *_, n in found)),
            sum(uniform * n for _, uniform, n in found) / sum(n for *_, n in found),
        )
        for name, found in totals.items()
    }


@dataclass(frozen=True)
class Link:
    """How a pronoun's attention reaches its noun."""

    sentence: str
    pronoun: str
    noun: str
    weights: NDArray[np.float64]  # (layers, heads): from the pronoun to the noun
    first: NDArray[np.bool_]  # (layers, heads): no other word gets as much, the pronoun apart


def pronoun_links(model: aa.Model, path: Path = PRONOUNS) -> list[Link]:
    """One link for each `sentence<TAB>pronoun<TAB>noun` line; each word is one token."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        sentence, pronoun, noun = line.split("\t")
        trace = aa.trace(model, sentence)
        texts = [token.text for token in trace.tokens]
        query = len(texts) - 1 - texts[::-1].index(pronoun)
        key = texts.index(noun)
        row = np.stack([layer.attention[:, query] for layer in trace.layers]).astype(np.float64)
        others = [i for i, token in enumerate(trace.tokens) if not token.special and i != query]
        found.append(
            Link(sentence, pronoun, noun, row[..., key], row[..., others].max(-1) == row[..., key])
        )
    return found
