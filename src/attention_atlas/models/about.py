"""What is known of a model, in a few plain sentences and numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from attention_atlas.models.catalog import EMBEDDED_MODEL, MODELS, embedded_folder
from attention_atlas.models.model import Model

_SHORT_FORM = re.compile(r"^## In short\n+(.*?)(?=^## )", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class About:
    """A model in a few words."""

    paragraphs: tuple[str, ...]
    """Plain text, each a paragraph."""
    facts: tuple[tuple[str, str], ...]
    """What is counted, and the number as people write it."""


def about(model: Model) -> About:
    """What to say of `model` to somebody who asks what it is."""
    return About(_paragraphs(model), _facts(model))


def _paragraphs(model: Model) -> tuple[str, ...]:
    if model.name == EMBEDDED_MODEL:
        return short_card()
    entry = next((entry for entry in MODELS if entry.name == model.name), None)
    if entry is not None:
        said = entry.description
    elif model.source == "folder":
        said = f"A checkpoint in the folder {model.name}."
    elif model.source == "offered":
        said = f"The checkpoint that this server offers as {model.name}."
    elif model.source == "file":
        said = f"The checkpoint {model.name}, of which the file of the trace has only the sizes."
    else:
        said = f"The checkpoint {model.name} of the Hugging Face hub."
    trained = (
        "What it was trained on is written in its model card, if it has one."
        if model.source in ("folder", "file", "offered")
        else "What it was trained on, and its limits, are written on its page on the hub."
    )
    if not model.has_prediction_head:
        trained += " It has no masked-language-model head, so it cannot guess words."
    return (said, trained)


def _facts(model: Model) -> tuple[tuple[str, str], ...]:
    facts = (
        ("layers", f"{model.layers}"),
        ("heads in each", f"{model.heads}"),
        ("hidden size", f"{model.hidden_size:,}"),
        ("feed-forward width", f"{model.intermediate_size:,}"),
        ("vocabulary", f"{model.vocabulary_size:,} word pieces"),
        ("reads at most", f"{model.max_tokens:,} tokens"),
    )
    if not model.at_hand:
        return facts
    parameters = sum(each.numel() for each in model.network.parameters())
    return (*facts, ("parameters", f"{parameters / 1e6:,.1f} million"))


@lru_cache
def short_card() -> tuple[str, ...]:
    """The paragraphs under "In short" in the embedded model's card."""
    card = (embedded_folder() / "README.md").read_text(encoding="utf-8")
    found = _SHORT_FORM.search(card)
    if found is None:
        raise RuntimeError("The embedded model's card has no section “In short”.")
    return tuple(" ".join(part.split()) for part in found[1].strip().split("\n\n"))
