"""What an operator can measure of the application, for Prometheus. Never what a person wrote."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, get_args

from prometheus_client import Counter, Gauge, Histogram

Stage = Literal["queue", "pass", "in_turn", "picture", "summary", "figure", "file"]
Outcome = Literal["done", "shared", "stopped", "refused", "failed"]
Refusal = Literal["rate", "length", "sessions", "origin", "host", "model", "memory", "draining"]

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

_seconds = Histogram(
    "attention_atlas_stage_seconds",
    "Seconds that a stage of the work took.",
    ["stage"],
    buckets=_BUCKETS,
)
_generates = Counter("attention_atlas_generates", "Sentences that were asked for.", ["outcome"])
_refusals = Counter("attention_atlas_refusals", "What was refused, by reason.", ["reason"])
_sessions = Gauge(
    "attention_atlas_sessions", "Pages that are connected.", multiprocess_mode="livesum"
)
_waiting = Gauge("attention_atlas_queue_length", "Passes that wait.", multiprocess_mode="livesum")
_cache = Gauge(
    "attention_atlas_cache_bytes",
    "Bytes that results and looked-at layers hold.",
    multiprocess_mode="livesum",
)


def begin() -> None:
    """Counts everything from nought on, so that what has not happened yet is told as such."""
    for name in get_args(Stage):
        _seconds.labels(name)
    for outcome in get_args(Outcome):
        _generates.labels(outcome)
    for reason in get_args(Refusal):
        _refusals.labels(reason)


@contextmanager
def stage(name: Stage) -> Iterator[None]:
    """Measures what happens within."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        took(name, time.perf_counter() - begun)


def took(name: Stage, seconds: float) -> None:
    """A stage took this long."""
    _seconds.labels(name).observe(seconds)


def generated(outcome: Outcome) -> None:
    """A sentence that was asked for has met its end."""
    _generates.labels(outcome).inc()


def refused(reason: Refusal) -> None:
    """Something was refused."""
    _refusals.labels(reason).inc()


def session_began() -> None:
    """A page has connected."""
    _sessions.inc()


def session_ended() -> None:
    """A page is gone."""
    _sessions.dec()


def queue_length(passes: int) -> None:
    """So many passes wait now."""
    _waiting.set(passes)


def cache_bytes(size: int) -> None:
    """The caches hold so much now."""
    _cache.set(size)
