"""What machines ask: alive, ready, measured; and whom the application believes about others."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from attention_atlas.app.application import build
from attention_atlas.app.requests import Requests
from attention_atlas.app.rooms import Room, Rooms
from attention_atlas.app.settings import Settings
from attention_atlas.app.shared import Shared
from attention_atlas.errors import AttentionAtlasError
from attention_atlas.models.model import Model
from people import completed


def client(shared: Shared, address: str = "127.0.0.1") -> TestClient:
    return TestClient(
        build(shared).starlette_app, base_url="http://localhost", client=(address, 1234)
    )


def shared(settings: Settings | None = None, **room: Any) -> Shared:
    rooms = Rooms()
    settings = settings or Settings()
    rooms._rooms[settings.model] = Room(settings.model, **room)
    return Shared(settings, rooms)


@pytest.mark.parametrize(
    ("room", "status", "said"),
    [
        ({}, 503, "loading bert-base-uncased\n"),
        ({"status": "downloading"}, 503, "loading bert-base-uncased\n"),
        ({"status": "ready"}, 200, "ready\n"),
        (
            {"status": "failed", "error": AttentionAtlasError("why /srv/models")},
            503,
            "bert-base-uncased could not be loaded; the log says why\n",
        ),
    ],
)
def test_ready_is_when_the_model_is_there(room: dict[str, Any], status: int, said: str) -> None:
    answered = client(shared(**room)).get("/readyz")
    assert (answered.status_code, answered.text) == (status, said)
    assert answered.headers["cache-control"] == "no-store"


def test_who_is_about_to_end_is_alive_and_not_ready(tiny: Model) -> None:
    ending = shared(status="ready", model=tiny)
    asked = client(ending)
    ending.draining = True
    assert (asked.get("/readyz").status_code, asked.get("/readyz").text) == (503, "draining\n")
    assert (asked.get("/healthz").status_code, asked.get("/healthz").text) == (200, "alive\n")
    assert asked.head("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("metrics", "address", "headers", "status"),
    [
        ("local", "127.0.0.1", {}, 200),
        ("local", "127.8.9.1", {}, 200),
        ("local", "::1", {}, 200),
        ("local", "::ffff:127.0.0.1", {}, 200),
        ("local", "10.0.0.7", {}, 404),
        ("local", "::ffff:10.0.0.7", {}, 404),
        ("local", "unix:", {}, 404),
        ("local", "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("local", "127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 404),
        ("local", "127.0.0.1", {"X-Real-IP": "127.0.0.1"}, 404),
        ("everyone", "10.0.0.7", {"X-Forwarded-For": "1.2.3.4"}, 200),
        ("off", "127.0.0.1", {}, 404),
    ],
)
def test_who_may_measure(metrics: Any, address: str, headers: dict[str, str], status: int) -> None:
    asked = client(shared(Settings(metrics=metrics)), address)
    answered = asked.get("/metrics", headers=headers)
    assert answered.status_code == status
    assert ("attention_atlas_sessions" in answered.text) is (status == 200)


@pytest.mark.parametrize(
    ("trusted", "peer", "headers", "seen"),
    [
        ((), "127.0.0.1", {"X-Forwarded-For": "9.9.9.9"}, "127.0.0.1 http"),
        (("127.0.0.1",), "127.0.0.1", {"X-Forwarded-For": "9.9.9.9"}, "9.9.9.9 http"),
        (("127.0.0.1",), "10.0.0.7", {"X-Forwarded-For": "9.9.9.9"}, "10.0.0.7 http"),
        (("10.0.0.0/8",), "10.0.0.7", {"X-Forwarded-Proto": "https"}, "10.0.0.7 https"),
        # What a visitor claims stands to the left of what the proxy saw.
        (("10.0.0.7",), "10.0.0.7", {"X-Forwarded-For": "127.0.0.1, 9.9.9.9"}, "9.9.9.9 http"),
        (("::1",), "::1", {"X-Forwarded-For": "2001:db8::7"}, "2001:db8::7 http"),
        (("10.0.0.0/8",), "::ffff:10.0.0.7", {"X-Forwarded-For": "9.9.9.9"}, "9.9.9.9 http"),
    ],
)
def test_whose_request_it_is(
    trusted: tuple[str, ...], peer: str, headers: dict[str, str], seen: str
) -> None:
    asked: list[str] = []

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(f"{scope['client'][0]} {scope['scheme']}")
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    outside = Requests(inside, Settings(trusted_proxies=trusted))
    TestClient(outside, base_url="http://localhost", client=(peer, 1)).get("/", headers=headers)
    assert asked == [seen]


def test_what_nobody_foresaw_is_answered_with_the_number_it_has_in_the_log() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError(scope["path"])

    answered = TestClient(Requests(broken, Settings()), base_url="http://localhost").get(
        "/a-secret"
    )
    id = answered.headers["x-request-id"]
    assert answered.status_code == 500
    assert answered.text == f"Something went wrong. The log knows it as {id}.\n"


def test_an_answer_that_breaks_off_is_not_begun_again() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("halfway")

    sent: list[Any] = []

    async def run() -> None:
        async def send(message: Any) -> None:
            sent.append(message["type"])

        async def receive() -> Any:
            return {"type": "http.request"}

        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "client": None}
        await Requests(broken, Settings())(scope, receive, send)

    completed(run())
    assert sent == ["http.response.start"]
