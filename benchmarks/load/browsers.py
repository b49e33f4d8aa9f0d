"""Ten people with real browsers, at once: each types, runs, changes heads and saves a figure."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable
from typing import Any

from playwright.async_api import Browser, async_playwright
from scripts.ensure_chromium import find

from benchmarks.load.server import Server, Watched
from benchmarks.pages import ARGUMENTS, SLOW, VIEWPORT

PEOPLE = 10
SENTENCES = (
    "the cat sat on the mat because it was tired",
    "she sat on the river bank while the bank counted its money",
    "he saw the man with the telescope",
)


class Browsing:
    """What all of them took and met."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.complaints: list[str] = []

    async def took(self, step: str, work: Awaitable[Any]) -> None:
        """Waits for a step, and keeps what it took."""
        begun = time.perf_counter()
        await work
        self.seconds[step].append(time.perf_counter() - begun)

    async def visit(self, browser: Browser, url: str, number: int) -> None:
        """One person's visit, with a browser profile of their own."""
        context = await browser.new_context(viewport=VIEWPORT, accept_downloads=True)
        context.set_default_timeout(2 * SLOW)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type == "error" else None,
        )
        shown = page.get_by_text("Shown: the embedded model")
        await self.took("page", page.goto(url))
        await self.took("model ready", shown.wait_for())
        radios = page.get_by_role("radiogroup", name="Head").get_by_role("radio")
        for turn in range(2):
            await page.get_by_label("Sentence", exact=True).fill(SENTENCES[(number + turn) % 3])
            await page.get_by_role("button", name="Generate All").click()
            counted = page.get_by_text("tokens", exact=False).filter(has_text=" of 512")
            await self.took("sentence", counted.first.wait_for())
            await self.took("first table", page.get_by_role("table").first.wait_for())
            for head in (3, 7, 11):
                await self.took("head", radios.nth(head).check())
        await page.get_by_role("tab", name="Attention").click()
        pictures = page.get_by_role("tabpanel", name="Attention").get_by_role("img")
        await self.took("attention tab", pictures.first.wait_for())
        await page.get_by_role("button", name="Save", exact=True).last.click()
        save = page.get_by_role("dialog").get_by_role("button", name="Save", exact=True)
        await self.took("figure ready", save.and_(page.locator(":enabled")).wait_for())
        async with page.expect_download() as download:
            await save.click()
        await self.took("figure saved", (await download.value).path())
        await context.close()


async def _all(url: str) -> Browsing:
    browsing = Browsing()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        await asyncio.gather(*(browsing.visit(browser, url, number) for number in range(PEOPLE)))
        await browser.close()
    return browsing


CHROMIUM = find()


def browsers(at: Server) -> tuple[Browsing, Watched]:
    """Ten visits at once to a server."""
    seen: list[Watched] = []
    with at.watched(seen):
        browsing = asyncio.run(_all(at.url))
    return browsing, seen[0]
