"""Scaled dot-product attention of one token in one head, key by key, with its real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from attention_atlas.analysis.attention_steps import attention_steps, largest_terms
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import head_of, token_of
from attention_atlas.views.dot_product.figures import figure
from attention_atlas.views.picture import Picture

ALL_UP_TO = 24
"""Texts of at most this many tokens show every key."""
STRONGEST = 20
"""Of longer texts this many keys are shown one by one, and the others as their sum."""
NUMBERS = 20_000
"""Of heads so large that the shown keys would hold more numbers than this, fewer are shown."""
TERMS = 6
"""How many dimensions of a dot product are listed."""


def dot_product(trace: Trace, layer: int, head: int, token: int) -> Picture:
    """How one token comes to its context vector.

    Arrays, m keys shown: `query` (d_h,); `key` and `value` (m, d_h); `raw` (m,) q·k; `weights`
    (m,) the layer's attention; `context` (d_h,), the layer's context; and `others` (d_h,), the
    summed weight × value of the keys that are not shown one by one, zero where all are.

    State: `token` (the piece), `index`, `layer`, `head` counted from 0; `head_size` d_h; `n`;
    `keys`; `others`, None or `count`, `exp` and `share` of the keys that are not shown;
    `maximum`, the largest score; `exp_sum`, the sum of the exponentials of all n keys; `total`,
    the sum of all n weights; `rounding`, how far the scores, which the model computes in single
    precision, are from q·k / √d_h at most, None where that cannot be seen. A key has its `index`
    and `piece` and, as they are written, `raw` q·k, `scaled` raw / √d_h (the layer's score),
    `shifted` scaled − maximum, `exp` of that, and `share`, the layer's attention; `terms`, the
    dimensions that contribute most to q·k, and `rest`, the sum of all others, None where there
    are none.

    Raises:
        InvalidChoice: there is no such layer, head or token.
    """
    chosen = token_of(trace, token)
    head = head_of(trace, head)
    seen = trace.layers[layer]
    query, key, value = seen.query[head, token], seen.key[head], seen.value[head]
    scores, weights = seen.scores[head, token], seen.attention[head, token]
    steps = attention_steps(query, key, value, scores, weights)
    shown = _shown(weights, len(query))
    hidden = np.setdiff1d(np.arange(len(weights)), shown)
    others = None
    if len(hidden):
        others = {
            "count": len(hidden),
            "exp": _exponential(steps.exponentials[hidden].sum()),
            "share": _share(_sum(weights[hidden])),
        }
    # Divided by a small root, a rounded q·k is still off by too much: it gets one digit more.
    raw_digits = 3 if len(query) >= 25 else 4
    return Picture(
        "dot_product",
        {
            "token": chosen.text,
            "index": token,
            "layer": seen.index,
            "head": head,
            "head_size": len(query),
            "n": len(weights),
            "keys": [
                {
                    "index": int(j),
                    "piece": trace.tokens[j].text,
                    "raw": figure(float(steps.raw[j]), raw_digits),
                    "scaled": figure(float(scores[j]), 4),
                    "shifted": figure(float(steps.shifted[j]), 4),
                    "exp": _exponential(float(steps.exponentials[j])),
                    "share": _share(weights[j]),
                    **_terms(query, key[j], raw_digits + 1),
                }
                for j in shown
            ],
            "others": others,
            "maximum": figure(steps.maximum, 4),
            "exp_sum": figure(steps.exponential_sum, 3),
            "total": figure(_sum(weights), 2),
            "rounding": figure(steps.rounding, 4) if steps.rounding >= 0.00005 else None,
        },
        {
            "query": query,
            "key": key[shown],
            "value": value[shown],
            "raw": steps.raw[shown].astype(np.float32),
            "weights": weights[shown],
            "others": steps.weighted_values[hidden].sum(axis=0).astype(np.float32),
            "context": seen.context[head, token],
        },
    )


def _terms(query: np.ndarray, key: np.ndarray, digits: int) -> dict[str, Any]:
    """The largest terms of q·k and the rest, as they are written; `digits` are of the products."""
    terms = largest_terms(query, key, TERMS)
    listed = [
        {
            "dimension": dimension,
            "q": figure(query[dimension], digits + 1),
            "k": figure(key[dimension], digits + 1),
            "product": figure(product, digits),
        }
        for dimension, product in zip(terms.dimensions, terms.products, strict=True)
    ]
    more = len(query) > len(listed)
    return {"terms": listed, "rest": figure(terms.rest, digits) if more else None}


def _exponential(x: float) -> str:
    return figure(x, 4, below=0.01, significant=3)  # a small share of two digits needs three


def _share(x: float) -> str:
    return figure(x, 3, below=0.0005)


def _shown(weights: np.ndarray, head_size: int) -> np.ndarray:
    """The keys to show one by one, in the order of the text."""
    room = max(1, NUMBERS // head_size)
    if len(weights) <= min(ALL_UP_TO, room):
        return np.arange(len(weights))
    return np.sort(np.argsort(-weights, kind="stable")[: min(STRONGEST, room)])


def _sum(weights: np.ndarray) -> float:
    return float(weights.sum(dtype=np.float64))
