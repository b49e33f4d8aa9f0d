"""How the application is run: for one person on their own machine, or on a server for many."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from attention_atlas.models.catalog import DEFAULT_MODEL

MIB = 2**20
LONGEST_CHARACTER = 6
"""Bytes of a character as JSON may write it."""


@dataclass(frozen=True)
class Settings:
    """What whoever starts the application decides; the same for all its sessions.

    The defaults are those of one person's own machine. `attention-atlas serve` gives those of a
    server, where a visitor is a stranger.
    """

    model: str = DEFAULT_MODEL
    """The model that the page opens on: a name that `load_model` takes, or one of `offered`."""
    server: bool = False
    """Whether strangers visit: no folder and no hub id is opened because the page asks for it."""
    offered: Mapping[str, str] = field(default_factory=dict)
    """On a server, the models that a visitor may choose: shown name -> what `load_model` takes."""
    hosts: tuple[str, ...] = ()
    """Names that the application is reached by, beside those of this machine's loopback."""
    origins: tuple[str, ...] = ()
    """Other origins whose pages may connect: "https://atlas.example.edu"."""
    frame_ancestors: tuple[str, ...] = ()
    """Origins whose pages may show ours in a frame."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks of proxies that are believed when they tell a visitor's address."""
    max_characters: int = 1_000_000
    """The longest sentence, in characters, that is cut into tokens at all."""
    generates_per_minute: int | None = None
    """How many sentences one session may run in a minute; None for any number."""
    generates_per_minute_per_address: int | None = None
    """The same for all sessions of one address."""
    max_sessions: int | None = None
    """How many sessions a process takes; None for any number."""
    cache_bytes: int = 1024 * MIB
    """How much the results of all sessions of a process may hold together."""
    metrics: Literal["local", "everyone", "off"] = "local"
    """Who may read /metrics."""
    workers: int = 1
    """How many processes serve."""
    drain_seconds: float = 30.0
    """How long passes that are running get to end when the application is asked to stop."""

    log: Literal["text", "json"] | None = None
    """How the log is written; None is a person's own terminal, which is told of faults alone."""

    @property
    def max_message_bytes(self) -> int:
        """The longest message of a page to the application: it has room for two such sentences."""
        return 2 * MIB + 2 * LONGEST_CHARACTER * self.max_characters

    def to_json(self) -> str:
        """For a worker, which is a process of its own."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """What `to_json` wrote."""
        values = json.loads(text)
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**{**values, **lists})
