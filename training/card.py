"""The parts of the model card and the NOTICE that a training decides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from training.recipe import Recipe

CARD, NOTICE = "README.md", "NOTICE"
_BLOCK = re.compile(
    r"(<!-- (\w+): written by training/export\.py -->\n).*?(<!-- end -->)", re.DOTALL
)
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


def notice_for(notice: str, digest: str) -> str:
    """`notice` with the SHA-256 of the new weights in place of the old one's.

    Raises ValueError if it does not hold exactly one.
    """
    found, count = _DIGEST.subn(digest, notice)
    if count != 1:
        raise ValueError(f"NOTICE should hold one SHA-256, that of the weights; it holds {count}.")
    return found


def with_figures(
    card: str, columns: Mapping[str, Mapping[str, Any]], recipe: Recipe, tokens: int
) -> str:
    """`card` with the blocks `recipe`, `figures` and `heads` written anew.

    Raises ValueError if it lacks one of them.
    """
    written = {
        "recipe": _recipe(recipe, tokens),
        "figures": _figures(columns),
        "heads": _heads(columns),
    }
    missing = set(written) - {name for _, name, _ in _BLOCK.findall(card)}
    if missing:
        raise ValueError(f"The model card has no block for {', '.join(sorted(missing))}.")
    return _BLOCK.sub(lambda block: block[1] + written[block[2]] + block[3], card)


def _recipe(recipe: Recipe, tokens: int) -> str:
    shares = (recipe.head_rate, recipe.embedding_rate, recipe.query_key_rate)
    head, embeddings, query_key = (f"{share:g}" for share in shares)
    return (
        f"{tokens / 1e6:.1f} million tokens in {recipe.steps:,} steps of about "
        f"{recipe.batch_tokens:,}; {recipe.masked:.0%} of the words to be guessed, chosen anew "
        f"each time; AdamW, highest rate {recipe.rate:g}, {head} times that for the head, "
        f"{embeddings} for the embeddings, {query_key} for the query and key projections, warmed "
        "up and then brought down to nothing along a cosine; a cost of "
        f"{recipe.special_weight:g} × the mean share of attention that goes to [CLS] and [SEP] "
        f"above {recipe.special_allowed:.0%}.\n"
    )


def _figures(columns: Mapping[str, Mapping[str, Any]]) -> str:
    def row(label: str, group: str, name: str, form: str) -> list[str]:
        return [label, *(format(each[group][name], form) for each in columns.values())]

    any_column = next(iter(columns.values()))
    masks, cloze = any_column["held-out"]["masks"], any_column["cloze"]["sentences"]
    return _table(
        ["", *columns],
        [
            row(f"held-out paragraphs ({masks:,} masks): loss in nats", "held-out", "loss", ".2f"),
            row("… first guess right", "held-out", "top-1", ".1%"),
            row("… among the first five", "held-out", "top-5", ".1%"),
            row(f"{cloze} everyday sentences: first guess right", "cloze", "top-1", ".0%"),
            row("… among the first five", "cloze", "top-5", ".0%"),
        ],
    )


def _heads(columns: Mapping[str, Mapping[str, Any]]) -> str:
    labels = {
        "first": "[CLS]",
        "separator": "[SEP]",
        "itself": "the token itself",
        "previous": "the previous token",
        "next": "the next token",
        "same word": "the same word elsewhere",
        "punctuation": "punctuation",
    }
    rows = []
    for name, label in labels.items():
        cells = []
        for each in columns.values():
            role = each["heads"]["roles"][name]
            layer, head = role["strongest head"]
            cells.append(
                f"{role['mean share']:.1%} ({role['ratio to uniform']:.1f} ×); "
                f"most {role['strongest share']:.0%}, layer {layer}, head {head}"
            )
        rows.append([f"to {label}", *cells])
    linked, best = ["a pronoun's noun"], ["… the best head"]
    for each in columns.values():
        found = each["heads"]["pronouns"]
        layer, head = found["best head"]
        linked.append(
            f"first in some head in {found['some head looks first at the noun']} of "
            f"{found['sentences']} sentences"
        )
        best.append(f"layer {layer}, head {head}: {found['its mean weight']:.0%} on average")
    return _table(["mean share of attention (× uniform)", *columns], [*rows, linked, best])


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"
