"""The figures there are, in the order of the page: a name, a title, and what draws it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from attention_atlas.errors import InvalidChoice

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

Dependence = Literal["layer", "head", "token", "tau"]
_VIEWS = "attention_atlas.views"


@dataclass(frozen=True)
class Entry:
    """One view that can be taken away as a figure."""

    name: str
    title: str
    module: str
    """The module below `attention_atlas.views` that draws it."""
    depends: frozenset[Dependence]
    """What of a choice makes another figure of it."""
    function: str = "figure"
    passes: bool = False
    """Whether it may take the model through further passes, with words hidden."""

    def make(self, trace: Trace, chosen: Chosen) -> ViewFigure:
        """The figure; the module is imported now.

        Raises:
            InvalidChoice: as the view does.
        """
        draw: Callable[[Trace, Chosen], ViewFigure] = getattr(
            importlib.import_module(f"{_VIEWS}.{self.module}"), self.function
        )
        return draw(trace, chosen)


def _entry(
    name: str,
    title: str,
    module: str,
    depends: str = "",
    function: str = "figure",
    *,
    passes: bool = False,
) -> tuple[str, Entry]:
    on: frozenset[Dependence] = frozenset(depends.split())  # pyright: ignore[reportAssignmentType]
    return name, Entry(name, title, f"{module}.figure", on, function, passes)


FIGURES: dict[str, Entry] = dict(
    (
        _entry("tokens", "Tokens", "token_table", "token"),
        _entry("embeddings", "Embeddings", "embeddings", "token"),
        _entry("nearest-words", "Nearest words", "nearest_words", "token"),
        _entry("positions", "Positions", "positions", "token"),
        _entry("token-map", "Map of the tokens", "token_map", "layer token"),
        _entry("projections", "Query, key, value", "projections", "layer head token"),
        _entry(
            "scaled-dot-product", "Scaled dot-product attention", "dot_product", "layer head token"
        ),
        _entry("arcs", "Attention arcs", "arcs", "layer head token"),
        _entry("heads-joined", "Heads joined", "heads_joined", "layer head token"),
        _entry(
            "add-norm-attention", "Add & Norm after attention", "add_norm", "layer token",
            "figure_attention",
        ),
        _entry("feed-forward", "Feed-forward", "feed_forward", "layer token"),
        _entry(
            "add-norm-ffn", "Add & Norm after feed-forward", "add_norm", "layer token",
            "figure_ffn",
        ),
        _entry("ladder", "Layers and their heads", "head_ladder", "layer head"),
        _entry("stack", "The stack", "layer_stack", "layer token"),
        _entry("lens", "The lens", "lens", "layer token", passes=True),
        _entry("predictions", "Predictions", "predictions", "token", passes=True),
        _entry(
            "masked-in-turn", "Each word masked in turn", "masked_in_turn", "token", passes=True
        ),
        _entry("two-candidates", "Two candidates compared", "two_candidates", "token", passes=True),
        _entry("head-atlas", "All heads", "head_atlas", "layer head tau"),
        _entry("attention-map", "Attention map", "heatmap", "layer head token"),
        _entry("attention-flow", "Attention flow", "flow", "layer head token"),
        _entry("attention-row", "Where the token looks", "attention_reach", "layer head token"),
        _entry("metrics", "Six metrics of this head", "metric_cards", "layer head tau"),
        _entry("rollout", "Attention rollout", "across", "token"),
        _entry("max-flow", "Maximum flow", "across_flow", "token"),
        _entry("heads-table", "All heads in numbers", "heads_table", "layer head tau"),
    )
)  # fmt: skip
"""By name."""


def entry(name: str) -> Entry:
    """The figure of this name.

    Raises:
        InvalidChoice: there is none.
    """
    if name not in FIGURES:
        raise InvalidChoice(f"There is no view {name!r}. Choose one of {', '.join(FIGURES)}.")
    return FIGURES[name]
