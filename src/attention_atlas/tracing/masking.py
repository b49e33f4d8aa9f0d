"""A text read again with some of its tokens hidden behind the mask token."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace

from attention_atlas.errors import InvalidChoice, TraceCancelled
from attention_atlas.tracing.predictions import positions_of
from attention_atlas.tracing.trace import Trace, made_of

KEPT = 4
"""How many readings of one text are kept; each is as large as a trace."""


def hide(trace: Trace, positions: Iterable[int], cancel: threading.Event | None = None) -> Trace:
    """The trace of the same tokens with those at `positions` replaced by the mask token.

    One pass. `text` and `pair` stay what was written, and so do the places of the tokens in them.

    Raises:
        InvalidChoice: there is no such position, or the tokenizer has no mask token.
        NeedsModel: the trace was loaded without its model.
        TraceCancelled: `cancel` was set.
    """
    from attention_atlas.tracing.capture import trace_pass

    chosen = set(positions_of(positions, len(trace.tokens)))
    if not chosen:
        return trace
    special = trace.model.special_tokens
    mask, mask_id = special.mask, special.mask_id
    if mask is None or mask_id is None:
        raise InvalidChoice(
            f"The tokenizer of {trace.model.name} has no mask token, so no token can be hidden. "
            "Use the trace as it is."
        )
    trace.model.require("A text with words hidden")
    tokens = tuple(
        replace(token, text=mask, id=mask_id, special=True, unknown=False)
        if token.index in chosen
        else token
        for token in trace.tokens
    )
    heard = trace_pass(trace.model, tokens, cancel=cancel)
    return replace(trace, tokens=tokens, **made_of(trace.model, heard, trace.layers.shared_cache))


class HiddenTraces:
    """The readings of one text with some tokens hidden; the recent ones are kept.

    Safe to use from several threads: those who want the same reading share one pass, and a pass
    that nobody wants any more is stopped.
    """

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._trace: Trace | None = None
        self._wanted: frozenset[int] = frozenset()
        self._cancel = threading.Event()
        self._kept: OrderedDict[frozenset[int], Trace] = OrderedDict()
        self._lock = threading.Lock()
        # Apart from the lock above, so that nobody who only asks waits for a pass.
        self._running = threading.Lock()

    @property
    def nbytes(self) -> int:
        """The memory that the readings hold, without their looked-at layers."""
        with self._lock:
            return sum(trace.nbytes for trace in self._kept.values())

    def kept(self, trace: Trace, hidden: frozenset[int]) -> Trace | None:
        """What `read` gives without a pass; None if it takes one."""
        if not hidden:
            return trace
        with self._lock:
            return self._kept.get(hidden) if trace is self._trace else None

    def clear(self) -> None:
        """Lets go of the text and of all its readings; a pass for one of them is stopped."""
        with self._lock:
            self._kept.clear()
            self._trace, self._wanted = None, frozenset()
            self._cancel.set()
            self._cancel = threading.Event()

    def want(self, trace: Trace, hidden: frozenset[int]) -> None:
        """Says what will be read next; a pass for anything else is stopped."""
        with self._lock:
            if trace is self._trace and hidden == self._wanted:
                return
            if trace is not self._trace:
                self._kept.clear()
            self._trace, self._wanted = trace, hidden
            self._cancel.set()
            self._cancel = threading.Event()

    def read(self, trace: Trace, hidden: frozenset[int]) -> Trace:
        """`trace` with the tokens at the positions `hidden` hidden.

        Raises:
            TraceCancelled: something else is wanted by now.
            InvalidChoice: as `hide`.
        """
        if not hidden:
            return trace
        with self._running:
            with self._lock:
                if trace is not self._trace:
                    raise TraceCancelled("Another text is looked at by now.")
                if (found := self._kept.get(hidden)) is not None:
                    self._kept.move_to_end(hidden)
                    return found
                if hidden != self._wanted:
                    raise TraceCancelled("Other tokens are hidden by now.")
                cancel = self._cancel
            made = hide(trace, hidden, cancel)
            with self._lock:
                if trace is self._trace:
                    self._kept[hidden] = made
                    while len(self._kept) > KEPT:
                        self._kept.popitem(last=False)
        return made
