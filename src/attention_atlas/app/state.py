"""What the person has chosen, and what was computed for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shiny import Inputs, reactive, req

if TYPE_CHECKING:
    from attention_atlas.analysis.heads import HeadSummary
    from attention_atlas.models.model import Model
    from attention_atlas.tracing.trace import Trace


@dataclass(frozen=True, eq=False)
class Exploration:
    """One generated sentence: its trace, and the summary of all heads made during the pass."""

    trace: Trace
    summary: HeadSummary


class State:
    """The reactive values that the sections read. One per session.

    Layers, heads and tokens count from 0 here, as in Python; the page shows them from 1.
    """

    def __init__(self, input: Inputs) -> None:
        """Reads the choices that the page reports in `input`."""
        self._input = input
        self.exploration: reactive.Value[Exploration | None] = reactive.Value(None)
        self.bare_summary: reactive.Value[tuple[Exploration, HeadSummary] | None]
        self.bare_summary = reactive.Value(None)
        self.model_at_hand: reactive.Value[Model | None] = reactive.Value(None)

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
            token = selection()[2]
            return token if token >= 0 else first_word(self.trace())

        self.token = token

    def explored(self) -> Exploration:
        """The exploration; nothing that depends on it runs before there is one."""
        exploration = self.exploration()
        req(exploration is not None)
        assert exploration is not None
        return exploration

    def trace(self) -> Trace:
        """The trace of the exploration."""
        return self.explored().trace

    def summary(self) -> HeadSummary:
        """The summary of all heads, with or without the special tokens, as chosen."""
        exploration = self.explored()
        if self.keeps_special():
            return exploration.summary
        bare = self.bare_summary()
        req(bare is not None and bare[0] is exploration)
        assert bare is not None
        return bare[1]

    def size(self) -> int:
        """n, the number of tokens that the summary is over."""
        from attention_atlas.views.weights import words

        trace = self.trace()
        return len(trace.tokens) if self.keeps_special() else int(words(trace).sum())

    def first_model(self) -> Model:
        """The model at hand before anything was generated."""
        model = self.model_at_hand()
        req(model is not None and self.exploration() is None)
        assert model is not None
        return model

    def keeps_special(self) -> bool:
        """Whether [CLS] and [SEP] take part in the Attention tab."""
        return not _value(self._input, "leave_out_special", False)

    def option(self, name: str, default: Any) -> Any:
        """A choice made inside a section, such as "all tokens"."""
        return _value(self._input, name, default)

    def in_view(self, output: str) -> bool:
        """Whether the person has come near this picture, and its tab is open."""
        return output in _value(self._input, "seen", ())


def first_word(trace: Trace) -> int:
    """The index of the first token that is not special; 0 if all are."""
    return next((token.index for token in trace.tokens if not token.special), 0)


def _value(input: Inputs, name: str, default: Any) -> Any:
    return input[name]() if name in input else default


def _within(value: Any, size: int, default: int) -> int:
    return value if isinstance(value, int) and 0 <= value < size else default
