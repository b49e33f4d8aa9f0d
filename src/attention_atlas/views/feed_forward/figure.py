"""One token through the feed-forward network on paper: widened, bent, narrowed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.views.feed_forward.curve import Curve
from attention_atlas.views.feed_forward.feed_forward import feed_forward
from attention_atlas.views.figures.blocks import Block, Line, Run, heading, note, token
from attention_atlas.views.figures.numerals import number
from attention_atlas.views.figures.paper import SMALL
from attention_atlas.views.figures.strips import Funnel, Legend, plus_minus, top98
from attention_atlas.views.figures.table import Column, Row, Table
from attention_atlas.views.figures.table_cells import (
    Cell,
    Groups,
    code,
    text,
)
from attention_atlas.views.figures.view_figure import Numbers
from attention_atlas.views.figures.walking import followed, in_percent, vector, walked

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.paper import Paper
    from attention_atlas.views.figures.sheet import Sheet
    from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

_NAMES = 0.62
"""The room for the names of the lines, in inches."""
_THICK = 0.125
_CELL, _HIGHEST = 0.042, 2.0
_SHARES = (
    "The output is the sum of each unit’s value times its row of W₂, and the bias. The share of a "
    "term is term · output ÷ (output · output); all shares add up to 100\u202f%. "
)
_WORDS = (
    "A reading aid: the MLM head reads this layer’s output, once as it is and once without the "
    "unit. ×2 says that the word is twice as likely with it."
)


def figure(trace: Trace, chosen: Chosen) -> ViewFigure:
    """The followed token's units, the activation that made them, and the strongest one by one.

    Raises:
        InvalidChoice: there is no such layer or token.
    """
    chosen, index = followed(trace, chosen)
    picture = feed_forward(trace, chosen.layer, index)
    state: Any = picture.state
    arrays = picture.arrays
    d, wide = len(arrays["input"]), len(arrays["intermediate"])

    def blocks(paper: Paper) -> list[Block]:
        narrow = paper.columns == 1
        waist = min(1.0, max(0.2, d / wide))
        high = top98(arrays["intermediate"])
        counts = (
            f"{state['above_zero']:,} of {wide:,} units are active (above 0), "
            f"{state['strong']:,} are above a tenth of the largest in magnitude."
        )
        name, given = state["activation"], state["checkpoint_activation"]
        bent = name if name.lower() == given.lower() else f"{name} (“{given}” in the checkpoint)"
        size = Run(f"{d:,} → {wide:,} → {d:,}", "ink_3", mono=True)
        title = [Run("Feed-forward network: ", "ink", bold=True), token(state["token"], own=True)]
        strongest = [one["unit"] for one in state["strongest"]]
        return [
            Line(title, [size]),
            _Narrow("in", arrays["input"], waist), Funnel(waist, True, _NAMES),
            _Units(arrays["intermediate"], state["columns"], high), Funnel(waist, False, _NAMES),
            _Narrow("out", arrays["output"], waist),
            Legend(high, [Run("of the units", "ink_3", size=SMALL)]), note(counts),
            heading(f"The activation: {bent}"),
            Curve(arrays["curve"], arrays["before"], arrays["intermediate"], strongest),
            *_curve_key(name, arrays["before"], len(strongest)),
            heading("The strongest units"),
            *_strongest(state, arrays, narrow=narrow),
            note(_SHARES + (state["note"] or _WORDS)),
        ]  # fmt: skip

    return walked("feed-forward", trace, chosen, _numbers(state, arrays), blocks, layer=True)


def _numbers(state: Any, arrays: Any) -> dict[str, Numbers]:
    units = tuple(f"unit {one['unit']}" for one in state["strongest"])
    terms = (*units, *(["others"] if len(arrays["shares"]) > len(units) + 1 else []), "bias")
    return {
        "input": vector(arrays["input"], "What the first Add & Norm gave."),
        "before": vector(arrays["before"], "x·W₁ + b₁, before the activation.", "unit"),
        "intermediate": vector(arrays["intermediate"], "After the activation.", "unit"),
        "output": vector(arrays["output"], "After the second projection, before it is added."),
        "curve": Numbers(
            arrays["curve"], ("of", "point"), (("x", "activation"), None),
            "The layer’s own activation, sampled.",
        ),
        "share": Numbers(
            arrays["shares"], ("term",), (terms,), "term · output ÷ (output · output)."
        ),
    }  # fmt: skip


def _curve_key(name: str, before: np.ndarray, strongest: int) -> list[Block]:
    strange = int((~np.isfinite(before)).sum())
    said = (
        f"Across, a unit before {name}; up, after it. Dots: the {strongest} strongest units. "
        f"Blocks: how many of the {len(before):,} lie there."
    )
    if strange:
        said += f" {strange:,} units are no finite numbers and not drawn."
    return [note(said)]


def _strongest(state: Any, arrays: Any, *, narrow: bool) -> list[Block]:
    before, after, shares = arrays["before"], arrays["intermediate"], arrays["shares"]
    units, read = state["strongest"], not state["note"]
    told = read and not narrow
    rows = []
    for k, one in enumerate(units):
        unit = one["unit"]
        cells: list[Cell | None] = [
            code(str(unit), size=SMALL), code(number(float(before[unit])), size=SMALL),
            code(number(float(after[unit])), size=SMALL),
            code(in_percent(float(shares[k])), size=SMALL),
        ]  # fmt: skip
        if told:
            cells += [_moved(one["up"], arrays["up"][k]), _moved(one["down"], arrays["down"][k])]
        rows.append(Row(cells, height=0.145))
    others = len(after) - len(units)
    rest = [("bias", float(shares[-1]))]
    if others:
        rest.insert(0, (f"{others:,} others", float(shares[len(units)])))
    for k, (said, share) in enumerate(rest):
        cells = [text(said, "ink_3", size=SMALL), None, None, code(in_percent(share), size=SMALL)]
        rows.append(Row([*cells, *([None, None] if told else [])], rule=k == 0, height=0.145))
    words = [
        Column("▲ makes likelier", share=1, gap=0.16),
        Column("▼ makes less likely", share=1, gap=0.16),
    ]
    columns = [
        Column("unit", most=0.8), Column("before", "right"), Column("after", "right"),
        Column("share of output", "right"), *(words if told else []),
    ]  # fmt: skip
    found: list[Block] = [Table(columns, rows)]
    if read and narrow:
        lines = [
            Row(
                [
                    code(str(one["unit"]), size=SMALL), _moved(one["up"], arrays["up"][k]),
                    _moved(one["down"], arrays["down"][k]),
                ],
                height=0.145,
            )
            for k, one in enumerate(units)
        ]  # fmt: skip
        found.append(Table([Column("unit"), *words], lines))
    return found


def _moved(words: list[str], factors: np.ndarray) -> Cell:
    """Words that a unit makes likelier, or less likely, each with its factor."""
    if not words:
        return text("none", "ink_3", size=SMALL)
    return Groups(
        tuple(
            (
                Run(word, "ink_2", mono=True, size=SMALL),
                Run(f" {_factor(float(factor))}", "ink_3", mono=True, size=SMALL),
            )
            for word, factor in zip(words, factors, strict=False)
        )
    )


def _factor(x: float) -> str:
    """A factor as people read it: ×2.31, ×0.43, ×1,204."""
    if not math.isfinite(x):
        return number(x)
    if x >= 1000 or x < 0.001:
        mantissa, power = f"{x:.1e}".split("e")
        return f"×{mantissa}e{int(power)}".replace("-", "−")
    if x >= 100:
        return f"×{round(x):,}"
    digits = 2 if x < 0.995 else 3
    return f"×{x:.{max(0, digits - 1 - math.floor(math.log10(x)))}f}"


@dataclass(frozen=True, eq=False)
class _Narrow:
    """A strip as wide as the vector is beside the units; a block."""

    name: str
    values: np.ndarray
    waist: float

    def height(self, width: float) -> float:
        """As `Block` says."""
        return _THICK

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """As `Block` says."""
        high = top98(self.values)
        base = top + _THICK / 2 + 0.36 * SMALL / 72
        sheet.text(left, base, self.name, size=SMALL)
        own = plus_minus(high)
        sheet.text(left + 0.18, base, own.said, size=SMALL, mono=True, colour="ink_3")
        room = width - _NAMES
        wide = room * self.waist
        start = left + _NAMES + (room - wide) / 2
        sheet.cells(start, top, wide, _THICK, self.values, high=high, name=self.name)


@dataclass(frozen=True, eq=False)
class _Units:
    """All units in a grid, row after row; a block."""

    values: np.ndarray
    columns: int
    high: float

    def height(self, width: float) -> float:
        """As `Block` says."""
        return self._cell() * math.ceil(len(self.values) / self.columns)

    def draw(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        """As `Block` says."""
        sheet.text(left, top + SMALL / 72, "units", size=SMALL)
        size = f"{len(self.values):,}"
        sheet.text(left, top + 2.3 * SMALL / 72, size, size=SMALL, mono=True, colour="ink_3")
        room = width - _NAMES
        whole, left_over = divmod(len(self.values), self.columns)
        end = whole * self.columns
        start, high, cell = left + _NAMES, self.high, self._cell()
        if whole:
            grid = self.values[:end].reshape(whole, self.columns)
            sheet.cells(start, top, room, cell * whole, grid, high=high, gap=True, name="units")
        if left_over:
            wide = room * left_over / self.columns
            rest, at = self.values[end:], top + cell * whole
            sheet.cells(start, at, wide, cell, rest, high=high, gap=True, name="last units")

    def _cell(self) -> float:
        """The height of a row: few units are as high as the strips about them, many fit a page."""
        rows = math.ceil(len(self.values) / self.columns)
        return max(min(_CELL, _HIGHEST / rows), _THICK / rows)
