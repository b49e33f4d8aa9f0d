from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

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
def workers(tmp_path_factory: pytest.TempPathFactory, long_way: Path) -> Iterator[Served]:
    """Two workers."""
    offered = ["--offer", f"long-way={long_way}", "--model", "long-way"]
    server = Served(tmp_path_factory.mktemp("workers"), *offered, "--workers", "2", "--log", "json")
    yield server
    server.end()


@pytest.fixture(scope="session")
def afflicted(tmp_path_factory: pytest.TempPathFactory, long_way: Path) -> Iterator[Served]:
    """One process, behind a trusted proxy, with everything against it: see served_badly.py."""
    server = Served(
        tmp_path_factory.mktemp("afflicted"),
        "--offer", f"long-way={long_way}", "--model", "long-way", "--log", "json",
        "--trusted-proxy", "127.0.0.1", "--host-name", "atlas.example.edu",
        through=(sys.executable, str(BADLY)),
        PYTHONPATH=str(BADLY.parent),
    )  # fmt: skip
    server.wait_until_ready()
    yield server
    server.end()
