"""A trained network → the checkpoint folder that ships, with its figures in the model card.

python -m training.export --run build/training/run --out build/training/embedded
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from pathlib import Path

import torch
from transformers import AutoModelForMaskedLM

from training.card import CARD, NOTICE, notice_for, with_figures
from training.evaluate import measured
from training.files import BEFORE, EMBEDDED, HELD_OUT, sha256
from training.recipe import Recipe
from training.tokens import Tokens

LARGEST = 46_000_000


def main(arguments: list[str] | None = None) -> None:
    """Write weights, config, tokenizer, NOTICE and card; measure them beside others."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--run", type=Path, default=Path("build/training/run"))
    parser.add_argument(
        "--data", type=Path, default=Path("build/training"), help="prepare's folder"
    )
    parser.add_argument("--out", type=Path, default=Path("build/training/embedded"))
    parser.add_argument("--beside", type=Path, help="an older checkpoint to measure beside it")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)

    network = AutoModelForMaskedLM.from_pretrained(options.run / "network", dtype=torch.float16)
    network.save_pretrained(options.out)
    weights = options.out / "model.safetensors"
    weights.chmod(0o644)  # for everyone to read, once it is installed
    if weights.stat().st_size > LARGEST:
        raise ValueError(f"{weights} has {weights.stat().st_size:,} bytes, more than {LARGEST:,}.")
    for name in ("tokenizer.json", "tokenizer_config.json", CARD, NOTICE):
        if options.out.resolve() != EMBEDDED:
            shutil.copy(EMBEDDED / name, options.out / name)

    held_out = Tokens.load(options.data / HELD_OUT)
    columns = {"before training": measured(_before(options.run), held_out)}
    if options.beside:
        columns["the first version"] = measured(options.beside, held_out)
    columns["this model"] = measured(options.out, held_out)
    (options.run / "figures.json").write_text(json.dumps(columns, indent=2) + "\n", "utf-8")

    notice = options.out / NOTICE
    notice.write_text(notice_for(notice.read_text("utf-8"), sha256(weights)), "utf-8")
    card = options.out / CARD
    recipe, seen = Recipe.load(options.run / "recipe.json"), _tokens_seen(options.run / "log.csv")
    card.write_text(with_figures(card.read_text("utf-8"), columns, recipe, seen), "utf-8")
    print(f"{weights}: {weights.stat().st_size:,} bytes, SHA-256 {sha256(weights)}")


def _before(run: Path) -> Path:
    """The network the run started from, as a checkpoint folder."""
    folder = run / BEFORE
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(EMBEDDED / name, folder / name)
    return folder


def _tokens_seen(log: Path) -> int:
    with log.open(newline="") as file:
        return int(list(csv.DictReader(file))[-1]["tokens"])


if __name__ == "__main__":
    main()
