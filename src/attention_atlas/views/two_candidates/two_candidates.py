"""Two candidates for one position, and the dimensions that decide between them."""

from __future__ import annotations

import numpy as np

from attention_atlas.tracing.readout import readout
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import token_of
from attention_atlas.views.picture import Picture
from attention_atlas.views.predictions.predictions import (
    distribution_at,
    numbers_of,
    true_id,
    words_of,
)


def two_candidates(
    trace: Trace,
    token: int,
    *,
    read: Trace | None = None,
    use_head: bool = True,
    top_k: int = 5,
) -> Picture:
    """What the difference between the logits of any two candidates is made of.

    With t = t(h), what the head makes of the final hidden state, and the decoder's rows W and
    bias b: z_a − z_b = Σ_k t_k (W_ak − W_bk) + b_a − b_b.

    State: `token`; `note`, one sentence, in whose place nothing else is shown, or "";
    `words` as those of `predictions`, but at least two; `bias`, whether the decoder has one.
    Arrays: `transformed` (d,), `weights` (words, d), `bias` (words,), zeros where there is none,
    `logits` and `probabilities` (words,).

    Args:
        trace, token, read, use_head: as for `predictions`.
        top_k: how many of the likeliest words can be compared.

    Raises:
        InvalidChoice: there is no such token, or `top_k` is not a whole number from 1.
    """
    chosen = token_of(trace, token)
    read = read or trace
    if note := why_not(trace, use_head, "no two candidates can be compared"):
        return Picture("two_candidates", {"token": chosen.text, "note": note})
    found = distribution_at(trace, read, token, max(top_k, 2))
    words = words_of(found, true_id(trace, chosen))
    if len(words) < 2:
        note = "The vocabulary has one word only, so there is nothing to compare it with."
        return Picture("two_candidates", {"token": chosen.text, "note": note})
    apart = readout(read, token, [word["id"] for word in words])
    bias = np.zeros(len(words), np.float32) if apart.bias is None else apart.bias
    return Picture(
        "two_candidates",
        {"token": chosen.text, "note": "", "words": words, "bias": apart.bias is not None},
        {"transformed": apart.transformed, "weights": apart.weights, "bias": bias}
        | numbers_of(found, words),
    )


def why_not(trace: Trace, use_head: bool, so: str) -> str:
    """Why something that needs the head is not there, or "". `so` ends the sentence."""
    if not trace.model.has_prediction_head:
        return f"This checkpoint has no masked-language-model head, so {so}."
    if not use_head:
        return f"The head is switched off above, so {so}."
    return ""
