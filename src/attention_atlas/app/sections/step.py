"""One step of the walk: its title, its sentence, its formula and shape, and the picture beside."""

from __future__ import annotations

from typing import Literal

from htmltools import HTML, Tag, TagChild, tags

Node = Literal["", "plus"]


def step(
    title: str,
    *sentence: TagChild,
    anchor: str,
    show: TagChild,
    formula: str | None = None,
    shape: TagChild = None,
    node: Node = "",
    place: Literal["", "first", "last"] = "",
    head: TagChild = None,
    label: str | None = None,
) -> Tag:
    """A step with the anchor `s-<anchor>`.

    `formula` is MathML made by `views.formulas`; `label` tells two steps of one title apart for
    those who hear the page.
    """
    return tags.section(
        tags.i(class_=f"node {node}".strip(), aria_hidden="true"),
        tags.div(
            tags.h3(title, id=f"t-{anchor}"),
            tags.p(*sentence),
            tags.div(HTML(formula), class_="formula") if formula else None,
            tags.p(shape, class_="shape") if shape is not None else None,
            class_="say",
        ),
        tags.div(
            tags.div(head, class_="show-head") if head is not None else None, show, class_="show"
        ),
        class_=f"step {place}".strip(),
        id=f"s-{anchor}",
        aria_labelledby=None if label else f"t-{anchor}",
        aria_label=label,
    )


def passed_layers(anchor: str, show: TagChild) -> Tag:
    """The layers that the walk passes by, before or after the chosen one."""
    return tags.section(
        tags.div(tags.p(data_passed=anchor, class_="quiet"), class_="say"),
        tags.div(show, class_="show"),
        class_="step skipped",
        id=f"s-{anchor}",
        data_passed_step=anchor,
    )


def toggle(name: str, label: str, *choices: tuple[str, str]) -> Tag:
    """A small choice between a few; the first is chosen. Reported to the server as `name`."""
    return tags.span(
        *(
            tags.button(
                text,
                type="button",
                data_option=name,
                data_value=value,
                aria_pressed="true" if index == 0 else "false",
            )
            for index, (value, text) in enumerate(choices)
        ),
        class_="toggle",
        role="group",
        aria_label=label,
    )


def switch(name: str, label: str, *, on: bool) -> Tag:
    """An on/off switch. Reported to the server as `name`."""
    return tags.label(
        tags.input(type="checkbox", role="switch", data_switch=name, checked="" if on else None),
        tags.i(aria_hidden="true"),
        tags.span(label),
        class_="switch",
    )
