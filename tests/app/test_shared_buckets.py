"""Limits of an address that several workers count together."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shiny import Session
from websockets.exceptions import ConnectionClosed

from attention_atlas.app import shared_buckets
from attention_atlas.app.limits import Limits, TokenBuckets
from attention_atlas.app.private_folder import PrivateFolder
from attention_atlas.app.settings import Settings
from attention_atlas.app.shared_buckets import SharedBuckets
from attention_atlas.errors import TooManyRequests
from people import Clock, Page
from served import Served, Visitor

SETTINGS = Settings(generates_per_minute_per_address=4, generates_per_minute=3, workers=2)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "buckets.sqlite"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pair(file: Path, clock: Clock) -> Iterator[tuple[SharedBuckets, SharedBuckets]]:
    """The buckets as two workers see them."""
    both = SharedBuckets(2, lambda: file, clock), SharedBuckets(2, lambda: file, clock)
    yield both
    for one in both:
        one.close()


@given(
    rate=st.integers(1, 90),
    moves=st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 100), st.booleans())),
)
def test_they_count_as_those_in_memory_do(
    tmp_path_factory: pytest.TempPathFactory, rate: int, moves: list[tuple[str, float, bool]]
) -> None:
    clock = Clock()
    file = tmp_path_factory.mktemp("buckets") / "of.sqlite"
    buckets, expected = SharedBuckets(rate, lambda: file, clock), TokenBuckets(rate, clock)
    for key, pause, takes in moves:
        clock.now += pause
        assert buckets.wait(key) == expected.wait(key)
        if takes:
            buckets.take(key)
            expected.take(key)
            assert len(buckets) <= len(expected)  # those in memory are forgotten a little later
    buckets.close()


def test_what_one_took_the_other_misses(
    pair: tuple[SharedBuckets, SharedBuckets], clock: Clock
) -> None:
    first, second = pair
    first.take("a")
    second.take("a")
    assert first.wait("a") == second.wait("a") == 30
    assert second.wait("b") == 0
    clock.now += 30
    assert first.wait("a") == 0


def test_those_that_are_quiet_the_longest_are_forgotten(
    pair: tuple[SharedBuckets, SharedBuckets], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_buckets, "MOST_KEYS", 3)
    for number, key in enumerate("abcad"):
        clock.now += 1
        pair[number % 2].take(key)
    assert len(pair[0]) == 3
    assert [pair[1].wait(key) > 0 for key in "abcd"] == [True, False, False, False]
    clock.now += 3_600
    pair[0].take("e")
    assert len(pair[1]) == 1


@pytest.mark.parametrize("fault", ["no folder", "a folder", "no database", "broken later"])
def test_where_the_file_fails_each_worker_counts_for_itself(
    file: Path, clock: Clock, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    buckets = SharedBuckets(2, lambda: file, clock)
    if fault == "no folder":
        buckets = SharedBuckets(2, lambda: file / "in" / "none", clock)
    elif fault == "a folder":
        file.mkdir()
    elif fault == "no database":
        file.write_bytes(b"no database at all" * 1_000)
    else:
        buckets.take("b")
        other = sqlite3.connect(file)
        other.execute("DROP TABLE buckets")
        other.close()
    for _ in range(2):
        assert buckets.wait("a") == 0
        buckets.take("a")
    assert buckets.wait("a") == 30
    assert len(buckets) == 1
    assert len(caplog.records) == 1
    buckets.close()


def test_a_worker_that_holds_the_file_does_not_hold_the_others(
    file: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_buckets, "LOCK_SECONDS", 0.01)
    buckets = SharedBuckets(2, lambda: file, clock)
    buckets.take("a")
    with sqlite3.connect(file) as holding:
        holding.execute("BEGIN EXCLUSIVE")
        buckets.take("a")
        buckets.take("a")
        assert buckets.wait("a") == 30
    holding.close()
    assert buckets.wait("a") == 30
    buckets.close()


def test_the_sentences_of_an_address_are_counted_together_and_a_page_s_by_itself(
    tmp_path: Path, clock: Clock
) -> None:
    workers = [Limits(SETTINGS, clock, PrivateFolder(tmp_path)) for _ in range(2)]
    for number in range(4):
        workers[number % 2].admit(cast(Session, Page(f"{number % 2}")), "a dog", None)
    for limits in workers:
        with pytest.raises(TooManyRequests, match="network address"):
            limits.admit(cast(Session, Page("another")), "a dog", None)
        limits.admit(cast(Session, Page("elsewhere", "10.0.0.2")), "a dog", None)
    for limits in workers:
        limits.close()


def test_a_server_of_two_workers_takes_as_many_pages_as_it_says(
    tmp_path: Path,
) -> None:
    rate = 10
    served = Served(
        tmp_path, "--model", "embedded", "--workers", "2", "--rate-per-address", str(rate)
    )
    try:
        served.wait_until_ready()
        begun, came, code = time.monotonic(), 0, None
        with ExitStack() as pages:
            while code is None and came < 3 * rate:
                try:
                    pages.enter_context(Visitor(served))
                except ConnectionClosed as refused:
                    code = refused.rcvd and refused.rcvd.code
                else:
                    came += 1
        flowed = (time.monotonic() - begun) * rate / 60
    finally:
        served.end()
    assert code == 1013
    assert rate <= came <= rate + flowed
