"""What a person can choose in a trace; every view refuses the rest in the same words."""

from __future__ import annotations

from attention_atlas.errors import InvalidChoice
from attention_atlas.tracing.trace import Token, Trace


def token_of(trace: Trace, token: int) -> Token:
    """The token with this index.

    Raises:
        InvalidChoice: there is no such token.
    """
    n = len(trace.tokens)
    if token not in range(n):
        raise InvalidChoice(f"There is no token {token}: the text has {n}. Choose 0 to {n - 1}.")
    return trace.tokens[int(token)]


def head_of(trace: Trace, head: int) -> int:
    """The head with this index.

    Raises:
        InvalidChoice: a layer of this model has no such head.
    """
    heads = trace.model.heads
    if head not in range(heads):
        raise InvalidChoice(
            f"There is no head {head}: each layer of {trace.model.name} has {heads}. "
            f"Choose 0 to {heads - 1}."
        )
    return int(head)  # what NumPy counts with is not JSON


def first_word(trace: Trace) -> int:
    """The index of the first token that is not special, which is followed when none is focused.

    0 if all tokens are special.
    """
    return next((token.index for token in trace.tokens if not token.special), 0)


def threshold_of(tau: float) -> float:
    """τ of sparsity, a weight.

    Raises:
        InvalidChoice: it is none.
    """
    if not 0 <= tau <= 1:
        raise InvalidChoice(f"tau cannot be {tau!r}. Give a weight from 0 to 1.")
    return float(tau)
