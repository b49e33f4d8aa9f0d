"""Boards as widgets: Python makes their pictures whenever layer, head or token change."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from attention_atlas.analysis.metrics import THRESHOLD
from attention_atlas.errors import AttentionAtlasError
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.about_trace import about_trace
from attention_atlas.views.board.drawn import drawn
from attention_atlas.views.board.pack import packed
from attention_atlas.views.board.plan import Plan
from attention_atlas.views.board.subject import Subject
from attention_atlas.views.choice import head_of, threshold_of, token_of
from attention_atlas.views.figures.view_figure import Chosen
from attention_atlas.views.formulas import mathml
from attention_atlas.views.look import DEFAULT_LOOK, Look, look_of, plain
from attention_atlas.views.weights import MEASURES, WEIGHTS, Shown

STILL_DPI = 110
"""Of a still picture: sharp enough on a screen, and small in a notebook's file."""
SELECTION = ("layer", "head", "token", "tau")


class Board(anywidget.AnyWidget):
    """A board in Jupyter. Made by the functions of `attention_atlas.views`.

    Its traits can be read, set, observed and linked, as those of any widget.
    """

    _esm = Path(__file__).parent / "loader.js"
    _packed = traitlets.Unicode().tag(sync=True)
    _about = traitlets.Dict().tag(sync=True)

    layer = traitlets.Int(0, help="The chosen layer, counted from 0.").tag(sync=True)
    head = traitlets.Int(0, help="The chosen head, counted from 0.").tag(sync=True)
    token = traitlets.Int(None, allow_none=True, help="The focused token; None for none.").tag(
        sync=True
    )
    tau = traitlets.Float(THRESHOLD, help="The threshold τ of sparsity.").tag(sync=True)
    look = traitlets.Dict(help="How the views are looked at: the fields of views.look.Look.").tag(
        sync=True
    )
    theme = traitlets.Enum(
        ["auto", "dark", "light"], "auto", help="Whose colours; auto follows the notebook."
    ).tag(sync=True)

    def __init__(
        self,
        trace: Trace,
        plan: Plan,
        layer: int = 0,
        head: int = 0,
        token: int | None = None,
        *,
        shown: Shown = WEIGHTS,
        look: Look = DEFAULT_LOOK,
        theme: str = "auto",
        name: str,
        still: str,
    ) -> None:
        """The board of `plan` for `trace`, opened on what is chosen.

        `name` is the function that made it; `still` is the figure that stands for it where
        widgets cannot run.

        Raises:
            InvalidChoice: the model or the text has no such layer, head or token.
        """
        self.trace = trace
        self.shown = shown
        self._name = name
        self._still = still
        self._subject = Subject(trace)
        self._places = plan.places
        self._keys: dict[str, str] = {}
        pictures = {_trait(id): traitlets.Dict().tag(sync=True) for id in plan.places}
        views = {id: place.view for id, place in plan.places.items()}
        super().__init__(
            layer=trace.layers[layer].index,
            head=head_of(trace, head),
            token=None if token is None else token_of(trace, token).index,
            look=plain(look),
            theme=theme,
            _packed=packed(frozenset(views.values())),
            _about={
                **about_trace(trace),
                "name": name.replace("_", " ").capitalize(),
                "markup": str(plan.markup),
                "views": views,
                "formulas": {f"measure_{name}": mathml(f"measure_{name}") for name in MEASURES},
            },
        )
        self.add_traits(**pictures)
        self._draw()
        self.observe(self._draw, [*SELECTION, "look"])

    @traitlets.validate("layer")
    def _valid_layer(self, proposal: Any) -> int:
        return self.trace.layers[proposal.value].index

    @traitlets.validate("head")
    def _valid_head(self, proposal: Any) -> int:
        return head_of(self.trace, proposal.value)

    @traitlets.validate("token")
    def _valid_token(self, proposal: Any) -> int | None:
        return None if proposal.value is None else token_of(self.trace, proposal.value).index

    @traitlets.validate("tau")
    def _valid_tau(self, proposal: Any) -> float:
        return threshold_of(proposal.value)

    @traitlets.validate("look")
    def _valid_look(self, proposal: Any) -> dict[str, Any]:
        return plain(look_of(proposal.value))

    def _chosen(self) -> Chosen:
        return Chosen(self.layer, self.head, self.token, self.shown, self.tau, look_of(self.look))

    def __repr__(self) -> str:
        """`attention_map(Trace(…), layer=3, head=5)`, as it was made."""
        token = "" if self.token is None else f", token={self.token}"
        return f"{self._name}({self.trace!r}, layer={self.layer}, head={self.head}{token})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The widget, and a still picture for wherever widgets cannot run: GitHub, or a PDF."""
        bundle = super()._repr_mimebundle_(**kwargs)
        picture = _still_picture(self._still, self.trace, self._chosen())
        if bundle is None or picture is None:
            return bundle
        data, metadata = bundle
        return {**data, "image/png": base64.b64encode(picture).decode("ascii")}, metadata

    def _draw(self, change: object = None) -> None:
        """Makes the pictures that what is chosen asks for, and are not there."""
        chosen = Chosen(self.layer, self.head, self.token, self.shown, self.tau, look_of(self.look))
        with self.hold_sync():
            for id, place in self._places.items():
                key = place.key(chosen)
                if self._keys.get(id) == key:
                    continue
                self._keys[id] = key
                self.set_trait(_trait(id), drawn(place, self._subject, chosen))


def _still_picture(view: str, trace: Trace, chosen: Chosen) -> bytes | None:
    """The figure of a view as PNG; None where it has none, for a text that is too long, say."""
    from attention_atlas.views.figures.registry import entry

    try:
        return entry(view).make(trace, chosen).to_bytes("png", columns=2, dpi=STILL_DPI)
    except AttentionAtlasError:
        return None


def _trait(id: str) -> str:
    return f"_{id}"
