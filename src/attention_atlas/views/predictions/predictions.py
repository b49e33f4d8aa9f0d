"""Which words the model expects at one position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from attention_atlas.tracing.distributions import Candidate, Distribution, distributions
from attention_atlas.tracing.trace import Token, Trace
from attention_atlas.views.choice import token_of
from attention_atlas.views.look import Look
from attention_atlas.views.picture import Picture
from attention_atlas.views.strip import strip


def predictions(
    trace: Trace,
    token: int,
    *,
    read: Trace | None = None,
    use_head: bool = True,
    top_k: int = 5,
    follows: bool = False,
    of: int = 0,
) -> Picture:
    """The likeliest words at one position, or the hidden state they are read from.

    State `shows` is
    - "words": `words` (`text`, `id`, `rank`, `true` for the piece that stands there), likeliest
      first, and after them the true piece if it is not among them; `best`, how many come before
      it; `top`, the likeliest; `true`, the true piece's place in `words` or null; `vocabulary`;
      `sentence`, its pieces as they were written, with `special` and `here`; `mask`, null if
      nothing can be hidden; `hidden`, the indices behind it; `follows` and `of`.
      Arrays `logits` and `probabilities` (words,), and `figures` (3,): the largest logit, the sum
      of exp(logit − largest) over the vocabulary, and the entropy in nats;
    - "state": `row` and the array `hidden_state` (d,), the last layer's output.
    `note` is one sentence for the person, or "". `token` is the piece, `index` its position.

    Args:
        trace: the text.
        token: the position.
        read: what the model reads, `trace.hide(…)`; the text as it stands if None.
        use_head: without it the final hidden state is shown alone.
        top_k: how many words.
        follows: what is hidden is the focused word, whichever that is.
        of: which sentence of the session it is; another one starts the list of words anew.

    Raises:
        InvalidChoice: there is no such token, or `top_k` is not a whole number from 1.
    """
    chosen = token_of(trace, token)
    read = read or trace
    if not trace.model.has_prediction_head:
        return _hidden_state(read, chosen, _NO_HEAD)
    if not use_head:
        size = trace.model.hidden_size
        note = (
            f"The final hidden state of {chosen.text}: {size:,} numbers, before the head turns "
            "them into words."
        )
        return _hidden_state(read, chosen, note)
    found = distribution_at(trace, read, token, top_k)
    words = words_of(found, true_id(trace, chosen))
    mask = mask_of(trace)
    hidden = hidden_in(trace, read)
    return Picture(
        "predictions",
        {
            "shows": "words",
            "token": chosen.text,
            "index": chosen.index,
            "note": _note(trace, chosen, mask, hidden),
            "sentence": [_piece(piece, chosen) for piece in trace.tokens],
            "mask": mask,
            "hidden": hidden,
            "follows": follows,
            "of": of,
            "words": words,
            "best": len(found.best),
            "top": found.best[0].text,
            "true": next((i for i, word in enumerate(words) if word["true"]), None),
            "vocabulary": trace.model.vocabulary_size,
        },
        numbers_of(found, words)
        | {"figures": np.array([found.maximum, found.exp_sum, found.entropy])},
    )


def distribution_at(trace: Trace, read: Trace, token: int, top_k: int) -> Distribution:
    """The distribution at one position of what the model read; the true piece is asked for."""
    (found,) = distributions(read, top_k=top_k, positions=[token], asked=[trace.tokens[token].id])
    return found


def words_of(found: Distribution, true: int | None) -> list[dict[str, Any]]:
    """The likeliest words, and after them the one that stands there if it is not among them."""
    return [
        {"text": one.text, "id": one.id, "rank": one.rank, "true": one.id == true}
        for one in _shown(found, true)
    ]


def numbers_of(found: Distribution, words: Sequence[dict[str, Any]]) -> dict[str, np.ndarray]:
    """`logits` and `probabilities` of these words, in arrays so that NaN can cross."""
    known = {one.id: one for one in (*found.best, *found.asked)}
    of = [known[word["id"]] for word in words]
    return {
        "logits": np.array([one.logit for one in of]),
        "probabilities": np.array([one.probability for one in of]),
    }


def _shown(found: Distribution, true: int | None) -> list[Candidate]:
    best = {one.id for one in found.best}
    return [*found.best, *(one for one in found.asked if one.id == true and true not in best)]


def true_id(trace: Trace, chosen: Token) -> int | None:
    """The row of the piece that stands there; None where a mask was typed, which hides it."""
    return None if chosen.text == mask_of(trace) else chosen.id


def mask_of(trace: Trace) -> str | None:
    """The text of the mask token; None if the tokenizer has none."""
    return trace.model.special_tokens.mask


def can_hide(trace: Trace, token: int) -> bool:
    """Whether this token is a word that can be hidden behind the mask token."""
    return mask_of(trace) is not None and not trace.tokens[token].special


def to_hide(trace: Trace, look: Look, token: int) -> frozenset[int]:
    """The positions that `look` hides: those it names that are words, or else `token`.

    Nothing is hidden where the predictions are not read.
    """
    if not look.use_head or not trace.model.has_prediction_head:
        return frozenset()
    wanted = (token,) if look.hidden is None else look.hidden
    n = len(trace.tokens)
    return frozenset(i for i in wanted if i < n and can_hide(trace, i))


def hidden_in(trace: Trace, read: Trace) -> list[int]:
    """The positions that are hidden in what the model read."""
    pairs = zip(trace.tokens, read.tokens, strict=True)
    return [token.index for token, seen in pairs if token.id != seen.id]


_NO_HEAD = (
    "This checkpoint has no masked-language-model head, so it cannot predict words; its final "
    "hidden state is shown instead."
)


def _note(trace: Trace, chosen: Token, mask: str | None, hidden: list[int]) -> str:
    if mask is None:
        return (
            f"The tokenizer of {trace.model.name} has no mask token, so no word can be hidden; "
            "the model sees the whole sentence."
        )
    if chosen.text == mask:
        return f"{mask} stands in the sentence as you wrote it, so there is no true word here."
    if chosen.special:
        return f"{chosen.text} is a special token and not a word, so it cannot be hidden."
    if chosen.index in hidden:
        return ""
    if hidden:
        return f"The model sees {chosen.text} while it reads; other words are hidden."
    return f"The model sees {chosen.text} while it reads; nothing is hidden."


def _hidden_state(read: Trace, chosen: Token, note: str) -> Picture:
    vector = read.hidden_states[-1, chosen.index]
    return Picture(
        "predictions",
        {
            "shows": "state",
            "token": chosen.text,
            "note": note,
            "row": strip("hidden_state", "", "Hidden state", vector),
        },
        {"hidden_state": vector},
    )


def _piece(piece: Token, chosen: Token) -> dict[str, Any]:
    return {
        "text": piece.text,
        "special": piece.special,
        "here": piece.index == chosen.index,
    }
