"""The weights that the attention views draw, and the tokens they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attention_atlas.analysis.special_tokens import without
from attention_atlas.views.choice import head_of

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace


def words(trace: Trace) -> np.ndarray:
    """Which tokens stay when [CLS], [SEP] and padding are left out, (n,) bool.

    Only these three soak up attention without standing for a word: [MASK] and [UNK] stand for
    words of the sentence, and stay.
    """
    tokenizer = trace.model.tokenizer
    frame = [tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id]
    return np.array([token.id not in frame for token in trace.tokens], dtype=bool)


def weights(
    trace: Trace, layer: int, head: int | None = None, *, keep_special: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """The attention of a layer's heads, or of one, and which tokens it is over.

    Returns:
        The weights, (H, m, m) or (1, m, m) float32, rows from and columns to a token; and the
        indices of the m tokens, (m,) int. With `keep_special` all n tokens take part. Without,
        [CLS], [SEP] and padding are left out and each row sums to 1 again; a row that had given
        them everything is all zero.

    Raises:
        InvalidChoice: the model has no such layer or head.
    """
    attention = trace.layers[layer].attention
    if head is not None:
        head = head_of(trace, head)
        attention = attention[head : head + 1]
    if keep_special:
        return attention, np.arange(len(trace.tokens))
    keep = words(trace)
    if not keep.any():  # a text of typed [SEP]s
        return np.zeros((len(attention), 0, 0), dtype=np.float32), np.flatnonzero(keep)
    return without(attention, keep), np.flatnonzero(keep)


def state(
    trace: Trace, layer: int, head: int | None, shown: np.ndarray, keep_special: bool
) -> dict[str, Any]:
    """What the attention views need beside the weights: where they come from, and the tokens."""
    return {
        "layer": range(trace.model.layers)[layer],
        "head": None if head is None else head_of(trace, head),
        "heads": trace.model.heads,
        "keep_special": keep_special,
        "tokens": [
            {"text": token.text, "special": token.special, "segment": token.segment}
            for token in trace.tokens
        ],
        "shown": shown.tolist(),
    }
