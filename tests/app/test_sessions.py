"""Many pages at once, without a browser: no errors, and nothing is left of them when they leave."""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
from collections.abc import Callable

import pytest
from benchmarks.load.people import END, LAYER, MIDDLE, TOP, Figures
from benchmarks.load.people import Visitor as Person
from websockets.sync.client import connect

from people import completed
from served import Served, Visitor, wait_for

DRAWN = 'stage_seconds_count{stage="picture"}'
EVERYBODY = ["--rate", "0", "--rate-per-address", "0"]


@pytest.fixture
def server(start_once: Callable[..., Served]) -> Served:
    """One process, without a limit of sentences a minute: all come from one address."""
    return start_once("sessions", "--model", "embedded", *EVERYBODY)


def measured(server: Served, name: str) -> float:
    found = re.search(
        rf"^attention_atlas_{re.escape(name)} (\S+)$", server.get("/metrics")[1], re.MULTILINE
    )
    return float(found[1]) if found else 0.0  # what has not happened yet is not listed


def test_ten_people_at_once_leave_nothing(server: Served) -> None:
    """Some close the window in the middle of a pass."""
    figures = Figures()

    async def visits() -> None:
        people = (
            Person(f"{server.url}/", figures, random.Random(number), think=0)
            for number in range(10)
        )
        await asyncio.gather(*(one.visit() for one in people))

    completed(visits())
    assert not figures.errors
    assert figures.generates >= 15
    wait_for(lambda: measured(server, "sessions") == 0, "the end of the sessions")
    wait_for(lambda: measured(server, "cache_bytes") == 0, "the end of what they held")


def test_a_page_that_reads_nothing_holds_nobody_up(server: Served) -> None:
    """Large pictures are asked for, again and again, over a line that nobody empties."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", server.port))
    opened = connect(
        "ws://localhost/websocket/", sock=line, max_queue=1, close_timeout=1, ping_interval=None
    )
    with Visitor(server) as reader, opened as deaf:

        def say(method: str, **data: object) -> None:
            deaf.send(json.dumps({"method": method, "data": data}))

        say("init")
        text = " ".join(["no man is an island"] * 100)
        seen = [*TOP, *MIDDLE, *LAYER, *END]
        say("update", generate={"text": text, "pair": "", "token": -1}, seen=seen)
        for number in range(20):
            enough = measured(server, DRAWN) + len(LAYER)
            say("update", selection={"layer": number % 6, "head": 0, "token": 1})
            wait_for(lambda enough=enough: measured(server, DRAWN) >= enough, "pictures for nobody")
            assert reader.generate(f"the cat sat {'on ' * number}the mat")["stage"] == "done"
