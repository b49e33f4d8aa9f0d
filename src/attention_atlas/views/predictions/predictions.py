"""Which words the model expects at one position."""

from __future__ import annotations

from typing import Any

from attention_atlas.tracing.trace import Prediction, Token, Trace
from attention_atlas.views.choice import token_of
from attention_atlas.views.picture import Picture
from attention_atlas.views.strip import strip


def predictions(
    trace: Trace, token: int, *, use_head: bool = True, masked: bool = True, top_k: int = 5
) -> Picture:
    """The likeliest words at one position, or the hidden state they are read from.

    State `shows` is
    - "words": `words` (`text`, `probability`, `true` for the piece that stands there), `masked`
      (whether the piece was hidden from the model), and `sentence`, its pieces with `place`
      ("" , "here" or "special");
    - "state": `row` and the array `hidden_state` (d,), the last layer's output;
    - "note": nothing but the sentence.
    `note` is one sentence for the person, or "". `token` is the piece.

    Args:
        trace: the text.
        token: the position.
        use_head: without it the final hidden state is shown alone.
        masked: hide the piece behind the mask token first. A mask that was typed is there already.
        top_k: how many words.

    Raises:
        InvalidChoice: there is no such token, or `top_k` is not a whole number from 1.
    """
    chosen = token_of(trace, token)
    if not trace.model.has_prediction_head:
        return _hidden_state(trace, chosen, _NO_HEAD)
    if not use_head:
        size = trace.model.hidden_size
        note = (
            f"The final hidden state of {chosen.text}: {size:,} numbers, before the head turns "
            "them into words."
        )
        return _hidden_state(trace, chosen, note)
    mask = _mask_of(trace)
    hide = masked and chosen.text != mask
    if hide and chosen.special:
        note = (
            f"{chosen.text} is a special token and not a word, so there is nothing to hide; "
            "choose a word of the sentence."
        )
        return Picture("predictions", {"shows": "note", "token": chosen.text, "note": note})
    (found,) = trace.predictions(top_k=top_k, masked=hide, positions=[token])
    return Picture(
        "predictions",
        {
            "shows": "words",
            "token": chosen.text,
            "note": _note(chosen, mask, masked),
            "masked": hide,
            "sentence": _sentence(trace, chosen, str(mask) if hide else chosen.text),
            "words": [_word(prediction, chosen) for prediction in found],
        },
    )


def _mask_of(trace: Trace) -> str | None:
    mask = trace.model.tokenizer.mask_token
    return mask if isinstance(mask, str) else None


_NO_HEAD = (
    "This checkpoint has no masked-language-model head, so it cannot predict words; its final "
    "hidden state is shown instead."
)


def _note(chosen: Token, mask: str | None, masked: bool) -> str:
    if chosen.text == mask:
        return f"{mask} stands in the sentence already, so nothing else is hidden."
    if not masked:
        return f"The model sees {chosen.text} while it reads; nothing is hidden."
    return ""


def _hidden_state(trace: Trace, chosen: Token, note: str) -> Picture:
    vector = trace.hidden_states[-1, chosen.index]
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


def _sentence(trace: Trace, chosen: Token, shown: str) -> list[dict[str, Any]]:
    return [
        {"text": shown, "place": "here"}
        if token.index == chosen.index
        else {"text": token.text, "place": "special" if token.special else ""}
        for token in trace.tokens
    ]


def _word(prediction: Prediction, chosen: Token) -> dict[str, Any]:
    return {
        "text": prediction.text,
        "probability": prediction.probability,
        "true": prediction.id == chosen.id,
    }
