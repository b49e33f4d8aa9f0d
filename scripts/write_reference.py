"""Writes docs/reference.md from the tables in the code; a test holds the two together."""

from __future__ import annotations

from pathlib import Path

from attention_atlas.tracing.tensors import TENSORS
from attention_atlas.views.head_atlas.quantities import ROLES
from attention_atlas.views.metric_cards.descriptions import DESCRIPTIONS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference.md"
REST = """\
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

`keep_special=False` leaves out [CLS], [SEP] and padding; weights are renormalised.
`words=True` puts the pieces of a word together: columns summed, rows averaged.

## Across the layers

`rollout(means)` and `max_flow(means, outputs, inputs)`, from `attention_atlas.analysis.rollout`
and `.max_flow`, take the mean over the heads of each layer, (L, n, n), and follow it through all
layers (Abnar & Zuidema, 2020).
"""


def reference() -> str:
    """The text of the reference page."""
    tensors = [
        f"| `{tensor.path}` | {' × '.join(tensor.axes)} | {tensor.summary} |" for tensor in TENSORS
    ]
    metrics = [f"| `{field}` | {d.name} | {d.formula} |" for field, d in DESCRIPTIONS.items()]
    roles = [
        f"| `{key}` | {r.place} | {r.weights} | {r.over or 'all'} |" for key, r in ROLES.items()
    ]
    return "\n".join(
        [
            "# Reference",
            "",
            "Written by `scripts/write_reference.py`; change the code, not this page.",
            "",
            "## The tensors of a trace",
            "",
            "`trace = aa.trace(model, text, pair=None)`. All are float32 NumPy arrays, read-only.",
            "`l` is a layer, counted from 0.",
            "",
            "| in Python | axes | what it is |",
            "|---|---|---|",
            *tensors,
            "",
            "## The metrics of a head",
            "",
            "`aa.metrics(attention)` takes one head's matrix (n, n) or many at once (…, n, n).",
            "",
            "| in Python | on the page | definition |",
            "|---|---|---|",
            *metrics,
            "",
            "## The roles of a head",
            "",
            "`roles(attention, places(trace.tokens))`, both from `attention_atlas.analysis.roles`.",
            "Each role has `share`, the mean over the tokens i that have such a place; `uniform`,",
            "what a head has that gives each token 1/n; `queries`, how many tokens have one; and",
            "`ratio`, share / uniform.",
            "",
            "| key | the weight given to | | tokens i |",
            "|---|---|---|---|",
            *roles,
            "",
            REST,
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
