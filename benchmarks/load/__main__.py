"""Puts the application under load, and prints the tables.

python -m benchmarks.load                      everything; half an hour on two cores
python -m benchmarks.load sessions --of 10     one, or some, of the tables
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import statistics
import time
from collections import Counter

from benchmarks.load.people import Figures, Visitor
from benchmarks.load.server import Server, Watched, server
from benchmarks.pages import machine

MB = 1e6


def of(seconds: list[float], share: float) -> float:
    """The value below which this share of them lies."""
    if len(seconds) < 2:
        return seconds[0] if seconds else 0.0
    return statistics.quantiles(seconds, n=100, method="inclusive")[round(100 * share) - 1]


async def visits(at: Server, count: int, think: float, seed: int) -> Figures:
    """So many visitors, who all come within a few seconds."""
    figures = Figures()

    async def one(number: int) -> None:
        chance = random.Random(1000 * seed + number)
        await asyncio.sleep(chance.uniform(0, count / 40))
        await Visitor(at.url, figures, chance, think).visit()

    await asyncio.gather(*(one(number) for number in range(count)))
    return figures


def sessions(counts: list[int], workers: int, think: float) -> None:
    """A table for each number of sessions at once."""
    for count in counts:
        with server(workers) as at:
            asyncio.run(visits(at, 1, 0, seed=0))  # what is loaded on first use
            seen: list[Watched] = []
            begun, busy = time.perf_counter(), _cpu()
            with at.watched(seen):
                figures = asyncio.run(visits(at, count, think, seed=count))
                took = time.perf_counter() - begun
            _print_sessions(count, workers, figures, seen[0], took, _cpu() - busy)


def _cpu() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def _print_sessions(
    count: int, workers: int, figures: Figures, seen: Watched, took: float, busy: float
) -> None:
    print(
        f"\n{count} sessions at once, {workers} worker{'s' * (workers > 1)}: {took:.0f} s, "
        f"{figures.generates} sentences, {figures.bytes / MB:.0f} MB received, "
        f"errors {len(figures.errors)}; the clients took {100 * busy / took:.0f} % of a core"
    )
    _print_steps(figures.seconds, seen)
    _print_errors(figures.errors)


def _print_steps(steps: dict[str, list[float]], seen: Watched) -> None:
    print(f"{'':<18} {'p50 s':>8} {'p95 s':>8} {'max s':>8} {'times':>6}")
    for step, seconds in [*steps.items(), ("/healthz", seen.alive)]:
        print(
            f"{step:<18} {of(seconds, 0.5):>8.3f} {of(seconds, 0.95):>8.3f} "
            f"{max(seconds, default=0):>8.3f} {len(seconds):>6}"
        )
    print(
        f"memory MB: before {seen.before / MB:.0f}, at most {seen.peak / MB:.0f}, "
        f"after all left {seen.after / MB:.0f}",
        flush=True,
    )


def _print_errors(errors: list[str]) -> None:
    for error, times in Counter(errors).most_common(5):
        print(f"  {times} × {error}")


def real_browsers() -> None:
    """A table of ten real browsers at once."""
    from benchmarks.load.browsers import PEOPLE, browsers

    with server() as at:
        browsing, seen = browsers(at)
    print(f"\n{PEOPLE} Chromium pages at once, errors {len(browsing.complaints)}")
    _print_steps(browsing.seconds, seen)
    _print_errors(browsing.complaints)


def growth(generates: int, workers: int) -> None:
    """The memory after each 200 sentences of sessions that come and go."""
    at_once, each = 20, 10
    with server(workers) as at:
        figures = Figures()
        print(f"\n{generates} sentences of sessions that come and go ({at_once} at once)")
        print(f"{'sentences':>9} {'memory MB':>9} {'cache MB':>9} {'s':>6} {'errors':>6}")
        for wave in range(generates // (at_once * each) + 1):
            begun = time.perf_counter()
            if wave:
                asyncio.run(_wave(at, figures, wave, at_once, each))
            memory = at.rest()
            print(
                f"{figures.generates:>9} {memory / MB:>9.0f} "
                f"{at.measured('attention_atlas_cache_bytes') / MB:>9.1f} "
                f"{time.perf_counter() - begun:>6.0f} {len(figures.errors):>6}",
                flush=True,
            )
        _print_errors(figures.errors)


async def _wave(at: Server, figures: Figures, wave: int, at_once: int, each: int) -> None:
    people = (
        Visitor(at.url, figures, random.Random(10_000 * wave + number), 0.05)
        for number in range(at_once)
    )
    await asyncio.gather(*(one.generate(each) for one in people))


def main() -> None:
    """Prints what is asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load")
    parser.add_argument("tables", nargs="*", metavar="TABLE", help="sessions, growth, browsers")
    parser.add_argument("--of", type=int, nargs="+", default=[1, 10, 50, 200], metavar="N")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--think", type=float, default=2.0, help="seconds between two actions")
    parser.add_argument("--sentences", type=int, default=2000, metavar="N")
    asked = parser.parse_args()
    tables = asked.tables or ["sessions", "growth", "browsers"]
    print(machine())
    if "sessions" in tables:
        for workers in asked.workers:
            sessions(asked.of, workers, asked.think)
    if "growth" in tables:
        growth(asked.sentences, 1)
    if "browsers" in tables:
        real_browsers()


if __name__ == "__main__":
    main()
