"""A name and what was chosen -> the figure of that view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attention_atlas.analysis.metrics import THRESHOLD
from attention_atlas.views.choice import head_of, threshold_of, token_of
from attention_atlas.views.figures.registry import entry
from attention_atlas.views.figures.view_figure import Chosen, ViewFigure
from attention_atlas.views.look import DEFAULT_LOOK, Look
from attention_atlas.views.weights import WEIGHTS, Shown

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace


def figure(
    view: str,
    trace: Trace,
    layer: int = 0,
    head: int = 0,
    token: int | None = None,
    *,
    shown: Shown = WEIGHTS,
    tau: float = THRESHOLD,
    look: Look = DEFAULT_LOOK,
) -> ViewFigure:
    """One view of a trace as a figure to save or to go on with.

    What a view does not depend on is passed over: the rollout is of all layers and heads.

    Args:
        view: its name, "attention-map"; `registry.FIGURES` has them all.
        trace: the pass that is looked at.
        layer: counted from 0.
        head: counted from 0.
        token: the index of the focused token; None for none.
        shown: which numbers of a head, and between which units of text.
        tau: the threshold of sparsity, 0 to 1.
        look: everything else that can be set of a view.

    Raises:
        InvalidChoice: there is no such view, layer, head or token, `tau` is no weight, or the view
            has nothing to show of it.
        NoPredictionHead: the view needs a head that the checkpoint does not have.
    """
    found = entry(view)
    if token is not None:
        token = token_of(trace, token).index
    tau = threshold_of(tau)
    at = trace.layers[layer].index
    return found.make(trace, Chosen(at, head_of(trace, head), token, shown, tau, look))
