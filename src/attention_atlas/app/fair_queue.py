"""A queue that is fair to those who wait: each owner in turn, first come first served for each."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from attention_atlas.errors import AttentionAtlasError

R = TypeVar("R")
Outcome = tuple[Any, BaseException | None]


@dataclass(eq=False)
class _Waiting:
    """A work whose turn has not come."""

    work: Callable[[], Any]
    done: asyncio.Future[Outcome]
    on_place: Callable[[int], None] | None
    place: int | None = None


class FairQueue:
    """Runs work in threads, never more of it at once than there are workers.

    The owners take turns, however much one of them asks for: between two works of an owner who
    waits, each other owner has at most one. All methods belong to the thread of the event loop.
    """

    def __init__(
        self,
        workers: int,
        *,
        name: str = "atlas",
        on_length: Callable[[int], None] | None = None,
    ) -> None:
        """`name` is what the threads are called; `on_length` is told how many works wait."""
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._on_length = on_length
        self._turns: OrderedDict[Hashable, deque[_Waiting]] = OrderedDict()
        self._running = 0
        self._told_length = 0

    @property
    def running(self) -> int:
        """How many works run."""
        return self._running

    @property
    def length(self) -> int:
        """How many works wait."""
        return sum(map(len, self._turns.values()))

    async def run(
        self,
        owner: Hashable,
        work: Callable[..., R],
        *args: Any,
        on_place: Callable[[int], None] | None = None,
        **kwargs: Any,
    ) -> R:
        """Waits for a turn of `owner`, runs `work(*args, **kwargs)` in a thread, gives its result.

        A task that is cancelled while it waits here leaves the queue at once. Work that runs
        already is not interrupted, and keeps its place among the workers until it has ended.

        Args:
            owner: who asks.
            work: what is to be done.
            *args: for `work`.
            on_place: called with the number of waiting works that will begin before this one, at
                once if it has to wait and whenever that number changes.
            **kwargs: for `work`.

        Raises:
            RuntimeError: the queue was closed.
            Exception: whatever `work` raises.
        """
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(partial(work, *args, **kwargs), done, on_place)
        self._turns.setdefault(owner, deque()).append(waiting)
        self._advance()
        try:
            result, error = await done
        finally:
            self._leave(owner, waiting)
            del done, waiting, work, args, kwargs  # an error holds this frame
        if error is not None:
            try:
                raise error
            finally:
                del error  # it holds this frame
        return result

    def close(self) -> None:
        """Takes no more work; what runs may end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _advance(self) -> None:
        while self._turns and self._running < self._workers:
            owner, works = self._turns.popitem(last=False)
            waiting = works.popleft()
            if works:
                self._turns[owner] = works
            self._start(waiting)
        self._tell()

    def _start(self, waiting: _Waiting) -> None:
        try:
            ended = asyncio.get_running_loop().run_in_executor(self._pool, _outcome, waiting.work)
        except RuntimeError as error:  # closed
            if not waiting.done.done():
                waiting.done.set_result((None, error))
            return
        self._running += 1
        ended.add_done_callback(partial(self._ended, waiting.done))

    def _ended(self, done: asyncio.Future[Outcome], ended: asyncio.Future[Outcome]) -> None:
        self._running -= 1
        if ended.cancelled():
            done.cancel()
        elif not done.done():  # else nobody waits for it any more
            done.set_result(ended.result())
        self._advance()

    def _leave(self, owner: Hashable, waiting: _Waiting) -> None:
        works = self._turns.get(owner)
        if works is None or waiting not in works:
            return
        works.remove(waiting)
        if not works:
            del self._turns[owner]
        self._tell()

    def _tell(self) -> None:
        length = 0
        for length, waiting in enumerate(self._in_order(), start=1):
            if waiting.on_place is not None and waiting.place != length - 1:
                waiting.place = length - 1
                waiting.on_place(length - 1)
        if self._on_length is not None and length != self._told_length:
            self._told_length = length
            self._on_length(length)

    def _in_order(self) -> Iterator[_Waiting]:
        """Those who wait as they will begin, if nobody comes or leaves."""
        left = [list(works) for works in self._turns.values()]
        nth = 0
        while left:
            yield from (works[nth] for works in left)
            nth += 1
            left = [works for works in left if len(works) > nth]


def _outcome(work: Callable[[], Any]) -> Outcome:
    # Not through the future: it cannot hold a StopIteration, and the queue would wait forever.
    try:
        return work(), None
    except AttentionAtlasError as error:
        # What it says is all there is to it. Its frames would hold what was worked on, in a cycle
        # that only the garbage collector finds, and it does not look while nobody is there.
        error.__context__ = None
        return None, error.with_traceback(None)
    except BaseException as error:
        return None, error
