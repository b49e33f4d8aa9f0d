"""All heads at a glance, on paper: the pattern of each, framed in the colour of a number of its."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.errors import InvalidChoice
from attention_atlas.views.figures.atlas_painting import Atlas, height_of, paint
from attention_atlas.views.figures.captions import caption
from attention_atlas.views.figures.head_values import ranked
from attention_atlas.views.figures.summaries import (
    head_names,
    layer_names,
    summary_at,
    tau_text,
    unit_of,
)
from attention_atlas.views.figures.view_figure import Chosen, Numbers, ViewFigure
from attention_atlas.views.head_atlas.head_atlas import NOTHING, head_atlas
from attention_atlas.views.head_atlas.quantities import METRICS, NO_ROLE, ROLES

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """A tile for each head; `chosen.look` says how they are coloured, ordered and chosen.

    Numbers: "thumbnails" (layer, head, row, column), from 0 to 1; and what colours them, if
    something does, by its own name (layer, head).

    Raises:
        InvalidChoice: the tiles cannot be coloured by `look.colour`, `look.only` is no role, no
            head is like that, or no unit takes part.
    """
    summary = summary_at(trace, chosen)
    look = chosen.look
    unit = unit_of(chosen)
    state = head_atlas(summary, colour_by=look.colour, unit=unit, tau=tau_text(trace, chosen))
    atlas = _atlas(state.state, state.arrays, chosen)
    layers, heads = atlas.shape
    numbers = {
        "thumbnails": Numbers(
            atlas.thumbnails,
            ("layer", "head", "row", "column"),
            (layer_names(layers), head_names(heads), None, None),
            "The share of attention that a pixel of a head’s pattern stands for, 0 to 1.",
        )
    }
    if atlas.values is not None and atlas.quantity is not None:
        numbers[look.colour.replace(" ", "_")] = Numbers(
            atlas.values.reshape(layers, heads),
            ("layer", "head"),
            (layer_names(layers), head_names(heads)),
            f"{atlas.quantity['definition']}.",
        )
    return ViewFigure(
        view="head-atlas",
        title="All heads",
        caption=caption(
            trace,
            chosen,
            shown=replace(chosen.shown, measure="weights"),
            said=_said(atlas, unit, state.state["strong"]),
        ),
        numbers=numbers,
        paint=lambda sheet, paper: paint(sheet, paper, atlas),
        height=lambda paper: height_of(paper, atlas),
    )


def _atlas(state: Any, arrays: Any, chosen: Chosen) -> Atlas:
    look = chosen.look
    quantities = {one["value"]: one for one in state["choices"]}
    strongest = arrays["strongest"].ravel()
    by = None if look.colour == NOTHING else look.colour
    belongs = np.ones(strongest.size, dtype=bool)
    if look.only == "none":
        belongs = strongest == NO_ROLE
    elif look.only != "all":
        if look.only not in state["roles"]:
            allowed = ", ".join(["all", "none", *state["roles"]])
            raise InvalidChoice(
                f"only cannot be {look.only!r}: no head of this text can have such a role. Choose "
                f"one of {allowed}."
            )
        belongs = strongest == state["roles"].index(look.only)
    if not belongs.any():
        raise InvalidChoice("No head is like that in this text. Choose another role, or all heads.")
    values = None if by is None else values_of(by, state, arrays, told=look.told)
    order = None
    if look.arrange != "layer":
        key = values_of("entropy", state, arrays) if values is None else values
        order = ranked(key, look.arrange, belongs)
    return Atlas(
        arrays["thumbnails"].astype(np.float32) / 255,
        values,
        None if by is None else quantities[by],
        order,
        belongs,
        chosen,
    )


def values_of(name: str, state: Any, arrays: Any, *, told: str = "ratio") -> np.ndarray:
    """One number of all heads, layer after layer: a metric, a role or "distance"."""
    if name in METRICS:
        return arrays["metrics"][METRICS.index(name)].ravel()
    if name == "distance":
        return arrays["distance"].ravel()
    return arrays["shares" if told == "share" else "ratios"][state["roles"].index(name)].ravel()


def _said(atlas: Atlas, unit: str, strong: float) -> list[str]:
    look = atlas.chosen.look
    layers, heads = atlas.shape
    if atlas.order is None:
        said = [f"all {layers * heads} heads, rows are layers, columns heads"]
    else:
        key = "entropy" if atlas.quantity is None else atlas.quantity["name"]
        said = [
            f"{len(atlas.order)} of {layers * heads} heads, {look.arrange} {key} first, each named "
            "layer·head"
        ]
    said.append(f"in each tile a row is a {unit} that looks and a column one that is looked at")
    if atlas.quantity is not None:
        how = "framed" if look.painted == "frame" else "coloured"
        told = {"ratio": " (its ratio to uniform attention)", "share": " (its share)"}[look.told]
        name = atlas.quantity["name"] + (told if atlas.quantity["kind"] == "role" else "")
        said.append(f"{how} by {name}")
    if look.only == "none":
        said.append(f"only heads without a role of {strong:g}×")
    elif look.only != "all":
        said.append(f"only heads whose strongest role is {ROLES[look.only].name}")
    return said
