"""A page that reads nothing: it holds nobody up, and what it does not read does not pile up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.types import Message, Receive, Scope, Send

from attention_atlas.app.outgoing import LARGE, MOST_AHEAD, NOTHING, Outgoing
from people import completed


class Page:
    """The other end: it reads when it is told to, and says nothing until it leaves."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.left = asyncio.Event()
        self.read: list[str] = []

    async def send(self, message: Message) -> None:
        await self.reads.wait()
        if self.left.is_set():
            raise OSError
        self.read.append(message.get("text", ""))

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "websocket.disconnect", "code": 1006}


def hold(
    session: Callable[[Page, Send, Receive], Awaitable[None]], most: int | None = None
) -> Page:
    """Holds a session until it ends by itself."""
    found: list[Page] = []

    async def run() -> None:
        page = Page()
        found.append(page)
        outgoing = Outgoing(page.receive, page.send, *([] if most is None else [most]))

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await session(page, send, receive)

        await asyncio.wait_for(outgoing.hold(app, {}), 30)

    completed(run())
    return found[0]


def text(of: str) -> Message:
    return {"type": "websocket.send", "text": of}


async def in_vain(work: Awaitable[None]) -> bool:
    """Whether something is still not done when all others have had their turn."""
    task = asyncio.ensure_future(work)
    for _ in range(20):
        await asyncio.sleep(0)
    done = task.done()
    task.cancel()
    return not done


def test_no_flush_waits_for_a_page_that_reads_nothing() -> None:
    async def session(page: Page, send: Send, receive: Receive) -> None:
        for number in range(100):
            await send(text(f"{number}"))
        assert not page.read
        page.reads.set()

    assert hold(session).read == [f"{number}" for number in range(100)]


def test_pictures_wait_where_they_are_until_those_before_are_read() -> None:
    picture = text("p" * (LARGE + 1))

    async def session(page: Page, send: Send, receive: Receive) -> None:
        sent = 0
        while not await in_vain(send(picture)):
            sent += 1
        assert sent * LARGE <= MOST_AHEAD + 2 * LARGE
        await send(text("a small one"))  # which never waits
        late = asyncio.ensure_future(send(text("late" * LARGE)))
        page.reads.set()
        await late

    read = hold(session).read
    assert read[-1].startswith("late")
    assert read[-2] == "a small one"


def test_a_picture_that_nobody_wants_any_more_is_not_sent() -> None:
    async def session(page: Page, send: Send, receive: Receive) -> None:
        await send(text("p" * (MOST_AHEAD + 1)))
        assert await in_vain(send(text("o" * (LARGE + 1))))  # and then cancelled
        page.reads.set()

    assert [part[0] for part in hold(session).read] == ["p"]


def test_a_page_that_leaves_all_unread_is_let_go() -> None:
    async def session(page: Page, send: Send, receive: Receive) -> None:
        for _ in range(11):
            await send(text("a" * 100))
        assert (await receive())["type"] == "websocket.disconnect"
        await send(text("nobody hears this, and nobody waits"))
        await send(text("l" * (LARGE + 1)))

    assert hold(session, most=1_000).read == []


def test_one_message_may_be_larger_than_what_may_wait() -> None:
    async def session(page: Page, send: Send, receive: Receive) -> None:
        await send(text("l" * (LARGE + 1)))
        page.reads.set()

    assert [part[0] for part in hold(session, most=1_000).read] == ["l"]


def test_who_waits_for_a_page_that_leaves_is_let_go() -> None:
    async def session(page: Page, send: Send, receive: Receive) -> None:
        await send(text("p" * (MOST_AHEAD + 1)))
        late = asyncio.ensure_future(send(text("l" * (LARGE + 1))))
        await asyncio.sleep(0)
        page.left.set()
        page.reads.set()
        await late
        assert (await receive())["type"] == "websocket.disconnect"

    assert hold(session).read == []


def test_what_shiny_tells_everybody_of_nothing_is_not_sent() -> None:
    async def session(page: Page, send: Send, receive: Receive) -> None:
        page.reads.set()
        await send(text(NOTHING))
        await send(text("something"))

    assert hold(session).read == ["something"]
