"""The sheet a figure is printed on: its width, its colours, and its colour maps.

The colours are those of shared/theme.css and flow/flow.css, but for the ground of the light
theme, which on paper is the paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, get_args

from attention_atlas.errors import InvalidChoice
from attention_atlas.views.colour import Theme, diverging, sequential

if TYPE_CHECKING:
    from matplotlib.colors import ListedColormap

Columns = Literal[1, 2]
WIDTHS: dict[int, float] = {1: 3.25, 2: 6.75}
"""Inches: one column of a paper, and both."""
SMALL, TEXT, TITLE = 6.0, 7.0, 8.0
"""The sizes of type, in points. Nothing is set smaller than `SMALL`."""
LINE = 1.3
"""From one line of text to the next, in sizes of its type."""
GAP = 0.06
"""Between things that belong together, in inches."""
MARGIN = 0.05
"""Left free around a figure, in inches, so that no letter touches the edge."""


@dataclass(frozen=True)
class Colours:
    """The colours of one theme, by the names that theme.css gives them."""

    ground: str
    surface: str
    rule: str
    rule_2: str
    ink: str
    ink_2: str
    ink_3: str
    accent: str
    data: str
    negative: str
    positive: str
    alert: str
    heads: tuple[str, ...]
    """One for each of twelve heads; the thirteenth has the first again."""


_COLOURS: dict[Theme, Colours] = {
    "light": Colours(
        ground="#ffffff",
        surface="#f7f3f7",
        rule="#e8e0e8",
        rule_2="#cdc1cd",
        ink="#1b121d",
        ink_2="#514655",
        ink_3="#6d6271",
        accent="#c2156c",
        data="#2f7f97",
        negative="#2a62b8",
        positive="#a65a08",
        alert="#8a5200",
        heads=(
            "#0072a8", "#9a5500", "#1d7d3e", "#7555a8", "#7b6900", "#007d86",
            "#8c3019", "#2e4d99", "#425d00", "#4d4496", "#00684e", "#774700",
        ),
    ),
    "dark": Colours(
        ground="#0e0a0f",
        surface="#141016",
        rule="#2a222c",
        rule_2="#403543",
        ink="#f4eff4",
        ink_2="#c0b6c2",
        ink_3="#968b99",
        accent="#ff6fae",
        data="#5bb5bd",
        negative="#6da9f0",
        positive="#eda85a",
        alert="#f2b45c",
        heads=(
            "#4db7ee", "#e1994e", "#6cc180", "#b798ee", "#bdac44", "#08c2ca",
            "#ffac93", "#a3c9ff", "#b8d97c", "#c2bfff", "#61e5c6", "#f5c165",
        ),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Paper:
    """How wide a figure is and in which theme it is printed.

    Raises:
        InvalidChoice: there is no such width or theme.
    """

    columns: Columns = 1
    """How many columns of a paper it fills: 1 is 3.25 inches wide, 2 is 6.75."""
    theme: Theme = "light"

    def __post_init__(self) -> None:
        """Refuses what is no width and no theme."""
        if self.columns not in WIDTHS:
            raise InvalidChoice(
                f"A figure cannot be {self.columns!r} columns wide. Choose 1 (3.25 inches) or 2 "
                "(6.75 inches)."
            )
        if self.theme not in _COLOURS:
            raise InvalidChoice(
                f"There is no theme {self.theme!r}. Choose one of {', '.join(get_args(Theme))}."
            )

    @property
    def sheet(self) -> float:
        """The width of the whole sheet, in inches."""
        return WIDTHS[self.columns]

    @property
    def width(self) -> float:
        """The width between its margins, in inches: what a view is painted into."""
        return self.sheet - 2 * MARGIN

    @property
    def colours(self) -> Colours:
        """Of its theme."""
        return _COLOURS[self.theme]

    def head(self, head: int) -> str:
        """The colour of a head's lines; `head` is counted from 0."""
        return self.colours.heads[head % len(self.colours.heads)]

    def sequential(self) -> ListedColormap:
        """The map for weights, from 0 to 1."""
        return _map("sequential", self.theme)

    def diverging(self) -> ListedColormap:
        """The map for signed numbers: blue below 0, amber above."""
        return _map("diverging", self.theme)


@cache
def _map(kind: Literal["sequential", "diverging"], theme: Theme) -> ListedColormap:
    from matplotlib.colors import ListedColormap

    colours = (sequential if kind == "sequential" else diverging)(theme) / 255
    return ListedColormap(colours, name=f"atlas-{kind}-{theme}")
