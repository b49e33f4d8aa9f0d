"""What stands below a figure: the sentence, the model, layer and head, and what was set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attention_atlas.views.figures.fonts import isolated
from attention_atlas.views.weights import Measure, Shown

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.figures.view_figure import Chosen

LONGEST = 160
"""The most characters of a sentence that a caption quotes."""

MEASURED: dict[Measure, str] = {
    "weights": "",
    "scores": "raw scores q·k / √dₕ before the softmax",
    "norms": "norm-weighted, ‖α v Wₒ‖",
    "difference": "weights less their mean over the layer’s heads",
}
"""What is said of a measure; nothing of the weights."""


def caption(
    trace: Trace,
    chosen: Chosen,
    *,
    layer: bool = False,
    head: bool = False,
    token: bool = False,
    shown: Shown | None = None,
    said: Sequence[str] = (),
) -> str:
    """The caption of a figure.

    “the cat sat” — embedded, layer 4, head 2 (counted from 1); norm-weighted; …

    Args:
        trace: whose sentence and model are named.
        chosen: what the figure is of.
        layer: whether it is of one layer.
        head: whether it is of one head.
        token: whether it is of the focused token.
        shown: what was done to the numbers, if that touches this figure.
        said: what else is to be said, each a clause without its full stop.
    """
    places = [model_name(trace)]
    if layer:
        places.append(f"layer {chosen.layer + 1}")
    if head:
        places.append(f"head {chosen.head + 1}")
    where = ", ".join(places) + (" (counted from 1)" if layer or head else "")
    clauses = []
    if token and chosen.token is not None:
        clauses.append(focused(trace, chosen.token))
    if shown is not None:
        clauses += taken(trace, shown)
    clauses += said
    text = f"{sentence(trace)} — {where}"
    return "; ".join([text, *filter(None, clauses)]) + "."


def model_name(trace: Trace) -> str:
    """The name of the model; of a folder only its own, not where somebody keeps it."""
    name = trace.model.name
    return Path(name).name or name if trace.model.source == "folder" else name


def sentence(trace: Trace) -> str:
    """The sentence, or both of a pair, between quotation marks; a long one is cut."""
    quoted = _quoted(trace.text)
    return quoted if trace.pair is None else f"{quoted} / {_quoted(trace.pair)}"


def focused(trace: Trace, token: int) -> str:
    """Which token is focused, as the page counts them: "focused: “mat” at position 6"."""
    return f"focused: “{isolated(trace.tokens[token].text)}” at position {token}"


def taken(trace: Trace, shown: Shown) -> list[str]:
    """What of `shown` is not as at first, a clause each."""
    clauses = [MEASURED[shown.measure]]
    if not shown.keep_special:
        clauses.append("[CLS], [SEP] and padding left out")
    if shown.words:
        clauses.append("pieces of a word taken together")
    return [clause for clause in clauses if clause]


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return f"“{isolated(text if len(text) <= LONGEST else f'{text[: LONGEST - 1].rstrip()}…')}”"
