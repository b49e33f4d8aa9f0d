"""What a checkpoint can do, beside others: hidden words, everyday cloze, and its heads.

python -m training.evaluate build/training/run/network src/attention_atlas/models/embedded
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer

import attention_atlas as aa
from training import cloze, heads
from training.files import EMBEDDED, HELD_OUT
from training.measures import guesses, held_out_batches, held_out_pieces
from training.tokens import Tokens

HEADS_FROM = 200
"""So many held-out paragraphs say where the heads look."""


def main(arguments: list[str] | None = None) -> None:
    """Measure each checkpoint folder given, print it, and write it as JSON if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("checkpoints", type=Path, nargs="+", help="folders; the first is the new")
    parser.add_argument(
        "--data", type=Path, default=Path("build/training"), help="prepare's folder"
    )
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--cloze", action="store_true", help="show each answer to the cloze")
    options = parser.parse_args(arguments)
    held_out = Tokens.load(options.data / HELD_OUT)
    found = {}
    for folder in options.checkpoints:
        found[str(folder)] = figures = measured(folder, held_out, show_cloze=options.cloze)
        print(json.dumps({str(folder): figures}, indent=2), flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def measured(folder: Path, held_out: Tokens, *, show_cloze: bool = False) -> dict[str, object]:
    """Every figure of one checkpoint."""
    network = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(EMBEDDED)
    right = guesses(network, held_out_batches(held_out))
    answered = cloze.answers(network, tokenizer, cloze.read())
    if show_cloze:
        for each in answered:
            sign = "1" if each.first else "5" if each.among_five else "-"
            print(sign, each.cloze.sentence, "→", *each.words)
    model = aa.load_model(folder)
    texts = [tokenizer.decode(row) for row in held_out_pieces(held_out, HEADS_FROM)]
    return {
        "held-out": {
            "masks": right.masks,
            "loss": round(right.loss, 3),
            "top-1": round(right.top_1, 3),
            "top-5": round(right.top_5, 3),
        },
        "cloze": {
            "sentences": len(answered),
            "top-1": round(sum(each.first for each in answered) / len(answered), 3),
            "top-5": round(sum(each.among_five for each in answered) / len(answered), 3),
        },
        "heads": {
            "roles": {name: _role(role) for name, role in heads.head_roles(model, texts).items()},
            "pronouns": _pronouns(heads.pronoun_links(model)),
        },
    }


def _role(role: heads.Role) -> dict[str, object]:
    return {
        "mean share": round(float(role.share.mean()), 3),
        "ratio to uniform": round(float(role.share.mean() / role.uniform), 2),
        "strongest share": round(float(role.share.max()), 3),
        "strongest head": role.strongest,
        "mean share by layer": [round(float(each), 3) for each in role.share.mean(1)],
    }


def _pronouns(links: list[heads.Link]) -> dict[str, object]:
    mean = np.mean([link.weights for link in links], axis=0)
    first = np.mean([link.first for link in links], axis=0)
    layer, head = np.unravel_index(int(mean.argmax()), mean.shape)
    return {
        "sentences": len(links),
        "some head looks first at the noun": sum(bool(link.first.any()) for link in links),
        "some head gives the noun over 0.2": sum(bool(link.weights.max() > 0.2) for link in links),
        "best head": (int(layer) + 1, int(head) + 1),
        "its mean weight": round(float(mean[layer, head]), 3),
        "its share of first looks": round(float(first[layer, head]), 3),
    }


if __name__ == "__main__":
    main()
