"""The dialog that saves: a view as a figure or its numbers, or all as one HTML file."""

from __future__ import annotations

from collections.abc import Iterable

from htmltools import Tag, TagChild, tags

from attention_atlas.views.figures.registry import FIGURES
from attention_atlas.views.steps.slots import chosen_head, chosen_layer, focused_token

FIRST_OF_ATTENTION = "head-atlas"
"""The figures before it are of the walk, it and those after it of the Attention tab."""
NEED_PREDICTION_HEAD = frozenset({"lens", "masked-in-turn", "two-candidates"})


def saving_dialog() -> Tag:
    """Both halves of the dialog, each in a tab; static/saving.js fills and sends them."""
    return tags.dialog(
        tags.h2("Save as it is seen", id="saving-title"),
        tags.button("✕", type="button", class_="close", aria_label="Close"),
        tags.div(
            _tab("figure", "Figure", selected=True),
            _tab("page", "One HTML file", selected=False),
            role="tablist",
            aria_label="What is saved",
        ),
        _figure(),
        _page(),
        class_="about-dialog saving",
        id="saving",
        aria_labelledby="saving-title",
    )


def _tab(name: str, text: str, *, selected: bool) -> Tag:
    return tags.button(
        text,
        role="tab",
        type="button",
        id=f"tab-save-{name}",
        aria_controls=f"save-{name}",
        aria_selected="true" if selected else "false",
        tabindex="0" if selected else "-1",
    )


def _panel(name: str, choices: Iterable[TagChild], shown: Iterable[TagChild]) -> Tag:
    return tags.section(
        tags.form(*choices, class_="choices", novalidate="", autocomplete="off"),
        tags.div(
            *shown,
            tags.div(
                tags.p(data_saved_file="", role="status"),
                tags.button("Save", type="button", class_="primary", data_save="", disabled=""),
                class_="end",
            ),
            class_="result",
        ),
        id=f"save-{name}",
        role="tabpanel",
        aria_labelledby=f"tab-save-{name}",
        hidden=None if name == "figure" else "",
    )


def _figure() -> Tag:
    names = list(FIGURES)
    first = names.index(FIRST_OF_ATTENTION)
    return _panel(
        "figure",
        (
            tags.label(
                tags.span("View", class_="name"),
                tags.span(
                    tags.select(
                        tags.optgroup(*map(_option, names[:first]), label="Walk"),
                        tags.optgroup(*map(_option, names[first:]), label="Attention"),
                        name="view",
                    ),
                    class_="select",
                ),
            ),
            _one_of(
                "columns",
                "Width",
                ("1", "One column", "3¼ inches"),
                ("2", "Two columns", "6¾ inches"),
            ),
            _one_of("theme", "Colours", ("light", "Light", ""), ("dark", "Dark", "")),
            _one_of(
                "format",
                "Format",
                ("svg", "SVG", "text stays text"),
                ("pdf", "PDF", "fonts embedded"),
                ("png", "PNG", "300 dpi"),
                ("csv", "CSV", "the numbers"),
                ("npz", "npz", "the numbers, for NumPy"),
            ),
        ),
        (
            tags.div(
                tags.div(data_sheet="", class_="paper"),
                tags.p(data_state="", class_="state", role="status"),
                class_="sheet",
                role="group",
                tabindex="0",
                aria_label="Preview",
            ),
            tags.p(
                tags.span(data_caption=""),
                " ",
                tags.button("Copy caption", type="button", class_="link"),
                class_="caption",
                hidden="",
            ),
        ),
    )


def _option(name: str) -> Tag:
    needs = "" if name in NEED_PREDICTION_HEAD else None
    return tags.option(FIGURES[name].title, value=name, data_needs_head=needs)


def _page() -> Tag:
    return _panel(
        "page",
        (
            _one_of(
                "heads",
                "Attention weights of",
                ("head", "This head", ""),
                ("layer", ("All heads of layer ", chosen_layer()), ""),
                ("all", "All layers", ""),
                ("none", "None", ""),
                first=1,
            ),
            tags.fieldset(
                tags.legend("With them"),
                _check("overview", "All heads at a glance", "and their metrics", on=True),
                _check(
                    "across",
                    "Across the layers",
                    ("rollout and maximum flow of ", _word()),
                    on=False,
                ),
                _check(
                    "walk",
                    ("The walk of ", _word()),
                    ("in layer ", chosen_layer(), ", head ", chosen_head()),
                    on=True,
                ),
            ),
            _one_of("theme", "Opens in", ("light", "Light", ""), ("dark", "Dark", "")),
        ),
        (
            tags.div(
                tags.p(tags.span(data_size="", class_="num"), class_="size"),
                tags.p(
                    "A page for somebody who has neither this application nor a network: it opens "
                    "from a mail or a stick, and its views can be explored like these. It carries "
                    "what is chosen here and nothing else."
                ),
                tags.p(data_opens="", class_="quiet"),
                tags.p(data_state="", class_="state", role="status"),
                class_="sheet told",
            ),
        ),
    )


def _word() -> Tag:
    return focused_token()


def _one_of(name: str, label: str, *choices: tuple[str, TagChild, TagChild], first: int = 0) -> Tag:
    """A choice of one, at first of `first`. Each has a value, its name, and what it means."""
    return tags.fieldset(
        tags.legend(label),
        *(
            _choice("radio", name, value, text, note, on=index == first)
            for index, (value, text, note) in enumerate(choices)
        ),
    )


def _check(name: str, text: TagChild, note: TagChild, *, on: bool) -> Tag:
    return _choice("checkbox", name, "yes", text, note, on=on)


def _choice(type: str, name: str, value: str, text: TagChild, note: TagChild, *, on: bool) -> Tag:
    return tags.label(
        tags.input(type=type, name=name, value=value, checked="" if on else None),
        tags.span(text, " ", tags.small(note) if note else None),
        class_="choice",
    )
