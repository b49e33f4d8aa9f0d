"""The places of a board: which picture stands where, and with which choices it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from attention_atlas.views.attention_explorer.sending import WHOLE_LAYER_UP_TO
from attention_atlas.views.board import pictures
from attention_atlas.views.figures.view_figure import Chosen
from attention_atlas.views.masked_in_turn.masked_in_turn import AT_ONCE_UP_TO
from attention_atlas.views.weights import Shown, units

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace

Choice = Literal[
    "layer", "head", "token", "tau",
    "flow", "heads", "projected", "direction", "use_head", "top_k", "hidden",
]  # fmt: skip
"""A part of the selection, τ, or a field of `Look`."""


@dataclass(frozen=True)
class Place:
    """One picture of a board."""

    view: str
    """The folder of the view that draws it."""
    make: pictures.Make
    depends: tuple[Choice, ...] = ()
    """With which choices it changes."""

    def key(self, chosen: Chosen) -> str:
        """What of `chosen` the picture is of; board.js writes the same choices the same way."""
        return ";".join(_written(value_of(chosen, one)) for one in self.depends)


def value_of(chosen: Chosen, choice: Choice) -> object:
    """What is chosen of one of the choices; −1 for no token."""
    if choice == "token":
        return -1 if chosen.token is None else chosen.token
    return getattr(chosen if choice in ("layer", "head", "tau") else chosen.look, choice)


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def attention_places(
    trace: Trace, shown: Shown, heads: pictures.Heads = pictures.heads_drawn
) -> Mapping[str, Place]:
    """The Attention tab; `heads` says which heads of a layer are sent."""
    short = len(units(trace, shown)) <= WHOLE_LAYER_UP_TO
    whole = heads is pictures.whole_layer or (heads is pictures.heads_drawn and short)
    of_head: tuple[Choice, ...] = ("layer",) if whole else ("layer", "head", "flow", "heads")
    across: tuple[Choice, ...] = ("token", "direction")
    return {
        "atlas-picture": Place("head_atlas", pictures.atlas, ("tau",)),
        "explorer-picture": Place(
            "attention_explorer", pictures.of_heads("attention_explorer", heads), of_head
        ),
        "map-picture": Place("heatmap", pictures.of_heads("heatmap", heads), of_head[:2]),
        "flow-picture": Place("flow", pictures.of_heads("flow", heads), of_head),
        "metrics-picture": Place("metric_cards", pictures.metrics, ("tau",)),
        "heads_table-picture": Place("heads_table", pictures.table, ("tau",)),
        "across-picture": Place("across", pictures.rollout, across),
        "across-flow": Place("across_flow", pictures.maximum_flow, across),
    }


def walk_places(trace: Trace) -> Mapping[str, Place]:
    """The walk. What this text is too long for, or this model has no head for, is left out."""
    of_token: tuple[Choice, ...] = ("token",)
    of_layer: tuple[Choice, ...] = ("layer", "token")
    of_head: tuple[Choice, ...] = ("layer", "head", "token")
    predicted: tuple[Choice, ...] = ("token", "use_head", "top_k", "hidden")
    places = {
        "tokens-picture": Place("token_table", pictures.tokens),
        "embeddings-sum": Place("embeddings", pictures.sum_of_embeddings, of_token),
        "embeddings-nearest": Place("nearest_words", pictures.nearest, of_token),
        "embeddings-map": Place("token_map", pictures.map_of_tokens),
        "embeddings-positions": Place("positions", pictures.map_of_positions),
        "before-picture": Place("head_ladder", pictures.ladder("before")),
        "projections-picture": Place("projections", pictures.projected, (*of_head, "projected")),
        "dot_product-picture": Place("dot_product", pictures.scaled_dot_product, of_head),
        "heads_joined-picture": Place("heads_joined", pictures.joined, of_layer),
        "add_norm_attention-picture": Place("add_norm", pictures.norm_of_attention, of_layer),
        "feed_forward-picture": Place("feed_forward", pictures.neurons, of_layer),
        "add_norm_ffn-picture": Place("add_norm", pictures.norm_of_ffn, of_layer),
        "after-picture": Place("head_ladder", pictures.ladder("after")),
        "stack-picture": Place("layer_stack", pictures.stack, of_token),
        "predictions-picture": Place("predictions", pictures.predicted, predicted),
        "predictions-two_candidates": Place("two_candidates", pictures.compared, predicted),
        "predictions-lens": Place("lens", pictures.through_the_lens, predicted),
    }
    if trace.model.has_prediction_head and len(trace.tokens) <= AT_ONCE_UP_TO:
        places["masked_in_turn-picture"] = Place("masked_in_turn", pictures.masked, ("top_k",))
    return places
