from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from checkpoints import make_checkpoint
from served import Served

BADLY = Path(__file__).parents[1] / "served_badly.py"
"""Never imported: what it does to a process is for a process of its own."""


@pytest.fixture(scope="session")
def long_way(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint through which a long sentence takes its time."""
    return make_checkpoint(
        tmp_path_factory.mktemp("long_way"),
        layers=40, heads=12, head_size=16, intermediate=64, max_tokens=512,
    )  # fmt: skip


@pytest.fixture(scope="session")
def start_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Served]]:
    """Starts a server, or gives the one of that name that runs: some tests end theirs."""
    running: dict[str, Served] = {}

    def start_once(name: str, *arguments: str, **how: Any) -> Served:
        server = running.get(name)
        if server is None or server.process.poll() is not None:
            server = running[name] = Served(tmp_path_factory.mktemp(name), *arguments, **how)
        server.wait_until_ready()
        return server

    yield start_once
    for server in running.values():
        server.end()


@pytest.fixture
def workers(start_once: Callable[..., Served], long_way: Path) -> Served:
    """Two workers."""
    offered = ["--offer", f"long-way={long_way}", "--model", "long-way"]
    return start_once("workers", *offered, "--workers", "2", "--log", "json")


@pytest.fixture
def afflicted(start_once: Callable[..., Served], long_way: Path) -> Served:
    """One process, behind a trusted proxy, with everything against it: see served_badly.py."""
    return start_once(
        "afflicted",
        "--offer", f"long-way={long_way}", "--model", "long-way", "--log", "json",
        "--trusted-proxy", "127.0.0.1", "--host-name", "atlas.example.edu",
        through=(sys.executable, str(BADLY)),
        PYTHONPATH=str(BADLY.parent),
    )  # fmt: skip
