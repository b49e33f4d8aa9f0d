"""Query, key and value: of one head for all tokens, or of one token in all heads."""

from __future__ import annotations

from typing import Any

import numpy as np

from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import head_of, token_of
from attention_atlas.views.picture import Picture

BYTES = 200_000
"""What the three matrices may take; base64 makes four bytes of three."""


def projections(trace: Trace, layer: int, *, head: int | None, token: int | None) -> Picture:
    """Q, K and V of one head for all tokens, or of one token in all heads: give one of the two.

    Arrays, r rows (tokens or heads): `qkv` (3, r, d_h), and `norms` (3, n or H), the L2 norm of
    each query, key and value.

    State: `of` ("head" or "token"), `layer` counted from 0, `head` counted from 0 or None,
    `token` the piece or None; `names` of all tokens or heads; `rows`, which of them the matrices
    show: all, but every second, third … token of a text that would take more than `BYTES`; and
    `exact`, whether the values are the layer's own or rounded to half precision (11 bits).

    Raises:
        InvalidChoice: there is no such layer, head or token.
    """
    state: dict[str, Any] = {"of": "head", "layer": layer, "head": None, "token": None}
    if head is not None:
        state["head"] = head = head_of(trace, head)
        names = [token.text for token in trace.tokens]
    else:
        assert token is not None
        state |= {"of": "token", "token": token_of(trace, token).text}
        names = [f"head {h + 1}" for h in range(trace.model.heads)]
    seen = trace.layers[layer]
    place = (head,) if head is not None else (slice(None), token)
    qkv = np.stack([matrix[place] for matrix in (seen.query, seen.key, seen.value)])
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.sqrt(np.square(qkv.astype(np.float64)).sum(axis=-1)).astype(np.float32)
    rows, sent = _thinned(qkv)
    state |= {"names": names, "rows": rows.tolist(), "exact": sent.dtype == np.float32}
    return Picture("projections", state, {"qkv": sent, "norms": norms})


def _thinned(qkv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows there is room for, and their values in the precision there is room for."""
    rows = np.arange(qkv.shape[1])
    if qkv.nbytes <= BYTES:
        return rows, qkv
    finite = np.abs(qkv[np.isfinite(qkv)])
    if finite.max(initial=0) < np.finfo(np.float16).max:
        qkv = qkv.astype(np.float16)
    rows = rows[:: -(-qkv.nbytes // BYTES)]
    return rows, qkv[:, rows]
