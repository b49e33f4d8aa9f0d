"""How the views of a trace are looked at: every choice beside layer, head and token.

The page's address, the figures, the notebook and the one-file page all speak of these by the same
names; `shared/look.js` is the browser's side of the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args, get_type_hints

from attention_atlas.errors import InvalidChoice

Scale = Literal["auto", "linear", "root", "log"]
Flow = Literal["one", "several", "mean"]
Part = Literal["all", "AA", "AB", "BA", "BB"]
Told = Literal["ratio", "share"]
Painted = Literal["frame", "tile"]
Arrange = Literal["layer", "highest", "lowest"]
Direction = Literal["from", "to"]
Projected = Literal["head", "token"]


@dataclass(frozen=True)
class Look:
    """What a person can set of the views, as the page starts with it.

    Raises:
        InvalidChoice: a value is not one of those that its field allows.
    """

    scale: Scale = "auto"
    """The attention map's colours: auto is linear up to 64 units of text, and √ beyond."""
    window: tuple[int, int, int] | None = None
    """The part of the attention map that is zoomed to: first row, first column, rows (= columns),
    counted from 0; None for all."""
    flow: Flow = "one"
    """Whose lines the flow draws: one head's, several heads', or the mean of the layer."""
    heads: tuple[int, ...] = ()
    """The heads overlaid when `flow` is several, counted from 0; empty for the chosen head and the
    three after it."""
    least: float = 0.02
    """Lines below this share of the widest are hidden, 0 to 1."""
    top: int = 0
    """At most so many lines leave each unit, the strongest; 0 for all."""
    part: Part = "all"
    """Of a pair: from which sentence to which the lines go."""
    colour: str = "nothing"
    """What the heads' tiles are coloured by: a field of `AttentionMetrics`, a role, "distance" or
    "nothing"."""
    told: Told = "ratio"
    """Whether a role is told as its ratio to uniform attention or as its share."""
    painted: Painted = "frame"
    """Whether the colour is a tile's frame or the whole tile."""
    arrange: Arrange = "layer"
    """The order of the tiles: by layer and head, or by what colours them (entropy if nothing)."""
    only: str = "all"
    """Which tiles are shown: all, those of one strongest role, or "none" for those without."""
    sort: str = "layer"
    """The column that the table of heads is sorted by: "layer", "head", a metric, a role or
    "distance"."""
    sort_first: Literal["lowest", "highest"] = "lowest"
    """Which end of that column comes first."""
    projected: Projected = "head"
    """Q, K, V: all tokens of the head, or the token in all heads."""
    direction: Direction = "from"
    """Across the layers: what the token takes ("from"), or who takes from it ("to")."""
    use_head: bool = True
    """Whether the predictions are read with the masked-language-model head."""
    top_k: int = 5
    """How many words each list of predictions has, 1 to 20."""
    hidden: tuple[int, ...] | None = None
    """The tokens hidden behind [MASK], by index; None for the focused one."""

    def __post_init__(self) -> None:
        """Refuses what a field does not allow; addresses and commands can ask for anything."""
        for name, allowed in _ALLOWED.items():
            if getattr(self, name) not in allowed:
                raise InvalidChoice(
                    f"{name} cannot be {getattr(self, name)!r}. Choose one of {', '.join(allowed)}."
                )
        for name in ("colour", "only", "sort"):
            if not isinstance(getattr(self, name), str):
                raise InvalidChoice(f"{name} cannot be {getattr(self, name)!r}. Give a name.")
        if type(self.use_head) is not bool:
            raise InvalidChoice(f"use_head cannot be {self.use_head!r}. Give True or False.")
        # True is an int for isinstance.
        if type(self.least) is bool or not 0 <= self.least <= 1:
            raise InvalidChoice(f"least cannot be {self.least!r}. Give a share from 0 to 1.")
        if type(self.top) is not int or self.top < 0:
            raise InvalidChoice(f"top cannot be {self.top!r}. Give 0 for all lines, or a number.")
        if type(self.top_k) is not int or not 1 <= self.top_k <= MOST_WORDS:
            raise InvalidChoice(f"top_k cannot be {self.top_k!r}. Choose 1 to {MOST_WORDS} words.")
        for name in ("heads", "hidden", "window"):
            value = getattr(self, name)
            if value is None and name != "heads":
                continue
            if not _are_indices(value, 3 if name == "window" else None):
                raise InvalidChoice(
                    f"{name} cannot be {value!r}. Give a tuple of {_COUNTED[name]}, counted from 0."
                )


def _are_indices(value: object, count: int | None) -> bool:
    if not isinstance(value, tuple) or count not in (None, len(value)):
        return False
    return all(type(one) is int and one >= 0 for one in value)


_COUNTED = {
    "heads": "heads",
    "hidden": "tokens",
    "window": "the first row, the first column and the number of rows",
}
MOST_WORDS = 20

_HINTS = get_type_hints(Look)
_ALLOWED: dict[str, tuple[str, ...]] = {
    name: get_args(hint)
    for name, hint in _HINTS.items()
    if get_args(hint) and all(isinstance(one, str) for one in get_args(hint))
}

DEFAULT_LOOK = Look()


def plain(look: Look) -> dict[str, Any]:
    """A look as JSON has it: `look_of` reads it."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(look).items()
    }


def look_of(asked: Mapping[str, Any]) -> Look:
    """The Look that a browser asks for; what it does not say, or says wrongly, is as at first."""
    look: dict[str, Any] = {}
    for one in fields(Look):
        if one.name not in asked:
            continue
        sent: Any = asked[one.name]
        value: Any = tuple(sent) if isinstance(sent, list) else sent
        try:
            Look(**{one.name: value})
        except (InvalidChoice, TypeError):
            continue
        look[one.name] = value
    return Look(**look)
