"""All heads of a model at a glance: their patterns, framed in the colour of a number of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attention_atlas.analysis.metrics import THRESHOLD
from attention_atlas.errors import InvalidChoice
from attention_atlas.views.head_atlas.quantities import STRONG, Unit, numbers, quantities
from attention_atlas.views.picture import Picture

if TYPE_CHECKING:
    from attention_atlas.analysis.heads import HeadSummary

NOTHING = "nothing"


def head_atlas(
    summary: HeadSummary,
    *,
    colour_by: str = NOTHING,
    unit: Unit = "token",
    tau: str = str(THRESHOLD),
) -> Picture:
    """One tile for each of L × H heads.

    Args:
        summary: What the pass kept of all heads.
        colour_by: What the frames show at first: "nothing", a field of `AttentionMetrics`, a key
            of `summary.roles`, or "distance". All are sent, so that the person can colour, sort
            and filter without asking Python.
        unit: What attends, and is attended to: "token" or "word".
        tau: τ of the sparsity in `summary`, as it is written.

    Returns:
        A Picture with the arrays "thumbnails" (L, H, s, s) uint8, 255 for weight 1, and those of
        `quantities.numbers`. Its state has "colour_by"; "choices", the `Quantity` of each number
        that heads can be coloured by; "roles", the names of the R roles in the order of the arrays;
        "unit"; and "strong", the ratio from which a role is a head's strongest.

    Raises:
        InvalidChoice: `colour_by` is none of them, or no head has that number in this text.
    """
    choices = quantities(summary, unit, tau)
    values = [NOTHING, *(choice["value"] for choice in choices if choice["missing"] is None)]
    if colour_by not in values:
        raise InvalidChoice(
            f"Heads cannot be coloured by {colour_by!r}. Choose one of {', '.join(values)}."
        )
    return Picture(
        view="head_atlas",
        state={
            "colour_by": colour_by,
            "choices": choices,
            "unit": unit,
            "roles": list(summary.roles),
            "strong": STRONG,
        },
        arrays={"thumbnails": summary.thumbnails, **numbers(summary)},
    )
