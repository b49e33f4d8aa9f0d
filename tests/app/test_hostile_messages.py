"""A server under attack: whatever comes over its sockets, it goes on, quietly."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psutil
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from served import PATIENCE, Served, Visitor, wait_for


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(
        tmp_path_factory.mktemp("server"),
        *("--model", "embedded", "--max-sessions", "6", "--rate", "5", "--rate-per-address", "0"),
        *("--max-characters", "1000"),
        SHINY_TESTMODE="1",
    )
    served.wait_until_ready()
    yield served
    served.end()


@pytest.fixture(autouse=True)
def it_goes_on_and_says_nothing(server: Served) -> Iterator[None]:
    yield
    assert server.answers()
    assert "Traceback" not in server.written()
    assert "Error" not in server.written()
    wait_for(lambda: sessions(server) == 0, "the end of the sessions")


def sessions(server: Served) -> float:
    found = re.search(r"^attention_atlas_sessions (\S+)$", server.get("/metrics")[1], re.MULTILINE)
    return float(found[1]) if found else 0.0


def end_of(connection: ClientConnection) -> int | None:
    """The code that the server ends a connection with; None where none arrives."""
    with pytest.raises(ConnectionClosed) as closed:
        _listen(connection)
    return closed.value.rcvd.code if closed.value.rcvd is not None else None


def _listen(connection: ClientConnection) -> None:
    while True:
        connection.recv(timeout=PATIENCE)


def update(**data: Any) -> str:
    return json.dumps({"method": "update", "data": data})


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("not JSON", 1008),
        ("[" * 500_000, 1008),
        ('{"method": "init", "data": {}}', 1008),
        ('{"method": "uploadInit", "args": [[{"name":"a","size":1,"type":""}]], "tag": 1}', 1008),
        ('{"method": "update", "data": {"selection": {"layer": NaN}}}', 1008),
        ('{"method": "update", "data": {"selection": {"layer": 1e999}}}', 1008),
        (update(generate=7), 1008),
        (update(look=[[[[[[1]]]]]]), 1008),
        (b"\x00\xff" * 1_000, 1003),
    ],
    ids=range(9),
)
def test_a_hostile_message_ends_its_own_session(
    server: Served, message: str | bytes, code: int
) -> None:
    with Visitor(server) as visitor:
        visitor.connection.send(message)
        assert end_of(visitor.connection) == code


@pytest.mark.parametrize(
    "message", ["a" * 3_000_000, ["a" * 1_000_000] * 20], ids=["in one piece", "in many"]
)
def test_a_message_that_is_too_long_is_not_read_to_its_end(
    server: Served, message: str | list[str]
) -> None:
    with Visitor(server) as visitor:
        with suppress(ConnectionClosed):
            visitor.connection.send(message)
        # TCP may lose the code of a connection that ends while more is on its way; had it been
        # read, it would be 1008, for it is no JSON.
        assert end_of(visitor.connection) in (1009, None)


def test_the_longest_sentences_are_no_long_message(server: Served) -> None:
    with Visitor(server) as visitor:
        text = "\u0001" * 1_000  # six bytes each in JSON
        visitor.set(generate={"text": f"a dog {text[6:]}", "pair": text, "token": 1})
        visitor.hear("aa-progress", stage="done")


def test_a_session_is_not_begun_by_anything_else(server: Served) -> None:
    with connect(f"ws://127.0.0.1:{server.port}/websocket/") as connection:
        connection.send(update(generate={"text": "a dog"}))
        assert end_of(connection) == 1008


def test_what_is_dropped_harms_nobody(server: Served) -> None:
    with Visitor(server) as visitor:
        visitor.set(**{f"name {number}": "a" for number in range(50_000)})
        visitor.set(**{"generate:shiny.date": "1", "a:b:c": 1, "__class__": {}})
        visitor.set(**{".clientdata_url_search": "?_inputs_&a=%22", "x:shiny.file": [1]})
        visitor.generate("a dog")


CHOICES = [
    {"selection": {"layer": "a", "head": [1], "token": {"a": 1}}},
    {"selection": {"layer": True, "head": -1, "token": 10**15}},
    {"shown": {"measure": ["weights"], "words": "a", "special": [], "tau": "x"}},
    {"shown": {"measure": "", "tau": -0.0}},
    {"shown": {"measure": "__class__", "tau": 1e-300}},
    {"look": {"scale": [], "heads": "a", "hidden": [["a"]], "window": [1, 2, {}], "top_k": True}},
    {"look": {"heads": [10**15], "hidden": [-1], "window": [0, 0, 0], "least": "x", "of": [1]}},
    {"look": {}},
    {"seen": ["", "no-such-picture", "../..", "atlas-picture"] * 50},
]
PICTURES = ["tokens-picture", "projections-picture", "predictions-picture", "atlas-picture"]


def test_choices_that_no_page_has_are_as_at_first(server: Served) -> None:
    with Visitor(server) as visitor:
        visitor.set(seen=PICTURES)
        visitor.generate("a dog")
        for choice in CHOICES:
            visitor.set(**choice)
        visitor.set(seen=PICTURES)
        visitor.generate("a cat")
        for name in PICTURES:
            if not any(kind == "aa-picture" and told["id"] == name for kind, told in visitor.told):
                visitor.hear("aa-picture", id=name)


def test_files_that_cannot_be_are_refused_in_words(server: Served) -> None:
    with Visitor(server) as visitor:
        visitor.generate("a dog")
        for options in ({"view": ["lens"]}, {"view": "../x"}, {"view": "lens", "format": {"a": 1}}):
            visitor.set(save_figure={"number": 1, "columns": "x", "theme": 7, **options})
            assert visitor.hear("aa-saved", kind="figure")["refusal"]
        visitor.set(save_page={"number": None, "heads": [1], "theme": "x"})
        assert visitor.hear("aa-saved", kind="page")["refusal"]


@pytest.mark.parametrize(
    "text",
    [
        "\ud800 a dog \udc00",
        "a\x00dog",
        "\u202e\u2066 a dog",
        "\u200d" * 900,
        "</script><img src=x>",
    ],
)
def test_texts_that_are_none_are_read_or_refused(server: Served, text: str) -> None:
    with Visitor(server) as visitor:
        visitor.set(generate={"text": text, "pair": text, "token": 10**9})
        ends = ("done", "failed")
        while (told := visitor.hear("aa-progress"))["stage"] not in ends:
            pass
        assert told["stage"] == "done" or told["where"] == "sentence"
        visitor.generate("a dog")


def test_a_text_too_long_and_a_flood_are_told_what_is_allowed(server: Served) -> None:
    with Visitor(server) as visitor:
        told = visitor.generate("a" * 1_000_000, end="failed")
        assert told["where"] == "sentence"
        assert "1,000,000 characters, and at most 1,000" in told["error"]
        for number in range(5):
            visitor.generate(f"a dog {number}")
        assert re.fullmatch(
            r"This page may run 5 sentences a minute\. Try again in \d+ seconds?\.",
            visitor.generate("a dog too many", end="failed")["error"],
        )


def test_floods_of_buttons_hold_nobody_up(server: Served) -> None:
    with Visitor(server) as flooding, Visitor(server) as other:
        flooding.generate("a dog")
        for name in ("mask_all", "retry", "stop", "cancel_download"):
            for _ in range(40):
                flooding.set(**{name: 1})
        for number in range(40):
            flooding.set(wanted_model=f"owner/model-{number}", save_page={"number": number})
        other.generate("a cat")


@pytest.mark.parametrize(
    "name",
    ["/etc", "../..", "~root", "file:///etc/passwd", "owner/with-code", "\x00", "a" * 4_000, "[]"],
)
def test_no_model_is_loaded_because_a_page_asks_for_it(server: Served, name: str) -> None:
    with Visitor(server) as visitor:
        visitor.set(wanted_model=name)
        while not (refused := visitor.hear("aa-model")["refused"]):
            pass
        assert refused.startswith(f"This server does not offer the model “{name[:60]}")
        assert refused.endswith("It offers embedded.")
        assert visitor.generate("a dog")


def test_a_page_too_many_is_told_so(server: Served) -> None:
    open_ones = [Visitor(server) for _ in range(6)]
    with connect(f"ws://127.0.0.1:{server.port}/websocket/") as more:
        with pytest.raises(ConnectionClosed) as closed:
            more.recv(timeout=PATIENCE)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
            1013,
            "The server is full just now.",
        )
    for visitor in open_ones:
        visitor.leave()
    wait_for(lambda: sessions(server) == 0, "the end of the sessions")
    with Visitor(server) as visitor:
        visitor.generate("a dog")


def test_a_page_of_another_site_is_not_connected(server: Served) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{server.port}/websocket/", origin="http://evil.example")
    assert refused.value.response.status_code == 403
    own = f"http://127.0.0.1:{server.port}"
    with connect(f"ws://127.0.0.1:{server.port}/websocket/", origin=own) as connection:
        connection.recv(timeout=PATIENCE)


def raw(server: Served, request: bytes) -> str:
    """The first line that answers a request which is sent as it stands."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as line:
        line.sendall(request)
        return line.makefile("rb").readline().decode().strip()


