"""The queue is fair, whatever is asked of it, in whatever order."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_atlas.app.fair_queue import FairQueue
from people import completed, until

OWNERS = "ABC"
Step = tuple[Literal["ask"], str] | tuple[Literal["leave", "end"], int]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from(OWNERS)),
        st.tuples(st.just("leave"), st.integers(0, 20)),
        st.tuples(st.just("end"), st.integers(0, 20)),
    ),
    max_size=40,
)


@dataclass(eq=False)
class Work:
    """A work that runs until it is told to end."""

    owner: str
    number: int
    log: list[tuple[str, Work]] = field(repr=False)
    places: list[int] = field(default_factory=list)
    may_end: threading.Event = field(default_factory=threading.Event)
    task: asyncio.Task[int] = field(init=False)

    def run(self) -> int:
        self.log.append(("begins", self))
        self.may_end.wait()
        self.log.append(("ends", self))
        return self.number


class Bench:
    """A queue, and all that happened to it."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.lengths: list[int] = []
        self.queue = FairQueue(workers, on_length=self.lengths.append)
        self.log: list[tuple[str, Work]] = []
        self.works: list[Work] = []

    def of(self, what: str) -> list[Work]:
        return [work for kind, work in self.log if kind == what]

    def waiting(self) -> list[Work]:
        gone = {*self.of("begins"), *self.of("leaves")}
        return [work for work in self.works if work not in gone]

    def running(self) -> list[Work]:
        ended = self.of("ends")
        return [work for work in self.of("begins") if work not in ended]

    async def settled(self) -> None:
        """As many run as can."""
        await until(
            lambda: (
                self.queue.running == len(self.running())
                and (not self.queue.length or self.queue.running == self.workers)
                and self.queue.length == len(self.waiting())
            )
        )

    async def ask(self, owner: str) -> Work:
        work = Work(owner, len(self.works), self.log)
        self.works.append(work)
        self.log.append(("asks", work))
        work.task = asyncio.create_task(
            self.queue.run(owner, work.run, on_place=work.places.append)
        )
        await asyncio.sleep(0)
        await self.settled()
        return work

    async def leave(self, work: Work) -> None:
        self.log.append(("leaves", work))
        work.task.cancel()
        await asyncio.wait([work.task])
        await self.settled()

    async def end(self, work: Work) -> None:
        work.may_end.set()
        await asyncio.wait([work.task])
        await self.settled()

    async def all_end(self) -> None:
        while running := self.running():
            await self.end(running[0])
        self.queue.close()


async def happened(workers: int, steps: list[Step]) -> Bench:
    bench = Bench(workers)
    for kind, what in steps:
        if kind == "ask":
            await bench.ask(str(what))
        elif kind == "leave" and (waiting := bench.waiting()):
            await bench.leave(waiting[int(what) % len(waiting)])
        elif kind == "end" and (running := bench.running()):
            await bench.end(running[int(what) % len(running)])
    await bench.all_end()
    return bench


@settings(max_examples=60)
@given(st.integers(1, 3), STEPS)
def test_everything_runs_once_or_has_left_and_never_too_much_at_once(
    workers: int, steps: list[Step]
):
    bench = completed(happened(workers, steps))
    runs = Counter(bench.of("begins"))
    runs.update(bench.of("leaves"))
    assert runs == Counter(bench.works)
    for work in bench.of("ends"):
        assert work.task.result() == work.number
    at_once = most = 0
    for kind, _ in bench.log:
        at_once += {"begins": 1, "ends": -1}.get(kind, 0)
        most = max(most, at_once)
    assert most <= workers
    assert not bench.lengths or bench.lengths[-1] == 0


@settings(max_examples=60)
@given(st.integers(1, 3), STEPS)
def test_nobody_who_waits_is_passed_twice_by_the_same_owner(workers: int, steps: list[Step]):
    log = completed(happened(workers, steps)).log
    for at, (kind, work) in enumerate(log):
        if kind != "asks":
            continue
        # Counted from where the owner's work before it begins: then it is the next of its owner.
        passed: Counter[str] = Counter()
        for kind, other in log[at + 1 :]:
            if other is work:
                break
            if kind == "begins" and other.owner == work.owner:
                passed.clear()
            elif kind == "begins":
                passed[other.owner] += 1
            assert max(passed.values(), default=0) <= 1, (work, passed)


@settings(max_examples=60)
@given(STEPS)
def test_each_owner_is_served_in_the_order_of_asking(steps: list[Step]):
    bench = completed(happened(1, steps))
    for owner in OWNERS:
        begun = [work.number for work in bench.of("begins") if work.owner == owner]
        assert begun == sorted(begun)


@settings(max_examples=60)
@given(st.lists(st.sampled_from(OWNERS), max_size=12))
def test_the_place_that_is_told_is_how_many_begin_before(owners: list[str]):
    """Nobody comes or leaves any more: what was told last comes true."""

    async def run() -> tuple[Bench, dict[Work, int]]:
        bench = Bench(1)
        for owner in owners:
            await bench.ask(owner)
        told = {work: work.places[-1] for work in bench.waiting()}
        await bench.all_end()
        return bench, told

    bench, told = completed(run())
    order = bench.of("begins")[1:]
    assert told == {work: place for place, work in enumerate(order)}
    for work in order:
        assert work.places[work.places.index(told[work]) :] == list(range(told[work], -1, -1))


def test_who_leaves_makes_room_at_once_and_never_runs():
    async def run() -> None:
        bench = Bench(1)
        first, second, third = [await bench.ask(owner) for owner in "ABC"]
        assert (second.places, third.places) == ([0], [1])
        await bench.leave(second)
        assert third.places == [1, 0]
        await bench.end(first)
        assert bench.running() == [third]
        await bench.all_end()
        assert bench.of("begins") == [first, third]

    completed(run())


def test_who_leaves_while_it_runs_keeps_the_worker_until_it_has_ended():
    async def run() -> None:
        bench = Bench(1)
        first, second = await bench.ask("A"), await bench.ask("B")
        first.task.cancel()
        await asyncio.wait([first.task])
        assert bench.running() == [first]
        first.may_end.set()
        await until(lambda: bench.running() == [second])
        await bench.all_end()

    completed(run())


@pytest.mark.parametrize("error", [ValueError("x"), StopIteration()], ids=repr)
def test_a_work_that_raises_tells_who_waits_and_holds_up_nobody(error: Exception):
    def fail() -> None:
        raise error

    async def run() -> None:
        queue = FairQueue(1)
        failed = asyncio.gather(queue.run("A", fail), return_exceptions=True)
        assert await queue.run("B", lambda: 7) == 7
        (raised,) = await failed
        # A coroutine cannot raise StopIteration itself.
        assert isinstance(raised, BaseException)
        assert raised is error or raised.__cause__ is error
        assert (queue.running, queue.length) == (0, 0)

    completed(run())


def test_a_closed_queue_takes_nothing():
    async def run() -> None:
        queue = FairQueue(1)
        queue.close()
        with pytest.raises(RuntimeError):
            await queue.run("A", lambda: 1)

    completed(run())
