"""How much one page, and one network address, may ask for. Bounded in memory, gone with time."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from shiny import Session

from attention_atlas.app import metering
from attention_atlas.app.private_folder import PrivateFolder
from attention_atlas.app.settings import Settings
from attention_atlas.errors import TooLong, TooManyRequests

if TYPE_CHECKING:
    from shiny.session._session import AppSession

MINUTE = 60.0
MOST_KEYS = 20_000
"""So many pages or addresses are remembered at most: the longest quiet is forgotten first."""
ROUNDING = 1e-6
SMALLEST_NETWORK = 64
"""Of an IPv6 address, the bits that are a network's: the rest is a visitor's own to choose."""


class TokenBuckets:
    """A bucket for each key: full at first, one token a request, full again within a minute."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`per_minute` is what a bucket holds, and what flows into it within a minute."""
        self._each = MINUTE / per_minute
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()  # the longest untouched first

    def __len__(self) -> int:
        """How many are remembered: those that may not be full."""
        return len(self._full_at)

    def wait(self, key: str) -> float:
        """Seconds until there is a token; 0 if there is one now."""
        missing = max(0.0, self._when_full(key) - self._clock())  # as seconds of flow
        left = missing + self._each - MINUTE
        return left if left > ROUNDING else 0.0

    def take(self, key: str) -> None:
        """Takes a token; who has waited as long as `wait` says finds one."""
        self._take(key, self._clock())

    def close(self) -> None:
        """Lets go of what it counts in."""

    def _when_full(self, key: str) -> float:
        return self._full_at.get(key, 0.0)

    def _take(self, key: str, now: float) -> None:
        self._full_at[key] = max(self._full_at.get(key, now), now) + self._each
        self._full_at.move_to_end(key)
        while self._full_at:
            oldest, full_at = next(iter(self._full_at.items()))
            if full_at > now and len(self._full_at) <= MOST_KEYS:
                break
            del self._full_at[oldest]


class Limits:
    """What the settings allow; one per process.

    What one network address may ask for is counted by all workers together, in a file; a page
    belongs to one worker.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
        folder: PrivateFolder | None = None,
    ) -> None:
        """Counts from now on; workers that are lent the same `folder` count addresses together."""
        self._settings = settings
        self._sessions = _buckets(settings.generates_per_minute, clock)
        shared = folder if settings.workers > 1 else None
        most = settings.generates_per_minute_per_address
        self._addresses = _buckets(most, clock, shared, "sentences")
        self._arrivals = _buckets(most, clock, shared, "arrivals")
        self._open = 0

    @property
    def sessions(self) -> int:
        """How many pages are connected."""
        return self._open

    def enter(self, host: str = "") -> bool:
        """Counts a page in, unless there are as many as the settings allow.

        Nor do pages of one address come in faster than sentences may be run from there: to open
        one is work as well.
        """
        most = self._settings.max_sessions
        network = network_of(host)
        full = most is not None and self._open >= most
        if full or (self._arrivals is not None and self._arrivals.wait(network) > 0):
            metering.refused("sessions")
            return False
        if self._arrivals is not None:
            self._arrivals.take(network)
        self._open += 1
        return True

    def leave(self) -> None:
        """Counts a page out that was counted in."""
        self._open -= 1

    def admit(self, session: Session, text: str, pair: str | None) -> None:
        """Lets a sentence be run, and counts it; nothing is counted of one that is refused.

        Raises:
            TooLong: one of the two has more characters than the settings allow.
            TooManyRequests: the page, or its address, has run as many as it may for now.
        """
        self._measure(text, "The sentence")
        self._measure(pair or "", "The second sentence")
        asked = [(self._sessions, session.id), (self._addresses, _address(session))]
        for buckets, key in asked:
            if buckets is not None and (seconds := buckets.wait(key)) > 0:
                metering.refused("rate")
                raise TooManyRequests(self._too_many(buckets, seconds))
        for buckets, key in asked:
            if buckets is not None:
                buckets.take(key)

    def close(self) -> None:
        """Counts no more."""
        for buckets in (self._sessions, self._addresses, self._arrivals):
            if buckets is not None:
                buckets.close()

    def _measure(self, text: str, what: str) -> None:
        most = self._settings.max_characters
        if len(text) > most:
            metering.refused("length")
            raise TooLong(
                f"{what} has {len(text):,} characters, and at most {most:,} are read here. "
                "Shorten it; a model reads some hundred words at once anyway."
            )

    def _too_many(self, buckets: TokenBuckets, seconds: float) -> str:
        wait = math.ceil(seconds)
        again = f"Try again in {wait} second{'' if wait == 1 else 's'}."
        if buckets is self._sessions:
            most = self._settings.generates_per_minute
            return f"This page may run {most} sentence{'' if most == 1 else 's'} a minute. {again}"
        most = self._settings.generates_per_minute_per_address
        return (
            f"Those at your network address may run {most:,} sentences a minute together, and "
            f"have. {again}"
        )


def _buckets(
    per_minute: int | None,
    clock: Callable[[], float],
    shared: PrivateFolder | None = None,
    name: str = "",
) -> TokenBuckets | None:
    if per_minute is None:
        return None
    if shared is None:
        return TokenBuckets(per_minute, clock)
    from attention_atlas.app.shared_buckets import SharedBuckets

    return SharedBuckets(per_minute, lambda: shared.path("limits") / f"{name}.sqlite", clock)


def _address(session: Session) -> str:
    client = cast("AppSession", session).http_conn.client
    return network_of("" if client is None else client.host)


def network_of(host: str) -> str:
    """What is counted as one address: an IPv4 address, or the network of an IPv6 address."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:  # a socket in the file system has no address
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, SMALLEST_NETWORK), strict=False))
    return str(address)
