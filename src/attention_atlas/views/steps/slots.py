"""Places inside a sentence that the page fills from what was generated or chosen.

They are filled in the browser (static/slots.js), at once and as text nodes.
"""

from __future__ import annotations

from typing import Literal

from htmltools import Tag, tags

Fact = Literal[
    "tokens", "layers", "heads", "hidden", "head-size", "intermediate", "vocabulary", "max-tokens"
]


def fact(name: Fact, unit: str | None = None) -> Tag:
    """A size of the model or of the text: "12", or "12 heads" and "1 head" with the unit "head"."""
    return tags.span(data_fact=name, data_unit=unit)


def focused_token() -> Tag:
    """The word piece that the walk follows."""
    return tags.span(class_="tok on", data_focus="")


def chosen_layer() -> Tag:
    """The chosen layer, counted from 1."""
    return tags.span(data_chosen="layer")


def chosen_head() -> Tag:
    """The chosen head, counted from 1."""
    return tags.span(data_chosen="head")
