"""One pass over a sentence: its trace, and the summary of all heads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from attention_atlas.app.state import Exploration

if TYPE_CHECKING:
    import numpy as np

    from attention_atlas.models.model import Model
    from attention_atlas.tracing.layers import LayerCache


def explore(
    model: Model,
    text: str,
    pair: str | None,
    on_layer: Callable[[int], None] | None = None,
    cancel: threading.Event | None = None,
    layer_cache: LayerCache | None = None,
) -> Exploration:
    """One pass: the trace, and the summary of all heads made while it runs."""
    from attention_atlas.analysis.heads import combine, summarise_layer
    from attention_atlas.analysis.roles import places
    from attention_atlas.tracing.tokens import tokenise
    from attention_atlas.tracing.trace import trace

    where = places(tokenise(model, text, pair).tokens)
    summaries = []

    def watch(layer: int, attention: np.ndarray) -> None:
        summaries.append(summarise_layer(attention, where))
        if on_layer is not None:
            on_layer(layer)

    traced = trace(model, text, pair, on_layer=watch, cancel=cancel, layer_cache=layer_cache)
    return Exploration(traced, combine(summaries))
