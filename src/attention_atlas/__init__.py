"""Attention Atlas: see everything BERT does with a sentence, with the real numbers.

    import attention_atlas as aa

    model = aa.load_model("embedded")
    trace = aa.trace(model, "the cat sat on the mat")
    trace.layers[3].attention[1]              # (n, n), layer 4 and head 2 on the page
    aa.metrics(trace.layers[3].attention)     # the six metrics of all heads of that layer

Nothing heavy is imported until it is used: `import attention_atlas` loads neither PyTorch,
nor transformers, nor Shiny.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from attention_atlas.version import __version__ as __version__

if TYPE_CHECKING:
    from attention_atlas import errors, views
    from attention_atlas.analysis.metrics import AttentionMetrics, metrics
    from attention_atlas.app.showing import show
    from attention_atlas.models.loading import load_model
    from attention_atlas.models.model import Model
    from attention_atlas.tracing.layers import LayerTrace
    from attention_atlas.tracing.loading import load_trace
    from attention_atlas.tracing.tokens import Token
    from attention_atlas.tracing.trace import Trace, trace

__all__ = [
    "AttentionMetrics",
    "LayerTrace",
    "Model",
    "Token",
    "Trace",
    "errors",
    "load_model",
    "load_trace",
    "metrics",
    "show",
    "trace",
    "views",
]

_HOME = {
    "AttentionMetrics": "attention_atlas.analysis.metrics",
    "LayerTrace": "attention_atlas.tracing.layers",
    "Model": "attention_atlas.models.model",
    "Token": "attention_atlas.tracing.tokens",
    "Trace": "attention_atlas.tracing.trace",
    "load_model": "attention_atlas.models.loading",
    "load_trace": "attention_atlas.tracing.loading",
    "metrics": "attention_atlas.analysis.metrics",
    "show": "attention_atlas.app.showing",
    "trace": "attention_atlas.tracing.trace",
}


def __getattr__(name: str) -> Any:
    if name in ("errors", "views"):
        return importlib.import_module(f"attention_atlas.{name}")
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'attention_atlas' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
