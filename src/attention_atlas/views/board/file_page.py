"""One exploration as one HTML file: it opens without a network, and its views are alive.

The file has the pictures that were chosen to go along, the modules and the style of their views,
and a script of a few lines that starts them (file.js). Whatever a person wrote is in it as JSON
inside an inert element, its "<" escaped, and reaches the page as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from htmltools import HTML, Tag, tags

from attention_atlas.version import __version__
from attention_atlas.views.about_trace import about_trace
from attention_atlas.views.board.carried import Carried
from attention_atlas.views.board.drawn import drawn
from attention_atlas.views.board.pack import packed, source, style
from attention_atlas.views.board.places import Choice, Place, value_of
from attention_atlas.views.board.plan import Plan, file_plan
from attention_atlas.views.board.subject import Subject
from attention_atlas.views.choice import first_word
from attention_atlas.views.figures.captions import sentence
from attention_atlas.views.figures.saving import write_whole
from attention_atlas.views.figures.view_figure import Chosen
from attention_atlas.views.formulas import mathml
from attention_atlas.views.look import plain
from attention_atlas.views.weights import MEASURES

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace

BOTH: Mapping[str, tuple[Any, ...]] = {
    "projected": ("head", "token"),
    "direction": ("from", "to"),
    "use_head": (True, False),
}
"""Of these choices all values go along: what they show is small."""


@dataclass(frozen=True)
class HtmlPage:
    """One exploration as one file. Made by `export`."""

    title: str
    html: str

    @property
    def size(self) -> int:
        """How many bytes the file has."""
        return len(self.to_bytes())

    def to_bytes(self) -> bytes:
        """The file, in UTF-8."""
        # A folder's name may hold bytes that are no characters; a model is named after it.
        return self.html.encode("utf-8", errors="replace")

    def save(self, path: str | Path) -> None:
        """Writes the file, whole or not at all.

        Raises:
            InvalidChoice: the file cannot be written there.
        """
        write_whole(self.to_bytes(), Path(path))


def file_page(trace: Trace, chosen: Chosen, carried: Carried, theme: str) -> HtmlPage:
    """The file of a trace that opens on `chosen`."""
    plan = file_plan(trace, chosen.shown, carried)
    subject = Subject(trace)
    kept: list[Mapping[str, Any]] = []
    pictures = {
        id: _pictures(place, subject, chosen, carried, kept) for id, place in plan.places.items()
    }
    data = {
        "about": {
            **about_trace(trace),
            "views": {id: place.view for id, place in plan.places.items()},
            "formulas": {f"measure_{name}": mathml(f"measure_{name}") for name in MEASURES},
        },
        "state": {
            "layer": chosen.layer,
            "head": chosen.head,
            "token": -1 if chosen.token is None else chosen.token,
            "tau": chosen.tau,
            "look": plain(chosen.look),
            "theme": theme,
        },
        "depends": {id: list(place.depends) for id, place in plan.places.items()},
        "holds": {id: _holds(trace, place, chosen, carried) for id, place in plan.places.items()},
        "pictures": pictures,
        "kept": kept,
        "packed": packed(frozenset(place.view for place in plan.places.values())),
        "loader": source("board/loader.js"),
    }
    title = f"{sentence(trace)} — Attention Atlas"
    return HtmlPage(title, "<!DOCTYPE html>\n" + str(_document(title, theme, plan, data)))


def _pictures(
    place: Place,
    subject: Subject,
    chosen: Chosen,
    carried: Carried,
    kept: list[Mapping[str, Any]],
) -> dict[str, int]:
    """The pictures of a place by their keys; their numbers are places in `kept`."""
    found: dict[str, int] = {}
    values = [_values(subject.trace, one, chosen, carried, place) for one in place.depends]
    for combination in product(*values):
        at = _with(chosen, dict(zip(place.depends, combination, strict=True)))
        found[place.key(at)] = len(kept)
        message = drawn(place, subject, at)
        state = message.get("picture", {}).get("state")
        if state is not None:
            state.pop("figure", None)  # Plotly's, which is not in the file
        kept.append(message)
    return found


def _values(
    trace: Trace, choice: Choice, chosen: Chosen, carried: Carried, place: Place
) -> Sequence[Any]:
    own = value_of(chosen, choice)
    if choice in BOTH:
        return BOTH[choice]
    of_attention = place.view in ("attention_explorer", "heatmap", "flow")
    if choice == "layer" and of_attention and carried.heads == "all":
        return range(trace.model.layers)
    if choice == "token" and own == -1:
        return (-1, first_word(trace))
    return (own,)


def _with(chosen: Chosen, values: Mapping[Choice, Any]) -> Chosen:
    look = {one: value for one, value in values.items() if hasattr(chosen.look, one)}
    rest: dict[str, Any] = {one: value for one, value in values.items() if one not in look}
    if rest.get("token") == -1:
        rest["token"] = None
    return replace(chosen, **rest, look=replace(chosen.look, **look))


def _holds(trace: Trace, place: Place, chosen: Chosen, carried: Carried) -> str:
    """What is said where a picture is asked for that did not go along."""
    said: list[str] = []
    several = {one for one in place.depends if len(_values(trace, one, chosen, carried, place)) > 1}
    for one in place.depends:
        if one in several and one != "token":
            continue
        if one in ("layer", "head"):
            said.append(f"{one} {getattr(chosen, one) + 1}")
        elif one == "token":
            at = first_word(trace) if chosen.token is None else chosen.token
            said.append(f"“{trace.tokens[at].text}”")
        elif "as it was saved" not in said:
            said.append("as it was saved")
    return f"This file has this part for {', '.join(said)} only." if said else ""


def _document(title: str, theme: str, plan: Plan, data: Mapping[str, Any]) -> Tag:
    views = frozenset(place.view for place in plan.places.values())
    script = source("board/file.js")
    return tags.html(
        tags.head(
            tags.meta(charset="utf-8"),
            tags.meta(name="viewport", content="width=device-width, initial-scale=1"),
            tags.meta(http_equiv="Content-Security-Policy", content=_policy(script)),
            tags.meta(name="color-scheme", content="dark light"),
            tags.meta(name="generator", content=f"Attention Atlas {__version__}"),
            tags.title(title),
            tags.style(HTML(style(views) + source("board/file.css"))),
        ),
        tags.body(
            tags.main(plan.markup, class_="aa aa-board", data_theme=theme),
            tags.noscript(
                tags.p(
                    "The views of this file are drawn by scripts that it brings along, and "
                    "scripts are switched off here. Switch them on for this file."
                )
            ),
            tags.script(HTML(_inert(data)), type="application/json"),
            tags.script(HTML(script), type="module"),
        ),
        lang="en",
    )


def _policy(script: str) -> str:
    """Only our own script runs, whatever the data holds, and nothing is fetched."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    rules: Iterable[str] = (
        "default-src 'none'",
        f"script-src 'sha256-{digest}' blob:",
        "style-src 'unsafe-inline'",
        "img-src data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(rules)


def _inert(data: Mapping[str, Any]) -> str:
    """JSON that ends no element: its "<" is written as its number."""
    return json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
