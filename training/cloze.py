"""Everyday sentences with a hidden word, written for this project, and who guesses them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import BertForMaskedLM, PreTrainedTokenizerBase

FILE = Path(__file__).with_name("cloze.tsv")


@dataclass(frozen=True)
class Cloze:
    """A sentence with [MASK] in it, and the words that are right there."""

    sentence: str
    answers: tuple[str, ...]


def read(path: Path = FILE) -> list[Cloze]:
    """The sentences of a file of `sentence<TAB>answers` lines.

    Raises ValueError for a line without exactly one [MASK] or without answers.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        sentence, _, answers = line.partition("\t")
        if sentence.count("[MASK]") != 1 or not answers.split():
            raise ValueError(f"{path}, line {number}: expected one [MASK], a tab and answers.")
        found.append(Cloze(sentence, tuple(answers.split())))
    return found


@dataclass(frozen=True)
class Answered:
    """What a network says to one of them: its first five words, and whether they are right."""

    cloze: Cloze
    words: tuple[str, ...]

    @property
    def first(self) -> bool:
        """Whether the first word is right."""
        return self.words[0] in self.cloze.answers

    @property
    def among_five(self) -> bool:
        """Whether one of the five is right."""
        return any(word in self.cloze.answers for word in self.words)


@torch.inference_mode()
def answers(
    network: BertForMaskedLM, tokenizer: PreTrainedTokenizerBase, asked: list[Cloze]
) -> list[Answered]:
    """The five likeliest words for each sentence."""
    network.eval()
    found = []
    for cloze in asked:
        given = tokenizer(cloze.sentence, return_tensors="pt").to(network.device)
        logits = network(**given).logits[given["input_ids"] == tokenizer.mask_token_id][0]
        words = tokenizer.convert_ids_to_tokens(logits.topk(5).indices.tolist())
        found.append(Answered(cloze, tuple(words)))
    return found
