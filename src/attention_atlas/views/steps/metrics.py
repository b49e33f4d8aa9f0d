"""The six metrics of the chosen head."""

from __future__ import annotations

from htmltools import HTML, Tag, tags

from attention_atlas.views import formulas
from attention_atlas.views.steps.step import Ids, picture

METRICS = ("confidence_max", "confidence_avg", "entropy", "sparsity", "median", "uniformity")


def metrics_step(id: Ids) -> Tag:
    """The six cards, and the formulas that their popovers show."""
    return tags.section(
        picture(id("picture"), "metric_cards", figure="metrics"),
        *(tags.template(HTML(formulas.mathml(name)), data_formula=name) for name in METRICS),
        aria_label="Six metrics of this head",
        class_="metrics",
    )
