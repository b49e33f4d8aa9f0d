"""Each word piece hidden in turn, and what the model puts in its place."""

from __future__ import annotations

from collections.abc import Sequence

from attention_atlas.tracing.trace import Prediction, Trace
from attention_atlas.views.choice import token_of
from attention_atlas.views.picture import Picture


def masked_in_turn(
    trace: Trace, predictions: Sequence[Sequence[Prediction]], positions: Sequence[int]
) -> Picture:
    """The first guesses for each position that was hidden.

    Args:
        trace: the text.
        predictions: what `trace.predictions(masked=True, positions=positions)` gave.
        positions: the token of each of them. It may be a part of the text while the rest is
            still being computed.

    State: `rows`, in the order of the text, each with `token` (its index), `piece` (the true
    one), and `guesses` (`text`, `probability`, `true`), likeliest first; and `right`, how many
    first guesses are the true piece.

    Raises:
        InvalidChoice: a position is not one of the text.
        ValueError: there are not as many positions as predictions.
    """
    rows = []
    for position, found in sorted(zip(positions, predictions, strict=True), key=lambda of: of[0]):
        token = token_of(trace, position)
        guesses = [
            {"text": p.text, "probability": p.probability, "true": p.id == token.id} for p in found
        ]
        rows.append({"token": position, "piece": token.text, "guesses": guesses})
    right = sum(bool(row["guesses"] and row["guesses"][0]["true"]) for row in rows)
    return Picture("masked_in_turn", {"rows": rows, "right": right})