HEAD = b"Host: localhost\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\n" + HEAD, 200),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 400),
        (b"GET /websocket/ HTTP/1.1\r\nHost: evil.example\r\nUpgrade: websocket\r\n"
         b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n" + HEAD, 400),
        (b"GET /?_inputs_&a=%22 HTTP/1.1\r\n" + HEAD, 200),
        (b"GET /?_state_id_=..%2F..%2Fetc HTTP/1.1\r\n" + HEAD, 200),
        (b"GET /views/..%2F..%2Fapp%2Fguard.py HTTP/1.1\r\n" + HEAD, 400),
        (b"GET /views/../guard.py HTTP/1.1\r\n" + HEAD, 400),
        (b"GET /lib/shiny-1.8.0/%00.js HTTP/1.1\r\n" + HEAD, 400),
        (b"GET /app/static/" + b"a" * 1_000 + b".js HTTP/1.1\r\n" + HEAD, 404),
        (b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\n" + HEAD, 414),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000 + b"\r\n" + HEAD, 431),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + HEAD, 431),
        (b"POST / HTTP/1.1\r\nContent-Length: 9999999999\r\n" + HEAD, 405),
        (b"GET / HTTP/1.1\r\nContent-Length: 9999999999\r\n" + HEAD, 413),
        (b"NONSENSE\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
    ],
    ids=range(17),
)  # fmt: skip
def test_requests_that_no_browser_sends(server: Served, request_: bytes, status: int) -> None:
    assert raw(server, request_).startswith(f"HTTP/1.1 {status} ")


def test_nothing_of_shinys_own_routes_answers(server: Served) -> None:
    with Visitor(server) as visitor:
        for action in ("upload/1", "download/x", "dynamic_route/x", "dataobj/shinytest"):
            assert server.get(f"/session/{visitor.id}/{action}")[0] == 404


def test_nothing_is_kept_of_it(server: Served) -> None:
    process = psutil.Process(server.process.pid)
    large = update(x="a" * 1_900_000)

    def attack() -> int:
        for _ in range(5):
            with Visitor(server) as visitor:
                for _ in range(5):
                    visitor.connection.send(large)
                visitor.connection.send("nonsense")
                end_of(visitor.connection)
        return process.memory_info().rss

    first = attack()
    assert attack() - first < 40e6  # of the 50 MB that came
    assert not list(server.temporary.rglob("*upload*"))
