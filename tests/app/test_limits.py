"""Floods: what one page, and one network address, may ask for within a minute."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shiny import Session

from attention_atlas.app.limits import MOST_KEYS, Limits, TokenBuckets, network_of
from attention_atlas.app.settings import Settings
from attention_atlas.errors import TooLong, TooManyRequests
from people import Clock, Page


def admit(limits: Limits, visitor: Page, text: str = "a dog", pair: str | None = None) -> None:
    limits.admit(cast(Session, visitor), text, pair)


def test_a_flood_of_one_page_is_told_when_to_come_again() -> None:
    clock = Clock()
    limits = Limits(Settings(generates_per_minute=3), clock)
    for _ in range(3):
        admit(limits, Page())
    with pytest.raises(TooManyRequests) as refused:
        admit(limits, Page())
    assert str(refused.value) == (
        "This page may run 3 sentences a minute. Try again in 20 seconds."
    )
    admit(limits, Page("b"))  # nobody else waits for that
    clock.now += 19
    with pytest.raises(TooManyRequests, match="Try again in 1 second\\."):
        admit(limits, Page())
    clock.now += 1
    admit(limits, Page())


def test_who_opens_many_pages_is_one_address() -> None:
    limits = Limits(Settings(generates_per_minute_per_address=1_000), Clock())
    for number in range(1_000):
        admit(limits, Page(str(number)))
    with pytest.raises(TooManyRequests) as refused:
        admit(limits, Page("more"))
    assert str(refused.value) == (
        "Those at your network address may run 1,000 sentences a minute together, and have. "
        "Try again in 1 second."
    )
    admit(limits, Page("elsewhere", "10.0.0.2"))


def test_who_has_a_network_of_ipv6_addresses_has_one() -> None:
    limits = Limits(Settings(generates_per_minute_per_address=1), Clock())
    admit(limits, Page("a", "2001:db8::1"))
    with pytest.raises(TooManyRequests):
        admit(limits, Page("b", "2001:db8::ffff:1"))
    admit(limits, Page("c", "2001:db8:0:1::1"))


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_what_counts_as_one_address(host: str, network: str) -> None:
    assert network_of(host) == network


def test_a_refused_sentence_costs_nobody_anything() -> None:
    clock = Clock()
    limits = Limits(Settings(generates_per_minute=1, generates_per_minute_per_address=2), clock)
    admit(limits, Page("a"))
    for _ in range(50):
        with pytest.raises(TooManyRequests):
            admit(limits, Page("a"))
    admit(limits, Page("b"))
    with pytest.raises(TooManyRequests, match="network address"):
        admit(limits, Page("c"))
    clock.now += 30
    admit(limits, Page("c"))  # what the address refused was not counted of the page


def test_a_visitor_without_an_address_is_counted_as_well() -> None:
    limits = Limits(Settings(generates_per_minute_per_address=1), Clock())
    admit(limits, Page("a", None))
    with pytest.raises(TooManyRequests):
        admit(limits, Page("b", None))


def test_who_opens_page_after_page_is_slowed_down() -> None:
    clock = Clock()
    limits = Limits(Settings(generates_per_minute_per_address=2), clock)
    for _ in range(2):
        assert limits.enter("10.0.0.1")
        limits.leave()
    assert not limits.enter("10.0.0.1")
    assert limits.enter("10.0.0.2")
    clock.now += 30
    assert limits.enter("10.0.0.1")
    assert limits.sessions == 2


def test_one_s_own_machine_has_no_limit() -> None:
    limits = Limits(Settings())
    for _ in range(2_000):
        admit(limits, Page())


@pytest.mark.parametrize(
    ("text", "pair", "said"),
    [
        (
            "a" * 1_000_000,
            "",
            "The sentence has 1,000,000 characters, and at most 20,000 are read here. Shorten it; "
            "a model reads some hundred words at once anyway.",
        ),
        ("a", "\u200d" * 20_001, "The second sentence has 20,001 characters"),
    ],
)
def test_a_long_text_is_refused_before_it_is_cut(text: str, pair: str, said: str) -> None:
    limits = Limits(Settings(max_characters=20_000, generates_per_minute=1), Clock())
    with pytest.raises(TooLong) as refused:
        admit(limits, Page(), text, pair)
    assert str(refused.value).startswith(said)
    admit(limits, Page(), "a" * 20_000, None)


def test_a_million_addresses_fill_no_memory() -> None:
    clock = Clock()
    buckets = TokenBuckets(60, clock)
    for number in range(3 * MOST_KEYS):
        buckets.take(str(number))
    assert len(buckets) <= MOST_KEYS
    clock.now += 3_600
    for number in range(10):
        buckets.take(f"later {number}")
    assert len(buckets) == 10


@given(
    st.integers(1, 200),
    st.lists(st.floats(0, 100, allow_nan=False), max_size=200),
)
def test_within_no_minute_more_is_let_through_than_twice_the_rate(
    rate: int, pauses: list[float]
) -> None:
    clock = Clock()
    buckets = TokenBuckets(rate, clock)
    taken: list[float] = []
    for pause in pauses:
        clock.now += pause
        wait = buckets.wait("a")
        assert 0 <= wait <= 60 / rate + 1e-6
        clock.now += wait
        assert buckets.wait("a") == 0
        buckets.take("a")
        taken.append(clock.now)
    for begin in taken:
        within = sum(begin <= one < begin + 60 for one in taken)
        assert within <= 2 * rate
