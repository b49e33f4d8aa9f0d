"""The models that are offered by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

EMBEDDED_MODEL = "embedded"
DEFAULT_MODEL = "bert-base-uncased"


@dataclass(frozen=True)
class CatalogEntry:
    """A model that is offered by name, and what is known of it before it is there."""

    name: str
    """What `load_model` takes."""
    title: str
    description: str
    """One sentence: what it is good for."""
    layers: int
    heads: int
    hidden_size: int
    download_bytes: int | None
    """About how much a download moves, for display; None if nothing is downloaded."""
    embedded: bool = False


MODELS: tuple[CatalogEntry, ...] = (
    CatalogEntry(
        name=EMBEDDED_MODEL,
        title="Embedded model (6 layers)",
        description="A small BERT that comes with Attention Atlas and needs no network; it "
        "predicts less well than the full-sized ones.",
        layers=6,
        heads=12,
        hidden_size=384,
        download_bytes=None,
        embedded=True,
    ),
    CatalogEntry(
        name=DEFAULT_MODEL,
        title="BERT base, uncased",
        description="The BERT of the paper and of most tutorials: English, lower case.",
        layers=12,
        heads=12,
        hidden_size=768,
        download_bytes=440_900_000,
    ),
    CatalogEntry(
        name="bert-base-cased",
        title="BERT base, cased",
        description="English, with capital letters kept, which helps it to tell names.",
        layers=12,
        heads=12,
        hidden_size=768,
        download_bytes=436_200_000,
    ),
    CatalogEntry(
        name="bert-large-uncased",
        title="BERT large, uncased",
        description="The larger BERT of the paper: it predicts better and runs about three "
        "times slower.",
        layers=24,
        heads=16,
        hidden_size=1024,
        download_bytes=1_345_400_000,
    ),
    CatalogEntry(
        name="bert-base-multilingual-cased",
        title="BERT base, multilingual",
        description="One model for 104 languages, with capital letters kept.",
        layers=12,
        heads=12,
        hidden_size=768,
        download_bytes=716_300_000,
    ),
)


def embedded_folder() -> Path:
    """The checkpoint folder that ships with the package."""
    return Path(__file__).parent / "embedded"


def is_cached(name: str) -> bool:
    """Whether the model can be loaded without a download: embedded, or whole in the hub's cache.

    Looks at the disk only, and loads neither PyTorch nor transformers.
    """
    if name == EMBEDDED_MODEL:
        return True
    from attention_atlas.models.hub import cached_folder

    return cached_folder(name) is not None
