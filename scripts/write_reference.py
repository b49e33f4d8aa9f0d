"""Writes docs/reference.md from the tables in the code; a test holds the two together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from attention_atlas.tracing.tensors import TENSORS
from attention_atlas.views.figures.registry import FIGURES
from attention_atlas.views.head_atlas.quantities import ROLES
from attention_atlas.views.metric_cards.descriptions import DESCRIPTIONS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference.md"
_TEXT = """\
# Tensors, metrics and roles

Written by `scripts/write_reference.py`; change the code, not this page.

## The tensors of a trace

`trace = aa.trace(model, text, pair=None)`. All are float32 NumPy arrays, read-only. `l` is a layer,
counted from 0.

{tensors}

## The metrics of a head

`aa.metrics(attention)` takes one head's matrix (n, n) or many at once (…, n, n).

{metrics}

## The roles of a head

`roles(attention, places(trace.tokens))`, both from `attention_atlas.analysis.roles`. Each role has
`share`, the mean over the tokens i that have such a place; `uniform`, what a head has that gives
each token 1/n; `queries`, how many tokens have one; and `ratio`, share / uniform.

{roles}

`mean_distance(attention)` is Σ_j A_ij |i − j|, a mean over the tokens i.

## Other numbers of a head, and other units of text

`numbers(trace, layer, heads, Shown(measure, keep_special=True, words=False))`, both from
`attention_atlas.views.weights`, gives what the Attention tab draws.

| measure | what it is |
|---|---|
| `weights` | The attention. |
| `scores` | q_i·k_j / √d_h, before the softmax. |
| `norms` | ‖α_ij v_j W_O‖, the length of what i takes from j (Kobayashi et al., 2020). |
| `difference` | The weights, less their mean over the heads of the layer. |

`keep_special=False` leaves out [CLS], [SEP] and padding; weights are renormalised. `words=True`
puts the pieces of a word together: columns summed, rows averaged.

## Across the layers

`rollout(means)` and `max_flow(means, outputs, inputs)`, from `attention_atlas.analysis.rollout` and
`.max_flow`, take the mean over the heads of each layer, (L, n, n), and follow it through all layers
(Abnar & Zuidema, 2020).

## The views that are figures

`aa.views.figure(name, trace, layer=0, head=0, token=None)`, and `attention-atlas figure --view
NAME`, which counts from 1. What a view is not of is passed over.

{figures}
"""


def reference() -> str:
    """The text of the reference page."""
    return _TEXT.format(
        tensors=_table(
            ("in Python", "axes", "what it is"),
            ((f"`{t.path}`", " × ".join(t.axes), t.summary) for t in TENSORS),
        ),
        metrics=_table(
            ("in Python", "on the page", "definition"),
            ((f"`{field}`", d.name, d.formula) for field, d in DESCRIPTIONS.items()),
        ),
        roles=_table(
            ("key", "the weight given to", "", "tokens i"),
            (
                # A_{ij} is formulas.py's way to write it.
                (f"`{key}`", r.place, re.sub(r"_\{(\w+)\}", r"_\1", r.weights), r.over or "all")
                for key, r in ROLES.items()
            ),
        ),
        figures=_table(
            ("name", "on the page", "is of"),
            (
                (f"`{entry.name}`", entry.title, _of(entry.depends) or "the whole pass")
                for entry in FIGURES.values()
            ),
        ),
    )


def _of(depends: frozenset[str]) -> str:
    names = {"layer": "layer", "head": "head", "token": "token", "tau": "τ"}
    return ", ".join(name for key, name in names.items() if key in depends)


def _table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heading, ("---",) * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
