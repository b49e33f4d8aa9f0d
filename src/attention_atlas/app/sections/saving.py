"""What is saved: a view as a figure or its numbers, and the exploration as one HTML file.

The page asks, and is told in a message what there is: a preview, a caption, a file with its name
and size, or in one sentence why there is none. The bytes themselves are fetched from an
address of their own; the last of each kind is kept, and goes with the session.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from shiny import Inputs, Session, reactive

from attention_atlas.app import metering
from attention_atlas.app.fair_queue import FairQueue
from attention_atlas.app.newest import Newest
from attention_atlas.app.saved_file import Kept, Kind, SavedFile, file_name
from attention_atlas.app.shared import Shared
from attention_atlas.app.state import State
from attention_atlas.errors import AttentionAtlasError, InvalidChoice
from attention_atlas.views.figures.captions import focused, taken
from attention_atlas.views.figures.paper import WIDTHS, Paper
from attention_atlas.views.figures.registry import entry
from attention_atlas.views.figures.saving import FORMATS
from attention_atlas.views.figures.view_figure import Chosen, ViewFigure

if TYPE_CHECKING:
    from attention_atlas.tracing.trace import Trace

NUMBERS = ("csv", "npz")
R = TypeVar("R")
TAKEN = "The server needed the room of this sentence. Generate All brings it back; save it then."
UNFORESEEN = (
    "This could not be made for a reason this application did not foresee; the terminal it runs "
    "in says more."
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Asked:
    """One request of the page, and what was chosen on it at that moment."""

    number: object
    """The page's own number of it, which it gets back."""
    options: Mapping[str, Any]
    trace: Trace
    chosen: Chosen
    refusal: AttentionAtlasError | None = None
    """Why nothing can be made of what is chosen."""


def saving_server(input: Inputs, session: Session, state: State, shared: Shared) -> None:
    """Makes what `input.save_figure` and `input.save_page` ask for, and keeps it on the disk."""
    kept = Kept(shared.saved)
    figures = Figures(session, kept, shared.drawing)
    pages = Pages(session, kept, shared.drawing)

    def asked(options: Any) -> Asked:
        options = options if isinstance(options, Mapping) else {}
        chosen, refusal = Chosen(), None
        shared.results.touch(session)
        try:
            chosen = Chosen(
                state.layer(),
                state.head(),
                state.focused(),
                state.shown(),
                state.tau(),
                state.look(),
            )
        except AttentionAtlasError as error:  # no word is left that τ could be a threshold for
            refusal = error
        return Asked(options.get("number"), options, state.trace(), chosen, refusal)

    @reactive.effect
    @reactive.event(input.save_figure)
    async def _() -> None:
        if state.exploration() is None:
            await figures.refuse(input.save_figure(), TAKEN)
        else:
            figures.order.ask(asked(input.save_figure()))

    @reactive.effect
    @reactive.event(input.save_page)
    async def _() -> None:
        if state.exploration() is None:
            await pages.refuse(input.save_page(), TAKEN)
        else:
            pages.order.ask(asked(input.save_page()))

    state.on_forget(figures.forget)

    @session.on_ended
    def _() -> None:
        figures.stop()
        pages.stop()
        kept.clear()


class _Maker:
    """Makes files of one kind and tells the page."""

    kind: Kind

    def __init__(self, session: Session, kept: Kept, drawing: FairQueue) -> None:
        """Makes for `session`, whose files are `kept`, when it is its turn in `drawing`."""
        self._session = session
        self._kept = kept
        self._drawing = drawing
        self.order = Newest(self._answer)

    def stop(self) -> None:
        """Makes no more, and lets go of what was made."""
        self.order.stop()

    async def refuse(self, options: Any, why: str) -> None:
        """Says why nothing can be made at all."""
        number = options.get("number") if isinstance(options, Mapping) else None
        message = {"kind": self.kind, "number": number, "refusal": why}
        await self._session.send_custom_message("aa-saved", message)

    async def _answer(self, asked: Asked) -> None:
        try:
            if asked.refusal is not None:
                raise asked.refusal
            await self._make(asked)
        except AttentionAtlasError as error:
            await self._tell(asked, refusal=str(error))
        except Exception:
            _log.exception("%s could not be saved", self.kind)
            await self._tell(asked, refusal=UNFORESEEN)

    async def _make(self, asked: Asked) -> None:
        raise NotImplementedError

    async def _tell(self, asked: Asked, **what: Any) -> None:
        message = {"kind": self.kind, "number": asked.number, **what}
        await self._session.send_custom_message("aa-saved", message)

    async def _in_thread(self, work: Callable[..., R], *args: Any) -> R:
        return await self._drawing.run(self._session, work, *args)

    async def _file(self, kind: Kind, file: SavedFile) -> dict[str, Any]:
        url = await self._in_thread(self._kept.put, kind, file)
        return {"url": url, "name": file.name, "size": len(file.data)}


