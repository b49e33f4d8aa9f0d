"""Freed memory goes back once, soon after those who leave together have left."""

from __future__ import annotations

import asyncio

import pytest

from attention_atlas.app import giving_back
from attention_atlas.app.giving_back import GivingBack
from people import completed


def test_who_leave_together_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving_back, "SOON_SECONDS", 0)

    async def lesson() -> int:
        times = 0
        given = asyncio.Event()
        loop = asyncio.get_running_loop()

        def give_back() -> None:
            nonlocal times
            times += 1
            loop.call_soon_threadsafe(given.set)

        memory = GivingBack(give_back)
        for _ in range(200):
            memory.soon()
        await asyncio.wait_for(given.wait(), 30)
        given.clear()
        memory.soon()
        await asyncio.wait_for(given.wait(), 30)
        return times

    assert completed(lesson()) == 2


def test_the_c_library_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it has such a function or not, nothing goes wrong."""
    monkeypatch.setattr(giving_back, "SOON_SECONDS", 0)

    async def leave() -> None:
        GivingBack().soon()
        await asyncio.sleep(0)
        await asyncio.get_running_loop().shutdown_default_executor()

    completed(leave())
