"""All heads at a glance, on paper: the pattern of each, framed in the colour of a number of its."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.errors import InvalidChoice
from attention_atlas.views.figures import frame
from attention_atlas.views.figures.captions import caption
from attention_atlas.views.figures.cells import colour_bar
from attention_atlas.views.figures.head_values import flat, ranked, span, value_text, within
from attention_atlas.views.figures.paper import SMALL, TEXT, Paper
from attention_atlas.views.figures.scale import linear
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
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from attention_atlas.tracing.trace import Trace

_GAP = 0.022
_GUTTER = 0.2
_HEAD = 0.13
_WIDEST, _NARROWEST = 0.5, 0.12
_NAME = 0.11
_FOOT = 0.34


@dataclass(frozen=True, eq=False)
class _Atlas:
    """What is drawn."""

    thumbnails: np.ndarray
    """(L, H, s, s), 0 to 1."""
    values: np.ndarray | None
    """(L · H): what the tiles are coloured by."""
    quantity: dict[str, Any] | None
    order: np.ndarray | None
    """The heads in the order of a number; None while they stand by layer."""
    belongs: np.ndarray
    """(L · H) bool"""
    chosen: Chosen

    @property
    def shape(self) -> tuple[int, int]:
        return self.thumbnails.shape[0], self.thumbnails.shape[1]


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
        paint=lambda sheet, paper: _paint(sheet, paper, atlas),
        height=lambda paper: _rows_top(atlas) + _height(paper, atlas) + _FOOT,
    )


def _atlas(state: Any, arrays: Any, chosen: Chosen) -> _Atlas:
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
    return _Atlas(
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


def _said(atlas: _Atlas, unit: str, strong: float) -> list[str]:
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


def _rows_top(atlas: _Atlas) -> float:
    return _HEAD if atlas.order is None else 0.01


def _side(paper: Paper, atlas: _Atlas) -> float:
    """The side of a tile, in inches."""
    heads = atlas.shape[1]
    side = min(_WIDEST, (paper.width - _GUTTER) / heads - _GAP)
    if atlas.order is not None:
        return max(0.22, min(side, 0.4))
    if side < _NARROWEST:
        raise InvalidChoice(
            f"{heads} heads side by side cannot be read at a width of {paper.width} inches. "
            "Choose columns=2."
        )
    return side


def _a_row(paper: Paper, atlas: _Atlas) -> int:
    """How many tiles stand in a row, where they stand in an order."""
    return max(1, int((paper.width + _GAP) / (_side(paper, atlas) + 2 * _GAP)))


def _height(paper: Paper, atlas: _Atlas) -> float:
    side = _side(paper, atlas)
    if atlas.order is None:
        return atlas.shape[0] * (side + _GAP)
    return -(-len(atlas.order) // _a_row(paper, atlas)) * (side + _NAME + 2 * _GAP)


def _paint(sheet: Figure | SubFigure, paper: Paper, atlas: _Atlas) -> None:
    layers, heads = atlas.shape
    side = _side(paper, atlas)
    top, height = _rows_top(atlas), _height(paper, atlas)
    whole = top + height
    axes = frame.place(sheet, 0, 0, paper.width, whole)
    chosen = atlas.chosen.layer * heads + atlas.chosen.head
    places: dict[int, tuple[float, float]] = {}
    if atlas.order is None:
        for k in range(layers * heads):
            places[k] = _GUTTER + (k % heads) * (side + _GAP), top + (k // heads) * (side + _GAP)
    else:
        a_row = _a_row(paper, atlas)
        for place, k in enumerate(atlas.order.tolist()):
            places[k] = (
                _GAP + (place % a_row) * (side + 2 * _GAP),
                top + (place // a_row) * (side + _NAME + 2 * _GAP) + _GAP,
            )
    for k, (x, y) in places.items():
        _tile(axes, paper, atlas, k, x, y, side, on=k == chosen)
    axes.set_xlim(0, paper.width)
    axes.set_ylim(whole, 0)
    axes.set_aspect("auto")
    if atlas.order is None:
        _numbered(axes, paper, atlas, side, top)
    else:
        for k, (x, y) in places.items():
            name = f"{k // heads + 1}·{k % heads + 1}"
            ink = paper.colours.accent if k == chosen else paper.colours.ink_3
            frame.mark(
                axes, paper, x + side / 2, y + side + 0.055, name, size=SMALL, mono=True,
                colour=ink, bold=k == chosen, across="center",
            )  # fmt: skip
    _legend(sheet, paper, atlas, whole + 0.05)


def _tile(
    axes: Axes, paper: Paper, atlas: _Atlas, k: int, x: float, y: float, side: float, *, on: bool
) -> None:
    from matplotlib.patches import Rectangle

    layer, head = divmod(k, atlas.shape[1])
    look = atlas.chosen.look
    rim = 0.0
    away = not atlas.belongs[k]
    if atlas.values is not None and not away:
        level = flat(within(float(atlas.values[k]), span(atlas.values)))
        tint = paper.sequential()(level) if np.isfinite(level) else paper.colours.ground
        unknown = {} if np.isfinite(level) else {"hatch": "/////", "edgecolor": paper.colours.alert}
        axes.add_patch(Rectangle((x, y), side, side, facecolor=tint, linewidth=0, **unknown))
        rim = side / 8
    if atlas.values is None or look.painted == "frame" or away:
        inside = side - 2 * rim
        image = axes.imshow(
            atlas.thumbnails[layer, head],
            cmap=paper.sequential(),
            norm=linear(1.0),
            interpolation="nearest",
            extent=(x + rim, x + rim + inside, y + rim + inside, y + rim),
            alpha=0.25 if away else None,
            aspect="auto",
            zorder=2,  # over its frame
        )
        image.set_gid(f"head-{layer + 1}-{head + 1}")
    if on:
        axes.add_patch(
            Rectangle(
                (x - 0.004, y - 0.004), side + 0.008, side + 0.008, facecolor="none",
                edgecolor=paper.colours.accent, linewidth=1.2, zorder=4, clip_on=False,
            )
        )  # fmt: skip


def _numbered(axes: Axes, paper: Paper, atlas: _Atlas, side: float, top: float) -> None:
    """The numbers of layers and heads, from 1, the chosen ones in the accent colour."""
    layers, heads = atlas.shape
    colours, chosen = paper.colours, atlas.chosen
    for kind, count, at in (("layer", layers, chosen.layer), ("head", heads, chosen.head)):
        for k in range(count):
            middle = k * (side + _GAP) + side / 2
            x, y = (_GUTTER - 0.06, top + middle) if kind == "layer" else (_GUTTER + middle, 0.06)
            frame.mark(
                axes, paper, x, y, str(k + 1), size=SMALL, mono=True, bold=k == at,
                colour=colours.accent if k == at else colours.ink_3,
                across="right" if kind == "layer" else "center",
            )  # fmt: skip


def _legend(sheet: Figure | SubFigure, paper: Paper, atlas: _Atlas, top: float) -> None:
    ink = paper.colours.ink_3
    left = _GUTTER if atlas.order is None else 0.02
    bar = frame.place(sheet, left, top + 0.02, 1.0, 0.06)
    colours = paper.sequential()
    if atlas.quantity is None or atlas.values is None:
        colour_bar(bar, paper, colours, [(0.0, "0"), (1.0, "1")])
        said = "weight"
    else:
        low, high = span(atlas.values)
        told = atlas.chosen.look.told
        texts = [value_text(atlas.quantity["kind"], x, told) for x in (low, high)]
        colour_bar(bar, paper, colours, [(0.0, texts[0]), (1.0, texts[1])], level=flat)
        said = atlas.quantity["name"]
    frame.write(sheet, paper, left + 1.08, top + 0.08, said, size=TEXT - 1, colour=ink)
