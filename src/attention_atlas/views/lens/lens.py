"""The logit lens: what each layer would predict at one position if it were the last."""

from __future__ import annotations

import numpy as np

from attention_atlas.tracing.lens import lens as look
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import token_of
from attention_atlas.views.picture import Picture
from attention_atlas.views.predictions.predictions import true_id
from attention_atlas.views.two_candidates.two_candidates import why_not


def lens(
    trace: Trace,
    token: int,
    *,
    read: Trace | None = None,
    use_head: bool = True,
    top_k: int = 5,
) -> Picture:
    """The masked-language-model head on each hidden state at one position.

    After nostalgebraist, "interpreting GPT: the logit lens" (2020).

    State: `token`; `note`, one sentence, in whose place nothing else is shown, or ""; `rows`, of
    the embeddings and then of each layer, each the texts of the likeliest words; `final`, the
    last row's first; `true`, the piece that stands there, or null where a mask was typed;
    `vocabulary`. Arrays: `probabilities` (L + 1, k), `true` (L + 1, 2), probability and rank of
    the true piece, and `entropy` (L + 1,) in nats.

    Args:
        trace, token, read, use_head: as for `predictions`.
        top_k: how many words of each layer.

    Raises:
        InvalidChoice: there is no such token, or `top_k` is not a whole number from 1.
    """
    chosen = token_of(trace, token)
    if note := why_not(trace, use_head, "its layers cannot be read as words"):
        return Picture("lens", {"token": chosen.text, "note": note})
    rows = look(read or trace, token, top_k, [chosen.id])
    return Picture(
        "lens",
        {
            "token": chosen.text,
            "note": "",
            "rows": [[one.text for one in row.best] for row in rows],
            "final": rows[-1].best[0].text,
            "true": None if true_id(trace, chosen) is None else chosen.text,
            "vocabulary": trace.model.vocabulary_size,
        },
        {
            "probabilities": np.array([[one.probability for one in row.best] for row in rows]),
            "true": np.array([[row.asked[0].probability, row.asked[0].rank] for row in rows]),
            "entropy": np.array([row.entropy for row in rows]),
        },
    )
