"""Any address: the page reads it without an error, and what it writes it reads again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser

from attention_atlas.views.look import Look, look_of
from fuzzing import NUMBERS, ODD, TEXTS, WORDS_OF_LOOKS, examples

PACKAGE = Path(__file__).parents[2] / "src" / "attention_atlas"
BATCH = 50
NAMES = (
    "text pair model layer head token tab show words special tau theme "
    "scale window flow heads least top part colour told painted arrange only sort sort_first "
    "projected direction use_head top_k hidden"
).split()
VALUES = st.one_of(
    st.sampled_from(WORDS_OF_LOOKS),
    st.integers(-2, 99999).map(str),
    st.floats(-1, 2).map(str),
    NUMBERS.map(str),
    st.lists(st.integers(0, 20).map(str), max_size=5).map(",".join),
    st.sampled_from(
        ["1e-7", "1e999", "01", "+1", " 1", "1,", "١", "none", "/etc/passwd", "a/b", "../x"]
    ),
    TEXTS,
)
QUERIES = st.lists(
    st.tuples(st.sampled_from(NAMES) | st.sampled_from(ODD) | st.just("__proto__"), VALUES),
    max_size=8,
).map(lambda pairs: urlencode(pairs, quote_via=quote, errors="surrogatepass"))
ADDRESSES = QUERIES | TEXTS | st.text(st.sampled_from("=&%#+,;a1é\0"), max_size=30)

READS = """async (addresses) => {
  const { asked, told } = await import('/app/static/asked.js');
  const { WRITTEN, readLook, writeLook } = await import('/views/shared/look.js');
  return addresses.map((address) => {
    const query = new URLSearchParams(address);
    const all = asked({ query, own: true }, ['embedded']);
    const sentence = told([], all.passed);
    const again = new URLSearchParams(new URLSearchParams(writeLook(all.look)).toString());
    const wrong = [];
    const look = readLook(again, (...told) => wrong.push(told));
    return { look: all.look, again: look, wrong, sentence, asked: { ...all, look: null } };
  });
}"""


@pytest.fixture(scope="module")
def read(browser: Browser) -> Iterator[Callable[[list[str]], list[dict[str, Any]]]]:
    """What the page's own modules make of addresses, in a Chromium that has nothing else to do."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def end_headers(self) -> None:
            if self.path.endswith(".js"):
                self.send_header("X-Content-Type-Options", "nosniff")
            super().end_headers()

    Quiet.extensions_map = {**Quiet.extensions_map, ".js": "text/javascript"}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(PACKAGE)))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    page = browser.new_page()
    # What the modules ask of their page: what store.js reads of it, and Shiny.
    page.route(
        f"{url}/",
        lambda route: route.fulfill(
            content_type="text/html",
            body='<body data-start-layer="3" data-start-head="1" data-tau="0.01">'
            "<script>Shiny = { initializedPromise: new Promise(() => {}) }</script>",
        ),
    )
    page.goto(f"{url}/")
    yield lambda addresses: page.evaluate(READS, addresses)
    page.close()
    server.shutdown()
    server.server_close()


@examples(30)
@given(addresses=st.lists(ADDRESSES, min_size=BATCH, max_size=BATCH))
def test_any_address_is_read_and_what_is_written_is_read_again(
    read: Callable[[list[str]], list[dict[str, Any]]], addresses: list[str]
) -> None:
    # Playwright sends UTF-8; half a character comes as its escape, from `urlencode`.
    sent = [
        address.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        for address in addresses
    ]
    for address, found in zip(sent, read(sent), strict=True):
        look, asked = found["look"], found["asked"]
        assert found["wrong"] == [], address
        assert found["again"] == look, address
        # The server takes every choice that the page thinks is one.
        assert json.loads(json.dumps(look)) == look
        taken = look_of(look)
        for name, value in look.items():
            has = getattr(taken, name)
            assert (list(has) if isinstance(has, tuple) else has) == value, (name, address)
        for name in ("layer", "head"):
            assert asked[name] is None or 0 <= asked[name] < 99999
        assert asked["token"] is None or -1 <= asked["token"] <= 99999
        assert 0 < asked["shown"]["tau"] <= 1
        assert type(asked["shown"]["words"]) is bool
        assert type(asked["shown"]["special"]) is bool
        assert asked["shown"]["measure"] in ("weights", "scores", "norms", "difference")
        assert asked["tab"] in ("walk", "attention")
        assert asked["theme"] in ("dark", "light", None)
        assert len(found["sentence"]) < 5000


def test_the_page_and_the_server_have_the_same_choices() -> None:
    assert set(NAMES[12:]) == set(Look.__dataclass_fields__)
