"""Across the layers: what reaches the focused token, and what it reaches."""

from __future__ import annotations

from htmltools import Tag, tags

from attention_atlas.views.steps.slots import focused_token
from attention_atlas.views.steps.step import Ids, explained, more, picture, toggle

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


def across_step(id: Ids) -> Tag:
    """The place of the layers × tokens grid, and of the comparison in the last layer."""
    return tags.section(
        tags.header(
            tags.h3("Across the layers", id="t-across"),
            toggle(
                "direction",
                "Direction across the layers",
                ("from", "What it takes"),
                ("to", "Who takes from it"),
            ),
            data_figure="rollout",
        ),
        tags.p(
            "One head of one layer shows a single step. Here the steps are followed through all "
            "layers: how much of each input token reaches ",
            focused_token(),
            ", or how much of it reaches each token.",
        ),
        picture(id("picture"), "across"),
        picture(id("flow"), "across_flow", figure="max-flow"),
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
