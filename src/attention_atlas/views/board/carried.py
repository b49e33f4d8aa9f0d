"""What goes along in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from attention_atlas.errors import InvalidChoice

Heads = Literal["head", "layer", "all"]
HEADS: tuple[Heads, ...] = get_args(Heads)


@dataclass(frozen=True)
class Carried:
    """What goes along in a file.

    Raises:
        InvalidChoice: `heads` is none of "head", "layer" and "all", or nothing goes along.
    """

    heads: Heads | None = "layer"
    """Whose weights: of the chosen head, of its layer, of all layers; None for none."""
    overview: bool = True
    """All heads as thumbnails, their metrics and roles."""
    across: bool = False
    """Rollout and maximum flow of the focused token."""
    walk: bool = True
    """Every step for the focused token in the chosen head."""

    def __post_init__(self) -> None:
        """Refuses what cannot be carried."""
        if self.heads not in (None, *HEADS):
            raise InvalidChoice(
                f"A file cannot carry {self.heads!r}. Choose one of {', '.join(HEADS)}."
            )
        if self.heads is None and not (self.overview or self.across or self.walk):
            raise InvalidChoice("A file that carries nothing shows nothing. Choose a part for it.")
