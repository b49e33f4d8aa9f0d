"""What `load_model` tells while it works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Stage: TypeAlias = Literal["resolving", "downloading", "loading"]


@dataclass(frozen=True)
class Progress:
    """How far a model is on its way from its name to the machine's memory."""

    stage: Stage
    """resolving: asking the hub what there is; downloading; loading: from disk into memory."""
    done_bytes: int = 0
    """Bytes of all files together that are on the machine; never falls within a stage."""
    total_bytes: int | None = None
    """Bytes of all files together, or None where it is not known."""
    file: str | None = None
    """The file that is arriving."""


ProgressListener: TypeAlias = Callable[[Progress], None]
"""Called on the thread that called `load_model`, at most some twenty times a second."""
