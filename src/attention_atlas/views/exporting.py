"""The whole exploration as one file to hand out."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from attention_atlas.analysis.metrics import THRESHOLD
from attention_atlas.errors import InvalidChoice
from attention_atlas.views.choice import head_of, threshold_of, token_of
from attention_atlas.views.colour import Theme
from attention_atlas.views.look import DEFAULT_LOOK, Look
from attention_atlas.views.weights import WEIGHTS, Shown

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.board.carried import Heads
    from attention_atlas.views.board.file_page import HtmlPage


def export(
    trace: Trace,
    layer: int = 0,
    head: int = 0,
    token: int | None = None,
    *,
    heads: Heads | None = "layer",
    overview: bool = True,
    across: bool = False,
    walk: bool = True,
    shown: Shown = WEIGHTS,
    tau: float = THRESHOLD,
    look: Look = DEFAULT_LOOK,
    theme: Theme = "light",
) -> HtmlPage:
    """One self-contained HTML file that opens without a network, its views alive.

    It carries what is asked for and nothing else; `size` of what is returned says how large that
    is before it is saved.

    Args:
        trace: the pass that is looked at.
        layer: the layer it opens on, counted from 0.
        head: the head it opens on, counted from 0.
        token: the index of the focused token; None for none.
        heads: whose weights go along: "head", the chosen one's; "layer", those of all heads of
            the layer; "all", those of all layers; None, none.
        overview: whether all heads go along as thumbnails, with their metrics and roles.
        across: whether rollout and maximum flow of the focused token go along.
        walk: whether every step goes along, for the focused token in the chosen head.
        shown: which numbers of a head, and between which units of text.
        tau: the threshold of sparsity.
        look: everything else that can be set of the views.
        theme: the theme it opens in; the reader can choose the other.

    Raises:
        InvalidChoice: there is no such layer, head, token or theme, `tau` is no weight, or nothing
            was asked for.
    """
    from attention_atlas.views.board.carried import Carried
    from attention_atlas.views.board.file_page import file_page
    from attention_atlas.views.figures.view_figure import Chosen

    if theme not in get_args(Theme):
        raise InvalidChoice(
            f"There is no theme {theme!r}. Choose one of {', '.join(get_args(Theme))}."
        )
    chosen = Chosen(
        trace.layers[layer].index,
        head_of(trace, head),
        None if token is None else token_of(trace, token).index,
        shown,
        threshold_of(tau),
        look,
    )
    return file_page(trace, chosen, Carried(heads, overview, across, walk), theme)
