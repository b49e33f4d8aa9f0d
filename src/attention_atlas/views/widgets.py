"""The widgets of a notebook: the page's own views, live beside the person's code.

    atlas = aa.views.attention_atlas(trace)
    flow = aa.views.attention_flow(trace)
    aa.views.link(atlas, flow)     # a head that is chosen in one is chosen in both

Each widget has the traits `layer`, `head`, `token`, `tau`, `look` and `theme`; layers and heads
count from 0. What a notebook shows where widgets cannot run is a still picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attention_atlas.errors import InvalidChoice
from attention_atlas.views.look import DEFAULT_LOOK, Look
from attention_atlas.views.weights import WEIGHTS, Shown

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.board.widget import Board

NotebookTheme = Literal["auto", "dark", "light"]


def attention_atlas(
    trace: Trace,
    layer: int = 0,
    head: int = 0,
    token: int | None = None,
    *,
    shown: Shown = WEIGHTS,
    look: Look = DEFAULT_LOOK,
    theme: NotebookTheme = "auto",
) -> Board:
    """All heads at a glance, and the chosen one as a map, a flow and a list.

    Args:
        trace: the pass that is looked at.
        layer: the layer chosen at first, counted from 0.
        head: the head chosen at first, counted from 0.
        token: the index of the token focused at first; None for none.
        shown: which numbers of a head, and between which units of text.
        look: everything else that can be set of the views.
        theme: whose colours; "auto" follows the notebook.

    Raises:
        InvalidChoice: there is no such layer, head or token.
    """
    from attention_atlas.views.board.plan import attention_plan
    from attention_atlas.views.board.widget import Board

    return Board(
        trace,
        attention_plan(trace, shown),
        layer,
        head,
        token,
        shown=shown,
        look=look,
        theme=theme,
        name="attention_atlas",
        still="head-atlas",
    )


def attention_map(
    trace: Trace,
    layer: int = 0,
    head: int = 0,
    token: int | None = None,
    *,
    shown: Shown = WEIGHTS,
    look: Look = DEFAULT_LOOK,
    theme: NotebookTheme = "auto",
) -> Board:
    """The attention map of one head: rows look, columns are looked at.

    Takes what `attention_atlas` takes; raises what it raises.
    """
    from attention_atlas.views.board.plan import one_view_plan
    from attention_atlas.views.board.widget import Board

    return Board(
        trace,
        one_view_plan(trace, shown, "map"),
        layer,
        head,
        token,
        shown=shown,
        look=look,
        theme=theme,
        name="attention_map",
        still="attention-map",
    )


def attention_flow(
    trace: Trace,
    layer: int = 0,
    head: int = 0,
    token: int | None = None,
    *,
    shown: Shown = WEIGHTS,
    look: Look = DEFAULT_LOOK,
    theme: NotebookTheme = "auto",
) -> Board:
    """The attention flow: two columns of tokens, and lines as wide as the weights.

    Takes what `attention_atlas` takes; raises what it raises.
    """
    from attention_atlas.views.board.plan import one_view_plan
    from attention_atlas.views.board.widget import Board

    return Board(
        trace,
        one_view_plan(trace, shown, "flow"),
        layer,
        head,
        token,
        shown=shown,
        look=look,
        theme=theme,
        name="attention_flow",
        still="attention-flow",
    )


def walk(
    trace: Trace,
    token: int | None = None,
    layer: int = 0,
    head: int = 0,
    *,
    look: Look = DEFAULT_LOOK,
    theme: NotebookTheme = "auto",
) -> Board:
    """The walk: every step from the tokens to the prediction, for one token through one layer.

    Takes what `attention_atlas` takes, but for `shown`; raises what it raises.
    """
    from attention_atlas.views.board.plan import walk_plan
    from attention_atlas.views.board.widget import Board

    return Board(
        trace,
        walk_plan(trace),
        layer,
        head,
        token,
        look=look,
        theme=theme,
        name="walk",
        still="scaled-dot-product",
    )


def link(*widgets: Board) -> None:
    """Makes widgets go along with each other: layer, head and token are chosen in all of them.

    The first one says what is chosen now. The traces may differ, say two models on one sentence,
    as long as they have the same sizes.

    Raises:
        InvalidChoice: what the first has chosen another does not have, or there are fewer than two.
    """
    from attention_atlas.views.board.linking import link_boards

    if len(widgets) < 2:
        raise InvalidChoice(f"Two widgets or more can be linked; {len(widgets)} was given.")
    link_boards(widgets)
