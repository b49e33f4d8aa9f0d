"""What the person has chosen, and what was computed for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from shiny import Inputs, reactive, req

from attention_atlas.analysis.metrics import THRESHOLD
from attention_atlas.errors import AttentionAtlasError, InvalidChoice
from attention_atlas.views.look import DEFAULT_LOOK, Look, look_of

if TYPE_CHECKING:
    from attention_atlas.analysis.heads import HeadSummary
    from attention_atlas.models.model import Model
    from attention_atlas.tracing.trace import Trace
    from attention_atlas.views.weights import Shown

NOT_SUMMARISED = (
    "The heads could not be summarised for what is shown. Choose Generate All to try again, or "
    "show word pieces with [CLS] and [SEP]."
)


@dataclass(frozen=True, eq=False)
class Exploration:
    """One generated sentence: its trace, and the summary of all heads made during the pass."""

    trace: Trace
    summary: HeadSummary
    key: str = field(default_factory=lambda: token_hex(8))
    """What the page tells it from others by."""


@dataclass(frozen=True)
class SummaryKey:
    """What a summary of all heads is of."""

    exploration: Exploration
    shown: Shown
    """Always of the weights: there are no metrics of anything else."""
    tau: float

    @property
    def of_the_pass(self) -> bool:
        """Whether it is the one that was made while the sentence ran."""
        return self.shown.keep_special and not self.shown.words and self.tau == THRESHOLD


class State:
    """The reactive values that the sections read. One per session.

    Layers, heads and tokens count from 0 here, as in Python; the page shows them from 1.
    """

    def __init__(self, input: Inputs) -> None:
        """Reads the choices that the page reports in `input`."""
        self._input = input
        # Named here: Shiny would look for the names on the stack, most of what a session costs.
        self.exploration: reactive.Value[Exploration | None]
        self.exploration = reactive.Value(None, name="exploration")
        self.other_summary: reactive.Value[tuple[SummaryKey, HeadSummary | None] | None]
        self.other_summary = reactive.Value(None, name="other_summary")
        self.model_at_hand: reactive.Value[Model | None]
        self.model_at_hand = reactive.Value(None, name="model_at_hand")
        self._forgetting: list[Callable[[], None]] = []

        @reactive.calc
        def selection() -> tuple[int, int, int]:
            trace = self.trace()
            chosen: dict[str, Any] = _value(input, "selection", {})
            return (
                _within(chosen.get("layer"), trace.model.layers, 0),
                _within(chosen.get("head"), trace.model.heads, 0),
                _within(chosen.get("token"), len(trace.tokens), -1),
            )

        self.layer = reactive.calc(lambda: selection()[0])
        self.head = reactive.calc(lambda: selection()[1])

        @reactive.calc
        def token() -> int:
            from attention_atlas.views.choice import first_word

            token = selection()[2]
            return token if token >= 0 else first_word(self.trace())

        self.token = token
        self.focused = reactive.calc(lambda: selection()[2] if selection()[2] >= 0 else None)

    def on_forget(self, callback: Callable[[], None]) -> None:
        """Calls `callback` when everything of the exploration is to be let go of."""
        self._forgetting.append(callback)

    def forget(self) -> None:
        """Lets go of the exploration, and of all that was made from it, at once.

        Not left to the garbage collector: a session that has ended is in cycles with its effects,
        and what it held may be as large as the model.
        """
        for callback in self._forgetting:
            callback()
        self.other_summary.set(None)
        self.exploration.set(None)

    def explored(self) -> Exploration:
        """The exploration; nothing that depends on it runs before there is one."""
        exploration = self.exploration()
        req(exploration is not None)
        assert exploration is not None
        return exploration

    def trace(self) -> Trace:
        """The trace of the exploration."""
        return self.explored().trace

    def summary_key(self) -> SummaryKey:
        """Which summary of the heads what is shown asks for."""
        shown = replace(self.shown(), measure="weights")
        return SummaryKey(self.explored(), shown, self.tau())

    def summary(self) -> HeadSummary:
        """The summary of all heads: of the pass, or over the units and with the τ chosen.

        Nothing that depends on it runs while it is being made.

        Raises:
            InvalidChoice: no unit is left of the text.
            AttentionAtlasError: it could not be made.
        """
        key = self.summary_key()
        if key.of_the_pass:
            return key.exploration.summary
        if self.size() == 0:
            from attention_atlas.views.weights import NOTHING_LEFT

            raise InvalidChoice(NOTHING_LEFT)
        other = self.other_summary()
        req(other is not None and other[0] == key)
        assert other is not None
        if other[1] is None:
            raise AttentionAtlasError(NOT_SUMMARISED)
        return other[1]

    def size(self) -> int:
        """m, the number of units that the summary is over."""
        from attention_atlas.views.weights import units

        return len(units(self.trace(), self.shown()))

    def first_model(self) -> Model:
        """The model at hand before anything was generated."""
        model = self.model_at_hand()
        req(model is not None and self.exploration() is None)
        assert model is not None
        return model

    def shown(self) -> Shown:
        """Which numbers of a head the Attention tab shows, and over which units of text."""
        from attention_atlas.views.weights import Shown

        asked: dict[str, Any] = _value(self._input, "shown", {})
        keep_special, words = asked.get("special") is not False, asked.get("words") is True
        try:
            return Shown(asked.get("measure", "weights"), keep_special, words)
        except InvalidChoice:  # the address is a person's to write
            return Shown(keep_special=keep_special, words=words)

    def tau(self) -> float:
        """τ, the weight below which sparsity counts a weight as none; one that is offered."""
        tau = _value(self._input, "shown", {}).get("tau", THRESHOLD)
        if tau == THRESHOLD or not isinstance(tau, (int, float)) or not 0 < tau <= 1:
            return THRESHOLD
        from attention_atlas.analysis.sparsity_curve import thresholds

        offered = thresholds(self.size()).tolist()
        return min(offered, key=lambda one: abs(math.log(one / tau)))

    def look(self) -> Look:
        """How the views are looked at; tokens are hidden of the sentence they were chosen in."""
        asked: Any = _value(self._input, "look", {})
        if not isinstance(asked, Mapping):
            return DEFAULT_LOOK
        look = look_of(asked)
        exploration = self.exploration()
        of_this = exploration is not None and asked.get("of") == exploration.key
        return look if of_this else replace(look, hidden=None)

    def in_view(self, output: str) -> bool:
        """Whether the person has come near this picture, and its tab is open."""
        return output in _value(self._input, "seen", ())


def _value(input: Inputs, name: str, default: Any) -> Any:
    return input[name]() if name in input else default


def _within(value: Any, size: int, default: int) -> int:
    return value if type(value) is int and 0 <= value < size else default
