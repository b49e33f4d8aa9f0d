"""What the passes gave, shared by the sessions that asked for the same, as long as there is room.

Who asks for a sentence that is being run joins that pass; who asks for one that another session
shows gets what is there. What no session uses any more is let go of at once. Of what they use,
all together may hold a number of bytes: beyond it the looked-at layers go first, then the results
of the session that was idle longest, which is told.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, fields, is_dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from attention_atlas.app import metering
from attention_atlas.app.exploring import explore
from attention_atlas.app.passes import Passes
from attention_atlas.app.state import Exploration
from attention_atlas.models.model import Model
from attention_atlas.tracing.layer_cache import LayerCache
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.across.layers import kept_of

BYTES_PER_TOKEN = 400
"""What Python needs for a Token, measured; the arrays need far more."""

COUNTS_AFTER_SECONDS = 0.2

Wanted = tuple[Model, str, str | None]


class Progress(NamedTuple):
    """How far a pass is: it waits behind others, or has run layers."""

    place: int | None = None
    """How many passes begin before it; None once it runs."""
    layers: int = 0
    """How many layers have run."""


Report = Callable[[Progress], None]


class Answer(NamedTuple):
    """What one who asked gets."""

    exploration: Exploration
    shared: bool
    """Whether another had asked for it."""


@dataclass(eq=False)
class _Pass:
    """A pass that somebody waits for."""

    task: asyncio.Task[Exploration] = field(init=False)
    cancel: threading.Event = field(default_factory=threading.Event)
    askers: dict[object, tuple[Hashable, Report]] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)

    def report(self, progress: Progress) -> None:
        self.progress = progress
        for _, report in list(self.askers.values()):
            report(progress)


@dataclass(eq=False)
class _Result:
    """What a pass gave, and who uses it."""

    wanted: Wanted
    exploration: Exploration
    nbytes: int
    users: set[Hashable] = field(default_factory=set)
    awaited: set[Hashable] = field(default_factory=set)
    """Those of the users whose page does not show it yet."""


@dataclass(eq=False)
class _Owner:
    """A session that uses results."""

    taken: Callable[[Trace], None]
    seen: float = 0.0
    holds: list[Callable[[], int]] = field(default_factory=list)
    emptied: bool = False
    """Whether what it held was taken away; it lets go of it in a moment."""


class Results:
    """The results of all sessions of a process. For the thread of the event loop."""

    def __init__(self, passes: Passes, max_bytes: int) -> None:
        """Runs in `passes`; nothing is there yet."""
        self._passes = passes
        self._max_bytes = max_bytes
        self.layer_cache = LayerCache(max_bytes, on_change=self._measure_layers)
        """Of the traces of all results."""
        self._running: dict[Wanted, _Pass] = {}
        self._results: dict[Wanted, _Result] = {}
        self._owners: dict[Hashable, _Owner] = {}
        self._bytes = 0
        self._counting: asyncio.TimerHandle | None = None

    @property
    def nbytes(self) -> int:
        """The memory that all results hold, with what was made from them and looked-at layers."""
        return self._bytes + self.layer_cache.nbytes

    def __len__(self) -> int:
        """How many there are."""
        return len(self._results)

    def enter(self, owner: Hashable, taken: Callable[[Trace], None]) -> None:
        """A session begins; `taken` is called when the room of a trace it uses is needed."""
        self._owners[owner] = _Owner(taken, time.monotonic())

    def count(self, owner: Hashable, nbytes: Callable[[], int]) -> None:
        """Counts what `owner` made from its results as well: as many bytes as `nbytes` gives."""
        self._owners[owner].holds.append(nbytes)

    def touch(self, owner: Hashable) -> None:
        """The session does something: it is not idle."""
        if (known := self._owners.get(owner)) is not None:
            known.seen = time.monotonic()

    def leave(self, owner: Hashable) -> None:
        """The session is over."""
        self._owners.pop(owner, None)
        self.settle(owner, None)

    async def ask(
        self, owner: Hashable, model: Model, text: str, pair: str | None, report: Report
    ) -> Answer:
        """The result for a sentence: at once if it is there, else when its pass has ended.

        Whoever gets one uses it until `settle` or `leave`. When the task that waits here is
        cancelled, and nobody else waits for the same, the pass leaves the queue, or stops before
        its next layer.

        Args:
            owner: the session.
            model: which model runs.
            text: the sentence.
            pair: the second one; None for none.
            report: told how far the pass is, whenever that changes.

        Raises:
            AttentionAtlasError: the text cannot be run; told to all who wait for it.
        """
        self.touch(owner)
        wanted = (model, text, pair)
        if (result := self._results.get(wanted)) is not None:
            result.users.add(owner)
            result.awaited.add(owner)
            return Answer(result.exploration, True)
        running = self._running.get(wanted)
        shared = running is not None
        if running is None:
            running = self._begin(wanted, owner)
        asker = object()
        running.askers[asker] = owner, report
        report(running.progress)
        try:
            return Answer(await asyncio.shield(running.task), shared)
        except asyncio.CancelledError:
            if (result := self._results.get(wanted)) is not None:
                self._release(result, owner)
            raise
        finally:
            running.askers.pop(asker, None)
            if not running.askers:
                self._stop(wanted, running)

    def settle(self, owner: Hashable, exploration: Exploration | None) -> None:
        """The session shows this now, and uses nothing else but what it is about to show."""
        trace = None if exploration is None else exploration.trace
        if trace is not None and (known := self._owners.get(owner)) is not None:
            known.emptied = False
        for result in [result for result in self._results.values() if owner in result.users]:
            if result.exploration.trace is trace:
                result.awaited.discard(owner)
            elif trace is None or owner not in result.awaited:
                self._release(result, owner)
        self._fit()

    def grew(self) -> None:
        """Something that is counted has grown: soon it is counted, and room made if need be."""
        if self._counting is None:
            loop = asyncio.get_running_loop()
            self._counting = loop.call_later(COUNTS_AFTER_SECONDS, self._count_again)

    def _count_again(self) -> None:
        self._counting = None
        self._fit()

    def _begin(self, wanted: Wanted, owner: Hashable) -> _Pass:
        running = self._running[wanted] = _Pass()
        running.task = asyncio.create_task(self._run(wanted, running, owner))
        return running

    def _stop(self, wanted: Wanted, running: _Pass) -> None:
        if self._running.get(wanted) is running:
            del self._running[wanted]
        running.cancel.set()
        running.task.cancel()

    async def _run(self, wanted: Wanted, running: _Pass, owner: Hashable) -> Exploration:
        loop = asyncio.get_running_loop()

        def on_layer(layer: int) -> None:
            loop.call_soon_threadsafe(running.report, Progress(layers=layer + 1))

        try:
            exploration = await self._passes.run(
                wanted[0],
                owner,
                "pass",
                partial(explore, *wanted),
                on_layer=on_layer,
                cancel=running.cancel,
                layer_cache=self.layer_cache,
                on_place=lambda place: running.report(Progress(place)),
            )
        finally:
            if self._running.get(wanted) is running:
                del self._running[wanted]
        users = {owner for owner, _ in running.askers.values() if owner in self._owners}
        if users:
            made = _Result(wanted, exploration, bytes_of(exploration), users, set(users))
            self._results[wanted] = made
            self._fit(made)
        return exploration

    def _release(self, result: _Result, owner: Hashable) -> None:
        result.users.discard(owner)
        result.awaited.discard(owner)
        if not result.users:
            self._results.pop(result.wanted, None)

    def _fit(self, newest: _Result | None = None) -> None:
        """Takes results away until there is room, never the newest or one that is on its way."""
        self._count()
        while self._bytes > self._max_bytes:
            idle = [
                result
                for result in self._results.values()
                if result is not newest and not result.awaited
            ]
            # Alone in its room, what a person looks at stays: to take it would help nobody else.
            if not idle or len(self._results) == 1:
                break
            self._take(min(idle, key=self._last_seen))
            self._count()
        self.layer_cache.max_bytes = max(0, self._max_bytes - self._bytes)
        metering.cache_bytes(self.nbytes)

    def _take(self, result: _Result) -> None:
        del self._results[result.wanted]
        for user in result.users:
            owner = self._owners[user]
            owner.emptied = True
            owner.taken(result.exploration.trace)

    def _last_seen(self, result: _Result) -> float:
        return max(self._owners[user].seen for user in result.users)

    def _count(self) -> None:
        results = sum(
            result.nbytes + arrays_in(kept_of(result.exploration.trace))
            for result in self._results.values()
        )
        owners = [owner for owner in self._owners.values() if not owner.emptied]
        made = sum(nbytes() for owner in owners for nbytes in owner.holds)
        self._bytes = results + made

    def _measure_layers(self, _nbytes: int) -> None:
        metering.cache_bytes(self.nbytes)


def bytes_of(exploration: Exploration) -> int:
    """The memory that an exploration holds, without its model and the layers looked at."""
    trace = exploration.trace
    texts = sum(map(sys.getsizeof, (trace.text, trace.pair)))
    tokens = BYTES_PER_TOKEN * len(trace.tokens)
    return trace.nbytes + arrays_in(exploration.summary) + texts + tokens


def arrays_in(thing: object) -> int:
    """The bytes of all arrays in a dataclass, a mapping, a sequence, or several within another."""
    if isinstance(thing, np.ndarray):
        return thing.nbytes
    if isinstance(thing, dict):
        return sum(map(arrays_in, list(thing.values())))  # a thread may add to it meanwhile
    if isinstance(thing, (list, tuple)):
        return sum(map(arrays_in, thing))
    if is_dataclass(thing):
        return sum(arrays_in(getattr(thing, one.name)) for one in fields(thing))
    return 0
