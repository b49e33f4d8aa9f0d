"""The controls of what the Attention tab shows of a head; static/shown.js drives them."""

from __future__ import annotations

from htmltools import HTML, Tag, TagList, tags

from attention_atlas.views import formulas
from attention_atlas.views.steps.step import switch

MEASURES = {
    "weights": "Attention weights",
    "scores": "Raw scores",
    "norms": "Norm-weighted",
    "difference": "Difference from the layer’s mean",
}


def measure_ui() -> Tag:
    """Which numbers of a head are shown, and the formulas that the views print beside them."""
    return tags.div(
        tags.label(
            tags.span("Show "),
            tags.span(
                tags.select(
                    *(tags.option(text, value=name) for name, text in MEASURES.items()),
                    data_shown="measure",
                ),
                class_="select",
            ),
            class_="measure",
        ),
        *(
            tags.template(HTML(formulas.mathml(f"measure_{name}")), data_formula=f"measure_{name}")
            for name in MEASURES
        ),
    )


def units_ui() -> TagList:
    """What rows and columns stand for, everywhere in the tab."""
    return TagList(
        tags.span(role="status", class_="quiet", data_summary=""),
        tags.div(
            tags.button("Word pieces", type="button", data_units="pieces", aria_pressed="true"),
            tags.button("Whole words", type="button", data_units="words", aria_pressed="false"),
            class_="toggle",
            role="group",
            aria_label="Rows and columns stand for",
        ),
        switch("leave_out_special", "Leave out [CLS] and [SEP]", on=False),
    )
