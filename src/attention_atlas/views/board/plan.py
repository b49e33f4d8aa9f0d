"""What stands on a board, in words and places; the pictures come later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from htmltools import Tag, TagChild, TagList, tags

from attention_atlas.views.board import pictures
from attention_atlas.views.board.places import Place, attention_places, walk_places
from attention_atlas.views.figures.captions import model_name, sentence
from attention_atlas.views.steps.across import across_step
from attention_atlas.views.steps.add_norm import add_norm_step
from attention_atlas.views.steps.dot_product import dot_product_step
from attention_atlas.views.steps.embeddings import embeddings_step
from attention_atlas.views.steps.feed_forward import feed_forward_step
from attention_atlas.views.steps.heads_joined import heads_joined_step
from attention_atlas.views.steps.heads_table import heads_table_step
from attention_atlas.views.steps.masked_in_turn import masked_in_turn_step
from attention_atlas.views.steps.metrics import metrics_step
from attention_atlas.views.steps.predictions import predictions_step
from attention_atlas.views.steps.projections import projections_step
from attention_atlas.views.steps.slots import chosen_head, chosen_layer
from attention_atlas.views.steps.stack import stack_step
from attention_atlas.views.steps.step import Ids, passed_layers, picture
from attention_atlas.views.steps.tokens import tokens_step
from attention_atlas.views.steps.walk import walk, walk_head

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.board.carried import Carried
    from attention_atlas.views.weights import Shown


@dataclass(frozen=True)
class Plan:
    """The markup of a board, and what is drawn in its places."""

    markup: TagList
    places: Mapping[str, Place]
    """By the id of the place in the markup."""


def one_view_plan(trace: Trace, shown: Shown, name: str) -> Plan:
    """One attention view, "map" or "flow", with the choice of layer and head above it."""
    id = f"{name}-picture"
    place = attention_places(trace, shown)[id]
    return Plan(TagList(_choosers(trace), picture(id, place.view)), {id: place})


def attention_plan(trace: Trace, shown: Shown) -> Plan:
    """All heads, and the chosen one as map, flow and list."""
    every = attention_places(trace, shown)
    places = {name: every[name] for name in ("atlas-picture", "explorer-picture")}
    return Plan(TagList(_choosers(trace), ribbon(), _explorer(places)), places)


def _explorer(places: Mapping[str, Place]) -> TagList:
    """The chosen head beside all heads, or what of the two is among the places."""
    return TagList(
        tags.header(tags.h2("Layer ", chosen_layer(), ", head ", chosen_head()), class_="tab-head"),
        tags.div(
            *(picture(id, place.view) for id, place in places.items()),
            class_="explore" if len(places) > 1 else None,
        ),
    )


def walk_plan(trace: Trace) -> Plan:
    """The walk from the tokens to the prediction."""
    places = walk_places(trace)
    return Plan(TagList(_choosers(trace), ribbon(), _walk(places)), places)


def file_plan(trace: Trace, shown: Shown, carried: Carried) -> Plan:
    """A whole page: what is carried of the Attention tab and of the walk, each in a tab."""
    every = attention_places(
        trace, shown, pictures.one_head if carried.heads == "head" else pictures.whole_layer
    )
    names = {
        "explorer-picture": carried.heads is not None,
        "atlas-picture": carried.overview,
        "metrics-picture": carried.overview,
        "heads_table-picture": carried.overview,
        "across-picture": carried.across,
        "across-flow": carried.across,
    }
    attention = {name: every[name] for name, goes in names.items() if goes}
    of_walk = walk_places(trace) if carried.walk else {}
    panels: list[Tag] = []
    if attention:
        explore = {
            name: attention[name]
            for name in ("atlas-picture", "explorer-picture")
            if name in attention
        }
        parts: list[TagChild] = [_explorer(explore)] if explore else []
        if carried.overview:
            parts += [metrics_step(_ids("metrics")), heads_table_step(_ids("heads_table"))]
        if carried.across:
            parts.append(across_step(_ids("across")))
        panels.append(_panel("Attention", *parts))
    if of_walk:
        panels.append(_panel("Walk", _walk(of_walk)))
    head = tags.header(
        tags.div(
            tags.h1(sentence(trace)),
            tags.p(_about(trace), class_="quiet"),
        ),
        tags.div(
            tags.button("Dark", type="button", data_set_theme="dark"),
            tags.button("Light", type="button", data_set_theme="light"),
            class_="toggle",
            role="group",
            aria_label="Theme",
        ),
        class_="file-head",
    )
    tabs = tags.div(role="tablist", aria_label="Views") if len(panels) > 1 else None
    stage = tags.div(ribbon(), tags.div(tabs, _choosers(trace), class_="stage-row"), class_="stage")
    return Plan(TagList(head, stage, *panels), {**attention, **of_walk})


def _panel(name: str, *parts: TagChild) -> Tag:
    return tags.section(*parts, class_="panel", aria_label=name)


def _about(trace: Trace) -> str:
    model = trace.model
    sizes = f"{model.layers} layers × {model.heads} heads, hidden size {model.hidden_size:,}"
    left_out = f" {trace.truncated:,} did not fit." if trace.truncated else ""
    return (
        f"Read by {model_name(trace)}: {sizes}; {len(trace.tokens):,} tokens.{left_out} Saved from "
        "Attention Atlas; layers and heads are counted from 1."
    )


def _walk(places: Mapping[str, Place]) -> TagList:
    in_turn = "masked_in_turn-picture" in places
    below = masked_in_turn_step(_ids("masked_in_turn")) if in_turn else tags.span(hidden="")
    parts = {
        "tokens": tokens_step(_ids("tokens")),
        "embeddings": embeddings_step(_ids("embeddings")),
        "before": passed_layers("before", picture("before-picture", "head_ladder")),
        "projections": projections_step(_ids("projections")),
        "dot_product": dot_product_step(_ids("dot_product")),
        "heads_joined": heads_joined_step(_ids("heads_joined")),
        "add_norm_attention": add_norm_step(_ids("add_norm_attention"), "attention"),
        "feed_forward": feed_forward_step(_ids("feed_forward")),
        "add_norm_ffn": add_norm_step(_ids("add_norm_ffn"), "ffn"),
        "after": passed_layers("after", picture("after-picture", "head_ladder")),
        "stack": stack_step(_ids("stack")),
        "predictions": predictions_step(_ids("predictions"), below),
    }
    for part in parts.values():
        _without_empty_folds(part, places)
    return TagList(walk_head(), walk(parts))


def ribbon() -> Tag:
    """The place of the tokens."""
    return tags.div(class_="ribbon", role="radiogroup", aria_label="Focused token")


def _ids(part: str) -> Ids:
    return lambda name: f"{part}-{name}"


def _choosers(trace: Trace) -> Tag:
    """The choice of layer and head; where there is but one, it is told."""
    return tags.div(
        _chooser("layer", "Layer", trace.model.layers),
        _chooser("head", "Head", trace.model.heads),
        class_="choosers",
    )


def _chooser(key: str, label: str, count: int) -> Tag:
    return tags.label(
        label,
        tags.span(
            tags.select(
                *(tags.option(str(k + 1), value=str(k)) for k in range(count)),
                data_choose=key,
                aria_label=label,
                autocomplete="off",
            ),
            class_="select",
        ),
        tags.span(f"of {count}", class_="quiet"),
    )


def _without_empty_folds(part: Tag, places: Mapping[str, Place]) -> None:
    """Takes out the folds whose picture this board has not: they would stay empty."""
    part.children = TagList(
        *(child for child in part.children if not _is_empty_fold(child, places))
    )
    for child in part.children:
        if isinstance(child, Tag):
            _without_empty_folds(child, places)


def _is_empty_fold(child: object, places: Mapping[str, Place]) -> bool:
    if not isinstance(child, Tag) or child.name != "details":
        return False
    views = list(_views(child))
    return bool(views) and all(id not in places for id in views)


def _views(part: Tag) -> Sequence[str]:
    here = [str(part.attrs["id"])] if "data-view" in part.attrs else []
    inner = [_views(child) for child in part.children if isinstance(child, Tag)]
    return [*here, *(id for ids in inner for id in ids)]
