"""What every host of the views tells of a trace: its tokens, and the sizes its sentences name."""

from __future__ import annotations

from typing import Any

from attention_atlas.tracing.trace import Trace
from attention_atlas.views.formulas import activation_name


def about_trace(trace: Trace) -> dict[str, Any]:
    """Plain JSON: `tokens`, each with its `text`, what it was `original`ly, its `segment`, `id`
    and whether it is `special` or `unknown`; `facts`, the sizes; and the `activation`.
    """
    model = trace.model
    return {
        "tokens": [
            {
                "text": token.text,
                "original": token.original,
                "segment": token.segment,
                "special": token.special,
                "unknown": token.unknown,
                "id": token.id,
            }
            for token in trace.tokens
        ],
        "facts": {
            "tokens": len(trace.tokens),
            "layers": model.layers,
            "heads": model.heads,
            "hidden": model.hidden_size,
            "head-size": model.head_size,
            "intermediate": model.intermediate_size,
            "vocabulary": model.vocabulary_size,
            "max-tokens": model.max_tokens,
        },
        "activation": activation_name(model.activation),
    }
