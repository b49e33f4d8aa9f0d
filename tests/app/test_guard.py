"""Attacks on the application's door: names, origins, frames, methods and paths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from attention_atlas.app.guard import Guard
from attention_atlas.app.limits import Limits
from attention_atlas.app.policy import inline_scripts
from attention_atlas.app.settings import Settings
from people import completed

OWN_NAMES = ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:8000", "[::1]:8000", "[::1]"]


@dataclass
class Inside:
    """What stands behind the guard: says yes to everything, and remembers that it was asked."""

    asked: list[Scope] = field(default_factory=list)
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    fails: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope)
        if self.fails:
            raise RuntimeError("unforeseen")
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"inside"})


@dataclass
class Answer:
    sent: list[Message]

    @property
    def status(self) -> int:
        for message in self.sent:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                return message["status"]
            if message["type"] == "websocket.accept":
                return 101
        return 403  # what a server makes of a handshake that is closed

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode().lower(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent).decode()


def ask(
    settings: Settings | None = None,
    *,
    host: str | None = "localhost:8000",
    origin: str | None = None,
    server: tuple[str, int | None] = ("127.0.0.1", 8000),
    inside: Inside | None = None,
    headers: Iterable[tuple[str, str]] = (),
    guard: Guard | None = None,
    **of: Any,
) -> Answer:
    named = {"host": host, "origin": origin}
    all_headers = [(k, v) for k, v in named.items() if v is not None] + list(headers)
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "query_string": b"",
        "client": ("127.0.0.1", 50000),
        "server": server,
        "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in all_headers],
        "extensions": {"websocket.http.response": {}},
        **of,
    }
    if scope["type"] == "websocket":
        scope["scheme"] = of.get("scheme", "ws")
    settings = settings or Settings()
    guard = guard or Guard(inside or Inside(), settings, Limits(settings))
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": f"{scope['type']}.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    completed(guard(scope, receive, send))
    return Answer(sent)


@pytest.mark.parametrize("host", OWN_NAMES)
def test_the_machine_s_own_names_are_answered(host: str) -> None:
    assert ask(host=host).status == 200


@pytest.mark.parametrize("type", ["http", "websocket"])
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost:8000@evil.example",
        "localhost, evil.example",
        "",
        "a b",
        "[::1].evil.example",
        "2130706433.evil.example",
    ],
)
def test_a_name_that_another_made_point_here_is_refused(type: str, host: str) -> None:
    inside = Inside()
    refused = ask(host=host, type=type, inside=inside, origin=f"http://{host}")
    assert refused.status == 400
    assert not inside.asked


def test_the_refusal_says_what_to_add() -> None:
    assert ask(host="atlas.example.edu:8000").body == (
        "This application is not known as atlas.example.edu. If it should be, whoever runs it "
        "starts it with: attention-atlas serve --host-name atlas.example.edu\n"
    )
    settings = Settings(server=True, hosts=("atlas.example.edu",))
    assert ask(settings, host="Atlas.Example.edu:8000").status == 200


def test_two_hosts_are_none() -> None:
    assert ask(headers=[("host", "evil.example")]).status == 400


def test_who_sends_no_host_is_no_browser() -> None:
    assert ask(host=None).status == 200


@pytest.mark.parametrize(
    ("server", "hosts", "status"),
    [
        (("192.168.1.5", 8000), (), 200),  # everybody in the network reaches it anyway
        (("192.168.1.5", 8000), ("atlas.example.edu",), 400),
        (("127.0.0.1", 8000), (), 400),  # also of a server: a proxy before it has a name
        (("::1", 8000), (), 400),
        (("::ffff:127.0.0.1", 8000), (), 400),
        (("fe80::1%eth0", 8000), (), 200),
        (("/run/atlas.sock", None), (), 400),
    ],
)
def test_any_name_is_known_only_where_all_the_network_is_let_in(
    server: tuple[str, int], hosts: tuple[str, ...], status: int
) -> None:
    settings = Settings(server=True, hosts=hosts)
    assert ask(settings, host="labmachine:8000", server=server).status == status


def test_a_forwarded_host_is_not_believed() -> None:
    forwarded = [("x-forwarded-host", "localhost"), ("forwarded", "host=localhost")]
    assert ask(host="evil.example", headers=forwarded).status == 400
    assert (
        ask(type="websocket", origin="http://evil.example", headers=[
            ("x-forwarded-host", "evil.example"),
        ]).status
        == 403
    )  # fmt: skip


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        (None, "localhost:8000", "ws"),  # no browser
        ("http://localhost:8000", "localhost:8000", "ws"),
        ("http://LOCALHOST:8000", "localhost:8000", "ws"),
        ("http://[::1]:8000", "[::1]:8000", "ws"),
        ("http://127.0.0.1", "127.0.0.1", "ws"),
        ("https://127.0.0.1", "127.0.0.1:443", "wss"),
        ("https://127.0.0.1", "127.0.0.1", "ws"),  # a proxy before it speaks TLS
    ],
)
def test_our_own_page_connects(origin: str | None, host: str, scheme: str) -> None:
    assert ask(type="websocket", origin=origin, host=host, scheme=scheme).status == 101


@pytest.mark.parametrize(
    ("origin", "scheme"),
    [
        ("http://evil.example", "ws"),
        ("http://evil.example:8000", "ws"),
        ("http://localhost:8001", "ws"),  # another application of this machine
        ("http://localhost", "ws"),
        ("http://127.0.0.1:8000", "ws"),
        ("http://localhost:8000.evil.example", "ws"),
        ("http://evil.example#localhost:8000", "ws"),
        ("http://evil@localhost:8000", "ws"),
        ("ftp://localhost:8000", "ws"),
        ("http://localhost:8000", "wss"),  # somebody between has taken TLS away
        ("http://localhost:99999", "ws"),
        ("http://localhost:x", "ws"),
        ("null", "ws"),
        ("", "ws"),
        ("file://", "ws"),
        ("localhost:8000", "ws"),
    ],
)
def test_a_page_of_another_site_does_not(origin: str, scheme: str) -> None:
    inside = Inside()
    refused = ask(type="websocket", origin=origin, scheme=scheme, inside=inside)
    assert refused.status == 403
    assert not inside.asked


def test_two_origins_are_none() -> None:
    two = ask(
        type="websocket",
        origin="http://localhost:8000",
        headers=[("origin", "http://evil.example")],
    )
    assert two.status == 403


def test_the_handshake_is_refused_also_where_nothing_can_be_said() -> None:
    refused = ask(type="websocket", origin="http://evil.example", extensions={})
    assert [message["type"] for message in refused.sent] == ["websocket.close"]


def test_an_origin_that_the_operator_named_connects() -> None:
    settings = Settings(origins=("https://atlas.example.edu",))
    assert ask(settings, type="websocket", origin="https://Atlas.example.edu").status == 101
    assert ask(settings, type="websocket", origin="https://atlas.example.edu:444").status == 403


def test_what_is_refused_is_told_once_and_never_as_it_came(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = Settings()
    guard = Guard(Inside(), settings, Limits(settings))
    for _ in range(3):
        ask(guard=guard, type="websocket", origin="http://evil.example")
    ask(guard=guard, type="websocket", origin="http://evil\x1b[31m\nGET")
    assert caplog.messages == ["a page of another site was refused"]
    assert vars(caplog.records[0])["fields"] == {
        "origin": "http://evil.example",
        "host": "localhost:8000",
    }
    for number in range(500):
        ask(guard=guard, type="websocket", origin=f"http://{number}.example")
    assert len(caplog.messages) == 20


def policy(answer: Answer) -> dict[str, list[str]]:
    given = answer.headers["content-security-policy"]
    return {name: rest for name, *rest in (part.split() for part in given.split(";"))}


def test_reloading_while_the_code_changes_has_its_own_port_and_a_server_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHINY_AUTORELOAD_PORT", "51234")
    own = policy(ask())["connect-src"]
    servers = policy(ask(Settings(server=True)))["connect-src"]
    monkeypatch.setenv("SHINY_AUTORELOAD_PORT", "1; script-src *")
    nonsense = policy(ask())["connect-src"]
    assert own == ["'self'", "ws://127.0.0.1:51234"]
    assert servers == nonsense == ["'self'"]


@pytest.mark.parametrize("path", ["/", "/nothing", "/session/x/upload/y"])
def test_every_answer_says_what_a_browser_may_do(path: str) -> None:
    answer = ask(path=path)
    given = policy(answer)
    assert given["default-src"] == ["'none'"]
    assert given["script-src"] == given["connect-src"] == given["frame-ancestors"] == ["'self'"]
    assert given["base-uri"] == given["form-action"] == ["'none'"]
    assert [name for name, allowed in given.items() if "unsafe" in str(allowed)] == [
        "style-src-attr"  # of one element, which runs nothing and fetches nothing but images
    ]
    assert "http" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize("kind", ["text/javascript; charset=utf-8", "text/css", "font/woff2"])
def test_what_is_never_a_page_has_only_what_counts_for_it(kind: str) -> None:
    answer = ask(inside=Inside(headers=[(b"content-type", kind.encode())]))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert len(answer.headers) == 3


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/xml", "text/plain"])
def test_what_a_browser_shows_by_itself_has_a_policy(kind: str) -> None:
    answer = ask(inside=Inside(headers=[(b"content-type", kind.encode())]))
    assert policy(answer)["default-src"] == ["'none'"]


def test_refusals_say_it_too() -> None:
    for refused in (ask(host="evil.example"), ask(method="POST")):
        assert policy(refused)["default-src"] == ["'none'"]
        assert refused.headers["content-type"].startswith("text/plain")


def test_a_fault_inside_is_one_plain_line() -> None:
    guard = Guard(Inside(fails=True), Settings(), Limits(Settings()))
    sent: list[Message] = []

    async def collect(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "scheme": "http", "path": "/", "headers": []}
    call = guard({**scope, "query_string": b"", "server": None}, _nothing, collect)
    with pytest.raises(RuntimeError):  # for the log
        completed(call)
    answer = Answer(sent)
    assert (answer.status, answer.body) == (500, "Something went wrong here.\n")
    assert policy(answer)["default-src"] == ["'none'"]


async def _nothing() -> Message:
    return {"type": "http.request"}


def test_a_stricter_policy_is_kept() -> None:
    inside = Inside(headers=[(b"content-security-policy", b"sandbox; default-src 'none'")])
    assert ask(inside=inside).headers["content-security-policy"] == "sandbox; default-src 'none'"


def test_others_may_frame_it_only_when_the_operator_says_so() -> None:
    answer = ask(Settings(frame_ancestors=("https://moodle.example.edu",)))
    assert policy(answer)["frame-ancestors"] == ["'self'", "https://moodle.example.edu"]
    assert "x-frame-options" not in answer.headers  # which could not name it


def test_where_a_browser_would_ignore_it_the_opener_policy_is_left_out() -> None:
    answer = ask(host="192.168.1.5:8000", server=("192.168.1.5", 8000))
    assert "cross-origin-opener-policy" not in answer.headers


@pytest.mark.parametrize(
    ("status", "of"),
    [
        (405, {"method": "POST"}),
        (405, {"method": "PUT"}),
        (405, {"method": "TRACE"}),
        (405, {"method": "OPTIONS"}),
        (405, {"method": "\x00"}),
        (413, {"headers": [("content-length", "5000000000")]}),
        (413, {"headers": [("content-length", "-1")]}),
        (413, {"headers": [("transfer-encoding", "chunked")]}),
        (414, {"path": "/" + "a" * 3_000}),
        (414, {"query_string": b"a" * 5_000}),
        (431, {"headers": [("x", "y")] * 200}),
        (400, {"path": "/views/../app/guard.py"}),
        (400, {"path": "/views/.."}),
        (400, {"path": "/views/\x00.js"}),
        (400, {"path": "/views/\r\nSet-Cookie: a"}),
        (400, {"path": "/views\\..\\x.js"}),
        (404, {"path": "/session/abc/upload/1"}),
        (404, {"path": "/session/abc/dataobj/shinytest"}),
    ],
)
def test_what_no_browser_of_ours_sends_is_refused(status: int, of: dict[str, Any]) -> None:
    inside = Inside()
    assert ask(inside=inside, **of).status == status
    assert not inside.asked


def test_a_body_of_nothing_is_fine() -> None:
    assert ask(headers=[("content-length", "0")]).status == 200
    assert ask(method="HEAD").status == 200


def test_the_page_s_query_restores_no_state_of_shiny_s() -> None:
    inside = Inside()
    ask(inside=inside, query_string=b"_inputs_&a=%22x&_state_id_=../../etc")
    ask(inside=inside, path="/saved/x", query_string=b"of=1")
    assert [scope["query_string"] for scope in inside.asked] == [b"", b"of=1"]


def test_a_session_too_many_is_told_so_before_there_is_one() -> None:
    settings = Settings(max_sessions=1)
    limits = Limits(settings)
    inside = Inside()
    guard = Guard(inside, settings, limits)
    assert ask(guard=guard, type="websocket").status == 101
    assert limits.sessions == 0  # it has ended, and its place is free
    assert limits.enter()
    full = ask(guard=guard, type="websocket")
    assert full.sent == [
        {"type": "websocket.accept"},
        {"type": "websocket.close", "code": 1013, "reason": "The server is full just now."},
    ]
    assert len(inside.asked) == 1
    assert limits.sessions == 1


def test_a_place_is_free_again_when_a_session_fails() -> None:
    settings = Settings(max_sessions=1)
    limits = Limits(settings)
    with pytest.raises(RuntimeError):
        ask(guard=Guard(Inside(fails=True), settings, limits), type="websocket")
    assert limits.sessions == 0


def test_only_scripts_that_run_are_allowed_as_they_stand() -> None:
    html = (
        '<script type="application/json">{}</script><script src="a.js"></script>'
        "<script>one</script><p>text</p><script type=module>two</script>"
    )
    assert inline_scripts(html) == ["one", "two"]
