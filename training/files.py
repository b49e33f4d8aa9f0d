"""Where things lie, and whether they are what they should be."""

from __future__ import annotations

import hashlib
from pathlib import Path

EMBEDDED = Path(__file__).parents[1] / "src" / "attention_atlas" / "models" / "embedded"
TRAINED_ON = "train.npz"
HELD_OUT = "held_out.npz"
BEFORE = "before"
"""The folder, in a run's, of the network before its first step."""


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()
