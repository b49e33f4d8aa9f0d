"""The logit lens: what the head makes of each layer's hidden state, as if that were the last."""

from __future__ import annotations

from collections.abc import Sequence

from attention_atlas.tracing.distributions import Distribution, decode
from attention_atlas.tracing.predictions import head_of, positions_of, top_k_of
from attention_atlas.tracing.trace import Trace


def lens(
    trace: Trace, position: int, top_k: int = 5, asked: Sequence[int] = ()
) -> tuple[Distribution, ...]:
    """The masked-language-model head on every hidden state at one position.

    From nostalgebraist, "interpreting GPT: the logit lens" (2020), for BERT's head, which
    transforms and normalises a hidden state before it compares it with the vocabulary. The head
    was trained on the last layer only, so the early rows are a reading aid and no prediction.

    Args:
        trace: the text, or what `Trace.hide` made of it.
        position: the token.
        top_k: how many pieces to give for each layer; at most the whole vocabulary.
        asked: rows of the vocabulary to report wherever they stand.

    Returns:
        L + 1 distributions, those of `trace.hidden_states`: first of the embeddings, then of each
        layer's output. The last one is the model's prediction.

    Raises:
        NoPredictionHead: the checkpoint has no masked-language-model head.
        NeedsModel: the trace was loaded without its model.
        InvalidChoice: there is no such position, or `top_k` is not a whole number from 1.
    """
    head_of(trace.model, "The logit lens")
    (chosen,) = positions_of([position], len(trace.tokens))
    states = trace._states[:, chosen]
    return tuple(decode(trace.model, states, top_k_of(top_k), [asked] * len(states)))
