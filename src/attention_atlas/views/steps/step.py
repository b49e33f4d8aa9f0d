"""One step of the walk: its title, its sentence, its formula and shape, and the picture beside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import chain
from typing import Literal

from htmltools import HTML, Tag, TagChild, tags

from attention_atlas.views.formulas import mathml
from attention_atlas.views.steps.slots import Fact
from attention_atlas.views.symbols import symbols

Ids = Callable[[str], str]
"""From a part's own name for a place to its id in the document."""
Node = Literal["", "plus"]
Variable = Fact | Literal["activation"]

# How the formulas write what each model has its own of; d_h before d, which is in it.
_SYMBOL: dict[Variable, str] = {
    "head-size": "<msub><mi>d</mi><mi>h</mi></msub>",
    "hidden": "<mi>d</mi>",
    "tokens": "<mi>n</mi>",
    "heads": "<mi>H</mi>",
    "vocabulary": "<mi>V</mi>",
    "intermediate": "<mi>f</mi>",
    "activation": "<mi>ACT</mi>",
}


def picture(id: str, view: str, *, figure: str | None = None) -> Tag:
    """The place of a Picture, with an id from `Ids`.

    `figure` is the view's name among the figures (`figures.registry`); the page offers to save it.
    """
    return tags.div(id=id, class_="aa-view", data_view=view, data_figure=figure)


def step(
    title: str,
    *sentence: TagChild,
    anchor: str,
    show: TagChild,
    formula: Tag | None = None,
    shape: TagChild = None,
    node: Node = "",
    place: Literal["", "first", "last"] = "",
    head: TagChild = None,
    label: str | None = None,
    fold: TagChild = None,
) -> Tag:
    """A step with the anchor `s-<anchor>`.

    `formula` is made by `explained`; `label` tells two steps of one title apart for those who hear
    the page; `fold` is made by `more`.
    """
    return tags.section(
        tags.i(class_=f"node {node}".strip(), aria_hidden="true"),
        tags.div(
            tags.h3(title, id=f"t-{anchor}"),
            tags.p(*sentence),
            formula,
            tags.p(shape, class_="shape") if shape is not None else None,
            class_="say",
        ),
        tags.div(
            tags.div(head, class_="show-head") if head is not None else None,
            show,
            fold,
            class_="show",
        ),
        class_=f"step {place}".strip(),
        id=f"s-{anchor}",
        aria_labelledby=None if label else f"t-{anchor}",
        aria_label=label,
    )


def explained(*names: str, own: Collection[Variable] = ()) -> Tag:
    """Formulas whose symbols are told where they are pointed at, or have the focus.

    Args:
        *names: the formulas (`views.formulas`), one below the other.
        own: which variables give way to this model's own, in the formulas and among the symbols;
            the page fills them in (static/slots.js).
    """
    written = [mathml(name) for name in names]
    absent = [variable for variable in own if not any(_SYMBOL[variable] in one for one in written)]
    assert not absent, f"{', '.join(names)}: nothing stands there for {absent}"
    meanings: dict[str, str] = {}
    for symbol, meaning in chain.from_iterable(map(symbols, names)):
        meanings.setdefault(symbol, meaning)
    return tags.div(
        tags.div(
            *(tags.div(_with_own(one, own)) for one in written),
            class_="formula",
            tabindex="0",
            role="group",
        ),
        tags.dl(
            *(
                tags.div(tags.dt(_with_own(symbol, own)), tags.dd(meaning))
                for symbol, meaning in meanings.items()
            ),
            class_="symbols",
        ),
        class_="explained",
    )


def _with_own(written: str, own: Collection[Variable]) -> HTML:
    for variable, symbol in _SYMBOL.items():
        if variable in own:
            activation = variable == "activation"
            slot = Tag("mi", data_activation="") if activation else Tag("mn", data_fact=variable)
            written = written.replace(symbol, str(slot))
    return HTML(written)


def more(
    *paragraph: TagChild,
    python: str | Sequence[str],
    formula: Tag | None = None,
    source: TagChild = None,
) -> Tag:
    """The fold of a step: how it works, its formula, the same arrays in Python, and the source.

    Args:
        *paragraph: what the sentence of the step left out.
        python: lines of Python that give what the step shows. `{layer}`, `{head}` and `{token}`
            are filled by the page with what is chosen, counted from 0.
        formula: made by `explained`.
        source: where it is from: paper and section.
    """
    lines = [python] if isinstance(python, str) else python
    return tags.details(
        tags.summary("More"),
        tags.div(
            tags.div(
                tags.p(*paragraph),
                tags.p(source, class_="quiet source") if source is not None else None,
            ),
            tags.div(
                formula,
                tags.p("In Python, counted from 0", class_="quiet label"),
                *(
                    tags.div(
                        tags.code(data_python=line),
                        tags.button("Copy", type="button", class_="link", data_copy_python=""),
                        class_="python-line",
                    )
                    for line in lines
                ),
            ),
            class_="more-body",
        ),
        class_="more",
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
    """A small choice between a few; the first is chosen. `name` is a field of `Look`."""
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
    """An on/off switch, called `name` in the page's scripts; a field of `Look` if it is one."""
    return tags.label(
        tags.input(type="checkbox", role="switch", data_switch=name, checked="" if on else None),
        tags.i(aria_hidden="true"),
        tags.span(label),
        class_="switch",
    )
