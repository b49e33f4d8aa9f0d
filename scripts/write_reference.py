"""Writes docs/reference.md from the tables in the code; a test holds the two together."""

from __future__ import annotations

from pathlib import Path

from attention_atlas.tracing.tensors import TENSORS
from attention_atlas.views.metric_cards.descriptions import DESCRIPTIONS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference.md"


def reference() -> str:
    """The text of the reference page."""
    tensors = [
        f"| `{tensor.path}` | {' × '.join(tensor.axes)} | {tensor.summary} |" for tensor in TENSORS
    ]
    metrics = [f"| `{field}` | {d.name} | {d.formula} |" for field, d in DESCRIPTIONS.items()]
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
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
