"""What a visitor does, from the first look to the closed window; and how long each step took."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Awaitable
from dataclasses import dataclass, field

from benchmarks.load.connection import PageConnection, WentWrong
from benchmarks.texts import TEXT

FIRST = ["first_visit-arcs"]
TOP = ["tokens-picture", "embeddings-sum", "embeddings-nearest", "embeddings-map"]
MIDDLE = ["embeddings-positions", "before-picture", "projections-picture", "dot_product-picture"]
LAYER = [
    "projections-picture",
    "dot_product-picture",
    "heads_joined-picture",
    "add_norm_attention-picture",
    "feed_forward-picture",
    "add_norm_ffn-picture",
]
"""What is drawn anew when another layer is chosen."""
END = ["after-picture", "stack-picture", "predictions-picture", "predictions-lens"]
ATTENTION = [
    "atlas-picture",
    "explorer-picture",
    "metrics-picture",
    "across-picture",
    "across-flow",
]

SHARED, LONG, LEAVES = 0.2, 0.1, 0.15
"""How many sentences are one that everybody runs, how many are long, and how many visitors close
the window in the middle of a pass."""
LESSON = "the cat sat on the mat because it was tired"


@dataclass
class Figures:
    """Seconds by step, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    generates: int = 0
    bytes: int = 0

    async def took(self, step: str, work: Awaitable[float]) -> None:
        """Waits for a step, and keeps what it took."""
        self.seconds[step].append(await work)


def sentence(chance: random.Random) -> str:
    """One of many, or the one that all run."""
    kind = chance.random()
    if kind < SHARED:
        return LESSON
    words = 300 if kind < SHARED + LONG else chance.randint(5, 20)
    return " ".join(chance.choices(TEXT.split(), k=words))


class Visitor:
    """Somebody with a page."""

    def __init__(self, url: str, figures: Figures, chance: random.Random, think: float) -> None:
        """`think` is how many seconds there are between two actions, on average."""
        self._page = PageConnection(url)
        self._url = url
        self._figures = figures
        self._chance = chance
        self._think = think

    async def visit(self) -> None:
        """Everything; what goes wrong is kept and ends the visit."""
        try:
            await self._visit()
        except (WentWrong, OSError, TimeoutError) as error:
            self._figures.errors.append(f"{type(error).__name__}: {error}")
        finally:
            self._figures.bytes += self._page.bytes

    async def _visit(self) -> None:
        page, took = self._page, self._figures.took
        await took("page", self._fetch())
        await took("connect", page.open())
        try:
            await took("model ready", self._ready())
            await page.see(FIRST)
            await self._pause()
            if self._chance.random() < LEAVES:
                await page.generate(sentence(self._chance))
                return
            await took("sentence", self._generate())
            await took("pictures in view", page.see(TOP))
            await self._pause()
            for more in (MIDDLE, LAYER, END):
                await took("scrolled to", page.see(more))
                await self._pause()
            for layer in self._chance.sample(range(3), 3):
                await took("another layer", page.choose(LAYER, layer=layer))
                await self._pause()
                await page.choose(head=self._chance.randrange(12))
            await took("attention tab", page.see(ATTENTION, instead=True))
            await self._pause()
            await took("sentence", self._generate())
            await self._pause()
        finally:
            await page.leave()

    async def generate(self, times: int) -> None:
        """Only sentences, and their pictures."""
        page = self._page
        try:
            await page.open()
            await self._ready()
            await page.see(FIRST)
            for _ in range(times):
                await self._generate()
                await page.see(TOP)
                await self._pause()
            await page.leave()
        except (WentWrong, OSError, TimeoutError) as error:
            self._figures.errors.append(f"{type(error).__name__}: {error}")

    async def _generate(self) -> float:
        self._figures.generates += 1
        text = sentence(self._chance)
        return await self._page.timed(["trace", "done"], self._page.generate(text))

    async def _ready(self) -> float:
        begun = time.perf_counter()
        await self._page.until("ready")
        return time.perf_counter() - begun

    async def _fetch(self) -> float:
        begun = time.perf_counter()
        host, port = self._url.removeprefix("http://").rstrip("/").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        body = await reader.read()
        writer.close()
        if not body.startswith(b"HTTP/1.1 200 "):
            raise WentWrong(f"the page: {body[:80]!r}")
        return time.perf_counter() - begun

    async def _pause(self) -> None:
        await asyncio.sleep(self._chance.expovariate(1 / self._think) if self._think else 0)
