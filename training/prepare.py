"""Corpus and WordNet → the two token files: what to train on, and what is held out.

python -m training.prepare --corpus paragraphs.tsv.xz --out build/training
"""

from __future__ import annotations

import argparse
import json
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from training import passages, wordnet
from training.files import EMBEDDED, HELD_OUT, TRAINED_ON, sha256
from training.tokens import Tokens


def main(arguments: list[str] | None = None) -> None:
    """Read the corpus, write `train.npz`, `held_out.npz` and `prepare.json`."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, help="source<TAB>text lines, or .xz")
    parser.add_argument("--wordnet", type=Path, default=wordnet.FOLDER, help="wordnet-base's files")
    parser.add_argument("--out", type=Path, default=Path("build/training"))
    parser.add_argument("--limit", type=int, help="only so many paragraphs, for a trial")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)

    texts = list(islice(passages.paragraphs(options.corpus), options.limit))
    held_out = [text for text in texts if passages.is_held_out(text)]
    kept = [text for text in texts if not passages.is_held_out(text)]
    of_wordnet = list(islice(wordnet.sentences(options.wordnet), options.limit))
    # A sentence of WordNet can be a paragraph of the corpus only by chance; the hash decides.
    of_wordnet = [text for text in of_wordnet if not passages.is_held_out(text)]

    tokenizer = AutoTokenizer.from_pretrained(EMBEDDED)
    train = tokens_of([*map(passages.sentences, kept), *([each] for each in of_wordnet)], tokenizer)
    train.save(options.out / TRAINED_ON)
    measured = tokens_of([passages.sentences(text) for text in held_out], tokenizer)
    measured.save(options.out / HELD_OUT)
    summary = {
        "corpus": sha256(options.corpus),
        "paragraphs": len(kept),
        "sentences of WordNet": len(of_wordnet),
        "tokens": len(train.ids),
        "held-out paragraphs": len(measured),
        "held-out tokens": len(measured.ids),
    }
    (options.out / "prepare.json").write_text(json.dumps(summary, indent=2) + "\n")
    print(json.dumps(summary, indent=2))


def tokens_of(passages: list[list[str]], tokenizer: PreTrainedTokenizerBase) -> Tokens:
    """The ids of passages given as lists of sentences."""
    flat = [sentence for passage in passages for sentence in passage]
    encoded = tokenizer(flat, add_special_tokens=False, return_attention_mask=False)["input_ids"]
    edges = np.cumsum([0, *map(len, passages)])
    return Tokens.of([encoded[start:end] for start, end in pairwise(edges)])


if __name__ == "__main__":
    main()
