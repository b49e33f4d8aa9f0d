"""A server's page: what a visitor may choose there, and that other sites have no way in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, expect

from browser_page import SLOW, AtlasPage, expect_nothing_found
from checkpoints import make_checkpoint
from served import Served, Visitor


class Server(Served):
    """A server as the pages of these tests open it: it has no terminal, its log is its own."""

    def terminal(self) -> str:
        assert "Traceback" not in self.written()
        return ""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("a-folder-nobody-knows")
    make_checkpoint(folder / "tiny")
    served = Server(
        tmp_path_factory.mktemp("server"),
        *("--model", "embedded", "--offer", "embedded", "--offer", f"Ours={folder / 'tiny'}"),
    )
    served.wait_until_ready()
    yield served
    served.end()


def test_the_field_lists_what_is_offered_and_nothing_else(
    server: Server, open_page: Callable[..., AtlasPage]
) -> None:
    atlas = open_page(server)
    expect(atlas.model.get_by_role("option")).to_have_text(["embedded", "Ours"])
    expect(atlas.page.get_by_text("Another model …")).to_have_count(0)
    expect(atlas.page.get_by_label("Folder or hub id of another model")).to_have_count(0)

    atlas.generate("a dog")
    atlas.model.select_option("Ours")
    atlas.page.get_by_role("button", name="Show this sentence with it").click(timeout=SLOW)
    expect(atlas.page.get_by_text("Shown: Ours")).to_be_visible(timeout=SLOW)
    atlas.page.get_by_role("button", name="What is this model?").click()
    about = atlas.page.get_by_role("dialog")
    expect(about).to_contain_text("The checkpoint that this server offers as Ours.")
    assert "a-folder-nobody-knows" not in atlas.page.content()


@pytest.mark.parametrize("name", ["owner/model", "/etc"])
def test_an_address_cannot_ask_for_more(
    server: Server, open_page: Callable[..., AtlasPage], name: str
) -> None:
    atlas = open_page(server, f"/#text=a+dog&model={name}")
    notice = atlas.page.get_by_text(
        f"This server does not offer the model “{name}”. It offers embedded and Ours."
    )
    expect(notice).to_be_visible(timeout=SLOW)
    expect(atlas.model).to_have_value("embedded")
    atlas.expect_tokens("[CLS]", "a", "dog", "[SEP]")
    expect_nothing_found(atlas)

    atlas.model.select_option("Ours")
    expect(notice).to_have_count(0)
    expect(atlas.page.get_by_role("button", name="Show this sentence with it")).to_be_visible(
        timeout=SLOW
    )


def test_an_address_that_names_no_model_is_told_the_list_alone(
    server: Server, open_page: Callable[..., AtlasPage]
) -> None:
    atlas = open_page(server, "/#text=a+dog&model=../..")
    expect(
        atlas.page.get_by_text("The address asks for model=../..; it can be one of the list.")
    ).to_be_visible(timeout=SLOW)


def test_two_visitors_choose_for_themselves(
    server: Server, open_page: Callable[..., AtlasPage]
) -> None:
    atlas = open_page(server)
    with Visitor(server) as other:
        other.set(wanted_model="Ours")
        other.hear("aa-model", wanted="Ours", status="ready")
        atlas.generate("a dog")
        expect(atlas.page.get_by_text("Shown: the embedded model")).to_be_visible()


@pytest.fixture
def other_site(tmp_path: Path) -> Iterator[str]:
    """A site that is not ours, on this machine."""
    (tmp_path / "index.html").write_text("<!DOCTYPE html><title>Another site</title>", "utf-8")
    handler = partial(_Quiet, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_address[1]}/"
        serving.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Not into the tests' output."""


CONNECT = """address => new Promise(told => {
  const socket = new WebSocket(address);
  socket.onmessage = () => told("it was let in");
  socket.onclose = () => told("refused");
})"""
FETCH = "address => fetch(address).then(() => 'it was let in', () => 'refused')"
SCRIPT = """address => new Promise(told => {
  const script = document.createElement("script");
  script.onload = () => told("it was let in");
  script.onerror = () => told("refused");
  script.src = address;
  document.head.append(script);
})"""
FRAME = """address => new Promise(told => {
  const frame = document.createElement("iframe");
  frame.onload = () => told(frame);
  frame.src = address;
  document.body.append(frame);
})"""


def test_a_page_of_another_site_has_no_way_in(
    server: Server, browser: Browser, other_site: str
) -> None:
    page = browser.new_page()
    page.goto(other_site)
    socket = server.url.replace("http", "ws") + "/websocket/"
    assert page.evaluate(CONNECT, socket) == "refused"
    assert page.evaluate(FETCH, server.url) == "refused"
    assert page.evaluate(SCRIPT, f"{server.url}/app/static/address.js") == "refused"
    page.evaluate(FRAME, f"{server.url}/")
    expect(page.frame_locator("iframe").get_by_label("Sentence", exact=True)).to_have_count(0)
    page.context.close()


SMUGGLE = """() => new Promise(told => {
  const script = document.createElement("script");
  script.textContent = "window.smuggled = 'a script in the page'";
  const image = document.createElement("div");
  image.innerHTML = `<img src="nothing:" onerror="window.smuggled = 'a handler'">`;
  document.body.append(script, image);
  setTimeout("window.smuggled = 'a text that is run'");
  setTimeout(() => { try { window.smuggled = new Function("return 'a function'")(); } catch {} });
  setTimeout(() => told(window.smuggled ?? "nothing"), 200);
})"""
SEND = "address => fetch(address, {mode: 'no-cors'}).then(() => 'it was sent', () => 'refused')"


def test_what_was_smuggled_in_neither_runs_nor_sends_anything(
    server: Server, browser: Browser, other_site: str
) -> None:
    page = browser.new_page()
    page.goto(server.url)
    expect(page.get_by_label("Sentence", exact=True)).to_be_visible()
    assert page.evaluate(SMUGGLE) == "nothing"
    assert page.evaluate(SEND, other_site) == "refused"
    page.context.close()
