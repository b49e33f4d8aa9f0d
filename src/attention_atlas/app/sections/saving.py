"""What is saved: a view as a figure or its numbers, and the exploration as one HTML file.

The page asks, and is told in a message what there is: a preview, a caption, a file with its name
and size, or in one sentence why there is none. The bytes themselves are fetched from an
address of their own; the last of each kind is kept, and goes with the session.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from shiny import Inputs, Session, reactive

from attention_atlas.app import metering
from attention_atlas.app.generating import place
from attention_atlas.app.newest import Newest
from attention_atlas.app.saved_file import Kept, Kind, SavedFile, file_name
from attention_atlas.app.sections.saved_words import holds, opens_on
from attention_atlas.app.shared import Shared
from attention_atlas.app.state import State
from attention_atlas.app.telling import Teller
from attention_atlas.errors import AttentionAtlasError, InvalidChoice, TraceCancelled
from attention_atlas.tracing.stopping import stoppable
from attention_atlas.views.figures.paper import WIDTHS, Paper
from attention_atlas.views.figures.registry import Entry, entry
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
    figures = Figures(session, kept, shared)
    pages = Pages(session, kept, shared)

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

    @reactive.effect(priority=1)  # before what is asked for anew, should both come at once
    @reactive.event(input.leave_saving)
    def _() -> None:
        figures.order.stop()
        pages.order.stop()

    state.on_forget(figures.forget)

    @session.on_ended
    def _() -> None:
        figures.stop()
        pages.stop()
        kept.clear()


class _Maker:
    """Makes files of one kind and tells the page."""

    kind: Kind

    def __init__(self, session: Session, kept: Kept, shared: Shared) -> None:
        """Makes for `session`, whose files are `kept`, when it is its turn."""
        self._session = session
        self._kept = kept
        self._shared = shared
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
        return await self._shared.drawing.run(self._session, work, *args)

    async def _worked(
        self, asked: Asked, stage: metering.Stage, work: Callable[..., R], *args: Any, passes: bool
    ) -> R:
        """What `work` makes, when it is its turn: among the passes, if it takes the model through
        some, and then the page is told its place."""
        if not passes:
            return await self._in_thread(metering.stage(stage)(work), *args)
        teller = Teller(self._session, "aa-saved")
        told = {"kind": self.kind, "number": asked.number}
        left = threading.Event()

        def begun() -> R:
            if self.order.overtaken(asked):
                raise TraceCancelled("Something else was asked for meanwhile.")
            with stoppable(left):
                return work(*args)

        try:
            return await self._shared.passes.run(
                asked.trace.model,
                self._session,
                stage,
                begun,
                on_place=lambda before: teller.tell({**told, "place": place(before)}),
            )
        finally:
            left.set()
            teller.close()

    async def _file(self, kind: Kind, file: SavedFile) -> dict[str, Any]:
        url = await self._in_thread(self._kept.put, kind, file)
        return {"url": url, "name": file.name, "size": len(file.data)}


class Figures(_Maker):
    """One view: its preview first, then the file."""

    kind = "figure"

    def __init__(self, session: Session, kept: Kept, shared: Shared) -> None:
        """Keeps the last view, so that another width or format need not compute it anew."""
        super().__init__(session, kept, shared)
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
        view = await self._view(found, asked)
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

    async def _view(self, of: Entry, asked: Asked) -> ViewFigure:
        what = (of.name, asked.chosen)
        if self._last is None or self._last[0] is not asked.trace or self._last[1] != what:
            view = await self._worked(asked, "figure", _figure, of.name, asked, passes=of.passes)
            self._last = (asked.trace, what, view)
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
        some = None if heads == "none" else heads
        data = await self._worked(
            asked, "file", _exported, asked, some, theme, carried, passes=carried["walk"]
        )
        if self.order.overtaken(asked):
            return
        name = file_name("attention-atlas", asked.trace, "html")
        await self._tell(asked, opens=opens, file=await self._file("page", SavedFile(name, data)))


def _figure(name: str, asked: Asked) -> ViewFigure:
    from attention_atlas.views.figures.making import figure

    at = asked.chosen
    return figure(
        name,
        asked.trace,
        at.layer,
        at.head,
        at.token,
        shown=at.shown,
        tau=at.tau,
        look=at.look,
    )


def _exported(asked: Asked, heads: Any, theme: Any, carried: Mapping[str, bool]) -> bytes:
    from attention_atlas.views.exporting import export

    at = asked.chosen
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
