"""Sentences made from WordNet: its definitions, its examples, and what it relates to what.

The files are those of Debian's `wordnet-base` (WordNet 3.0, Princeton University), described in
its manual page wndb(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path("/usr/share/wordnet")

_KINDS = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
_EXAMPLE = re.compile(r'"([^"]+)"')


@dataclass(frozen=True)
class Synset:
    """One meaning: the words that have it, what it points to, its definition and examples."""

    kind: str
    words: list[str]
    pointers: list[tuple[str, str]]  # (symbol, kind + offset of the other synset)
    definition: str
    examples: list[str]


def read(folder: Path = FOLDER) -> dict[str, Synset]:
    """Every synset, by its kind's letter and its offset in the file, as pointers name it.

    Raises FileNotFoundError if the files are not there.
    """
    found: dict[str, Synset] = {}
    for name, letter in _KINDS.items():
        with (folder / f"data.{name}").open(encoding="latin-1") as lines:
            for line in lines:
                if not line.startswith("  "):  # the licence at the head of each file
                    offset, _, rest = line.partition(" ")
                    found[letter + offset] = _synset(letter, rest)
    return found


def _synset(letter: str, line: str) -> Synset:
    data, _, gloss = line.partition(" | ")
    fields = data.split()
    count = int(fields[2], 16)
    words = [
        re.sub(r"\(\w+\)$", "", word).replace("_", " ") for word in fields[3 : 3 + 2 * count : 2]
    ]
    at = 3 + 2 * count
    pointers = [
        (fields[each], ("a" if fields[each + 2] == "s" else fields[each + 2]) + fields[each + 1])
        for each in range(at + 1, at + 1 + 4 * int(fields[at]), 4)
    ]
    definition = _EXAMPLE.split(gloss)[0].strip(" ;\n")
    return Synset(letter, words, pointers, definition, _EXAMPLE.findall(gloss))


def common_words(folder: Path = FOLDER) -> set[str]:
    """The words that WordNet's authors met at least once in the texts they annotated."""
    with (folder / "cntlist.rev").open(encoding="latin-1") as lines:
        return {line.partition("%")[0].replace("_", " ") for line in lines}


def sentences(folder: Path = FOLDER) -> Iterator[str]:
    """What WordNet has to say, as sentences a person could have typed.

    Its examples ("He drank a glass of water."), and, for words in common use, its definitions
    ("A glass is a container for holding liquids while drinking.") and relations: kinds, parts and
    opposites.
    """
    synsets, common = read(folder), common_words(folder)
    for synset in synsets.values():
        yield from (_closed(example) for example in synset.examples if " " in example)
        if common.intersection(synset.words):  # the others are mostly names of species
            yield _definition(synset)
            yield from _relations(synset, synsets, common)


def _definition(synset: Synset) -> str:
    word, meaning = synset.words[0], synset.definition
    if synset.kind == "n" and re.match(r"(an?|the|any|one) ", meaning):
        return _closed(f"{_with_article(word)} is {meaning}")
    if synset.kind == "v":
        return _closed(f"to {word} is to {meaning.removeprefix('to ')}")
    return _closed(f"{word} means {meaning}")


def _relations(synset: Synset, synsets: dict[str, Synset], common: set[str]) -> Iterator[str]:
    word = next(each for each in synset.words if each in common)
    for symbol, key in synset.pointers:
        other = next((each for each in synsets[key].words if each in common), None)
        if other is None or other == word:
            continue
        if symbol == "!":
            yield _closed(f"the opposite of {word} is {other}")
        elif symbol == "@" and synset.kind == "n" and word.islower() and other.islower():
            yield _closed(f"{_with_article(word)} is a kind of {other}")
        elif symbol == "@i":
            yield _closed(f"{word} is {_with_article(other)}")
        elif symbol == "#p" and synset.kind == "n":
            yield _closed(f"{_with_article(word)} is a part of {_with_article(other)}")


def _with_article(word: str) -> str:
    if not word.islower():
        return word
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _closed(sentence: str) -> str:
    sentence = sentence.strip()
    ended = sentence if sentence[-1:] in ".!?" else sentence.rstrip(" ;,:") + "."
    return ended[:1].upper() + ended[1:]