class Figures(_Maker):
    """One view: its preview first, then the file."""

    kind = "figure"

    def __init__(self, session: Session, kept: Kept, drawing: FairQueue) -> None:
        """Keeps the last view, so that another width or format need not compute it anew."""
        super().__init__(session, kept, drawing)
        self._last: tuple[Trace, tuple[str, Chosen], ViewFigure] | None = None
        self._preview: tuple[ViewFigure, Paper, bytes] | None = None

    def stop(self) -> None:
        """Also of the last view and its preview."""
        super().stop()
        self.forget()

    def forget(self) -> None:
        """Lets go of the last view and its preview."""
        self._last = self._preview = None

    async def _make(self, asked: Asked) -> None:
        options = asked.options
        found = entry(_text(options, "view"))
        suffix = _one_of(options, "format", FORMATS)
        paper = Paper(
            _one_of(options, "columns", (1, 2)), _one_of(options, "theme", ("light", "dark"))
        )
        view = await self._in_thread(self._view, found.name, asked)
        told: dict[str, Any] = {"title": view.title, "caption": view.caption}
        preview: bytes | None = None
        if suffix in NUMBERS:
            told["holds"] = holds(view, suffix)
        else:
            preview = await self._in_thread(self._printed, view, paper)
            at = await self._in_thread(self._kept.put, "preview", SavedFile("preview.png", preview))
            told |= {"preview": at, "inches": WIDTHS[paper.columns]}
        if self.order.overtaken(asked):
            return
        await self._tell(asked, **told)
        if suffix == "png" and preview is not None:
            data = preview
        else:
            data = await self._in_thread(view.to_bytes, suffix, paper.columns, paper.theme)
        if self.order.overtaken(asked):
            return
        name = file_name(
            found.name,
            asked.trace,
            suffix,
            layer=asked.chosen.layer if "layer" in found.depends else None,
            head=asked.chosen.head if "head" in found.depends else None,
        )
        await self._tell(asked, **told, file=await self._file("figure", SavedFile(name, data)))

    def _view(self, name: str, asked: Asked) -> ViewFigure:
        with metering.stage("figure"):
            return self._figure(name, asked)

    def _figure(self, name: str, asked: Asked) -> ViewFigure:
        of = (name, asked.chosen)
        if self._last is None or self._last[0] is not asked.trace or self._last[1] != of:
            from attention_atlas.views.figures.making import figure

            at = asked.chosen
            view = figure(
                name,
                asked.trace,
                at.layer,
                at.head,
                at.token,
                shown=at.shown,
                tau=at.tau,
                look=at.look,
            )
            self._last = (asked.trace, of, view)
        return self._last[2]

    def _printed(self, view: ViewFigure, paper: Paper) -> bytes:
        last = self._preview
        if last is None or last[0] is not view or last[1] != paper:
            last = self._preview = (view, paper, view.to_bytes("png", paper.columns, paper.theme))
        return last[2]


class Pages(_Maker):
    """The exploration as one HTML file."""

    kind = "page"

    async def _make(self, asked: Asked) -> None:
        from attention_atlas.views.board.carried import HEADS

        options = asked.options
        heads = _one_of(options, "heads", (*HEADS, "none"))
        carried = {part: options.get(part) is True for part in ("overview", "across", "walk")}
        theme = _one_of(options, "theme", ("light", "dark"))
        opens = opens_on(asked.trace, asked.chosen)
        await self._tell(asked, opens=opens)
        data = await self._in_thread(
            _exported, asked, None if heads == "none" else heads, theme, carried
        )
        if self.order.overtaken(asked):
            return
        name = file_name("attention-atlas", asked.trace, "html")
        await self._tell(asked, opens=opens, file=await self._file("page", SavedFile(name, data)))


def _exported(asked: Asked, heads: Any, theme: Any, carried: Mapping[str, bool]) -> bytes:
    from attention_atlas.views.exporting import export

    at = asked.chosen
    with metering.stage("file"):
        page = export(
            asked.trace,
            at.layer,
            at.head,
            at.token,
            heads=heads,
            shown=at.shown,
            tau=at.tau,
            look=at.look,
            theme=theme,
            **carried,
        )
        return page.to_bytes()


def holds(view: ViewFigure, suffix: str) -> str:
    """In one sentence, which arrays a file with the numbers of a view has."""
    told = [
        f"{name}, {' × '.join(f'{size:,}' for size in one.values.shape)} ({' × '.join(one.axes)})"
        for name, one in view.numbers.items()
    ]
    arrays = "; ".join(told)
    values = sum(one.values.size for one in view.numbers.values())
    if suffix == "csv":
        lines = f"{values:,} {'value' if values == 1 else 'values'}, one a line"
        return f"A table for a spreadsheet or a script, {lines}: {arrays}."
    return f"For numpy.load, with the names along their axes: {arrays}."


def opens_on(trace: Trace, chosen: Chosen) -> str:
    """What the reader of the file sees first: what is chosen on the page at this moment."""
    said = [f"It opens as the page is now: layer {chosen.layer + 1}, head {chosen.head + 1}"]
    if chosen.token is not None:
        said.append(focused(trace, chosen.token))
    return "; ".join([*said, *taken(trace, chosen.shown)]) + "."


def _text(options: Mapping[str, Any], name: str) -> str:
    return str(options.get(name))[:80]


def _one_of(options: Mapping[str, Any], name: str, allowed: tuple[Any, ...]) -> Any:
    """What is asked for, if it is allowed.

    Raises:
        InvalidChoice: it is not.
    """
    value = options.get(name)
    for one in allowed:
        if type(value) is type(one) and value == one:
            return one
    raise InvalidChoice(
        f"{name} cannot be {_text(options, name)!r}. Choose one of {', '.join(map(str, allowed))}."
    )
