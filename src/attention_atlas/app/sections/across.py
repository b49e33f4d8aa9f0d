"""Across the layers: what reaches the focused token, and what it reaches."""

from __future__ import annotations

import threading

from htmltools import Tag, tags
from shiny import Inputs, Outputs, Session, module

from attention_atlas.app.drawing import Painter, picture
from attention_atlas.app.sections.step import explained, more, toggle
from attention_atlas.app.slots import focused_token
from attention_atlas.app.state import State
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.across import across
from attention_atlas.views.across.layers import Direction
from attention_atlas.views.across_flow import across_flow
from attention_atlas.views.picture import Picture
from attention_atlas.views.weights import Shown

PYTHON = [
    "import numpy as np",
    "from attention_atlas.analysis.max_flow import max_flow",
    "from attention_atlas.analysis.rollout import rollout",
    "means = np.stack([layer.attention.mean(0) for layer in trace.layers])",
    "rollout(means)[:, {token}]",
    "rollout(means)[:, :, {token}]",
    "max_flow(means, [{token}], range(len(trace.tokens)))",
]
"""As the page shows them while special tokens and word pieces take part."""


@module.ui
def across_ui() -> Tag:
    """The place of the layers × tokens grid, and of the comparison in the last layer."""
    return tags.section(
        tags.header(
            tags.h3("Across the layers", id="t-across"),
            toggle(
                "across_direction",
                "Direction across the layers",
                ("from", "What it takes"),
                ("to", "Who takes from it"),
            ),
        ),
        tags.p(
            "One head of one layer shows a single step. Here the steps are followed through all "
            "layers: how much of each input token reaches ",
            focused_token(),
            ", or how much of it reaches each token.",
        ),
        picture(module.resolve_id("picture"), "across"),
        picture(module.resolve_id("flow"), "across_flow"),
        tags.p("Computing the maximum flow…", class_="quiet waits", role="status"),
        tags.p(
            "What this does not say: the mean hides that heads do different things, and the "
            "values, their lengths, the LayerNorms and the feed-forward network have no part in "
            "it. A half for the residual path is a convention, not measured. A large share says "
            "that a token could have had much influence, not that it did.",
            class_="quiet",
        ),
        _more(),
        class_="across",
        aria_labelledby="t-across",
    )


def _more() -> Tag:
    return more(
        "Rollout multiplies the layers: what a token takes in one layer is made of what the "
        "tokens below had taken before. Maximum flow (the authors call it attention flow) sees "
        "the same numbers as pipes, and asks how much could pass from an input token to an output "
        "if the pipes were its own. Both start from the mean over the heads of each layer, half "
        "and half with the residual path, which carries each token past the attention; raw "
        "attention is that mean of the last layer alone, without the residual path.",
        python=PYTHON,
        formula=tags.div(explained("rollout"), explained("max_flow")),
        source="Abnar & Zuidema, 2020 (Quantifying Attention Flow in Transformers), section 3; "
        "rollout is their equation 1. Their program also divides the flows of a token by their "
        "sum.",
    )


@module.server
def across_server(
    input: Inputs, output: Outputs, session: Session, state: State, painter: Painter
) -> None:
    """Draws rollout at once, and the flow, which takes longer, when it is found."""
    overtaken = threading.Event()

    def depends() -> tuple[Trace, int, Shown, Direction]:
        shown = state.shown()
        direction: Direction = "to" if state.option("across_direction", "from") == "to" else "from"
        of_weights = Shown(keep_special=shown.keep_special, words=shown.words)
        return state.trace(), state.token(), of_weights, direction

    def flow(trace: Trace, token: int, shown: Shown, direction: Direction) -> Picture:
        nonlocal overtaken
        overtaken.set()
        overtaken = own = threading.Event()
        return across_flow(trace, token, shown, direction, cancel=own)

    painter.draw(session.ns("picture"), depends, across)
    painter.draw(session.ns("flow"), depends, flow)
    session.on_ended(lambda: overtaken.set())
