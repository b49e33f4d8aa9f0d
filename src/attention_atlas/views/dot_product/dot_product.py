"""Scaled dot-product attention of one token in one head, key by key, with its real numbers."""

from __future__ import annotations

import numpy as np

from attention_atlas.analysis.attention_steps import attention_steps
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import head_of, token_of
from attention_atlas.views.picture import Picture

ALL_UP_TO = 24
"""Texts of at most this many tokens show every key."""
STRONGEST = 20
"""Of longer texts this many keys are shown one by one, and the others as their sum."""


def dot_product(trace: Trace, layer: int, head: int, token: int) -> Picture:
    """How one token comes to its context vector.

    Arrays, m keys shown: `query` (d_h,); `raw` (m,) q·k; `scaled` (m,) raw / √d_h, the layer's
    scores; `weights` (m,) the layer's attention; `weighted` (m, d_h) weight × value; `context`
    (d_h,), the layer's context; and `others` (d_h,), the summed weight × value of the keys that
    are not shown one by one, zero where all are.

    State: `token` (the piece), `index`, `layer`, `head` counted from 0; `head_size` d_h; `keys`,
    one `index` and `piece` each; `n`; `maximum`, the largest score, and `exp_sum`, the sum of
    exp(score − maximum) over all n keys, by which the softmax divides; `others`, None or `count`
    and `weight`; `total`, the sum of all n weights.

    Raises:
        InvalidChoice: there is no such layer, head or token.
    """
    chosen = token_of(trace, token)
    head = head_of(trace, head)
    seen = trace.layers[layer]
    steps = attention_steps(seen.query[head], seen.key[head], seen.value[head], token)
    scores = seen.scores[head, token]
    weights = seen.attention[head, token]
    weighted = weights[:, None] * seen.value[head]
    shown = _shown(weights)
    hidden = np.setdiff1d(np.arange(len(weights)), shown)
    others = None
    if len(hidden):
        others = {"count": len(hidden), "weight": _sum(weights[hidden])}
    maximum = float(scores.max())
    return Picture(
        "dot_product",
        {
            "token": chosen.text,
            "index": token,
            "layer": seen.index,
            "head": head,
            "head_size": trace.model.head_size,
            "n": len(weights),
            "keys": [{"index": int(j), "piece": trace.tokens[j].text} for j in shown],
            "maximum": maximum,
            "exp_sum": float(np.exp(scores.astype(np.float64) - maximum).sum()),
            "others": others,
            "total": _sum(weights),
        },
        {
            "query": seen.query[head, token],
            "raw": steps.raw[shown],
            "scaled": scores[shown],
            "weights": weights[shown],
            "weighted": weighted[shown],
            "others": weighted[hidden].sum(axis=0, dtype=np.float64).astype(np.float32),
            "context": seen.context[head, token],
        },
    )


def _shown(weights: np.ndarray) -> np.ndarray:
    """The keys to show one by one, in the order of the text."""
    if len(weights) <= ALL_UP_TO:
        return np.arange(len(weights))
    return np.sort(np.argsort(-weights, kind="stable")[:STRONGEST])


def _sum(weights: np.ndarray) -> float:
    return float(weights.sum(dtype=np.float64))
