"""The connection drops and comes back: the page says so, and finds its way back by itself."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, WebSocketRoute, expect

from browser_page import SENTENCE, SLOW, AtlasPage
from checkpoints import make_checkpoint
from served import free_port, wait_for

if TYPE_CHECKING:
    from conftest import Application

GONE = "The connection to the application is gone."
BACK = "The connection was lost and is back. This view was restored from its address."


class Cable:
    """A way to an application that can be cut, and laid again: a TCP proxy."""

    def __init__(self, url: str) -> None:
        self.to = urlsplit(url)
        self._listener: socket.socket | None = None
        self._port = free_port()
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self.silent = False
        """Whether what is sent reaches nobody, though nothing is cut."""
        self.refuses = False
        """Whether sockets are refused, while all else is answered."""
        self.lay()
        self.url = f"http://127.0.0.1:{self._port}"

    def lay(self) -> None:
        """Connections come through again."""
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self._port))
        self._listener.listen()
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Ends all connections, and takes no new ones."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        with self._lock:
            ends, self._open = self._open, []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near = listener.accept()[0]
                far = socket.create_connection((self.to.hostname or "", self.to.port or 80))
                with self._lock:
                    self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                if self.refuses and data.startswith(b"GET /websocket/"):
                    one.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                    break
                if not self.silent:
                    other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Window(AtlasPage):
    """A page at the end of a cable, of which only errors in its own scripts are complaints."""

    def __init__(self, browser: Browser, cable: Cable, address: str = "/", **size: int) -> None:
        self.cable = cable
        size = {"width": 1440, "height": 900, **size}
        super().__init__(browser.new_context(viewport=size).new_page())  # pyright: ignore[reportArgumentType]
        self.page.set_default_timeout(SLOW)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.said = self.page.get_by_role("main").get_by_role("status").first
        self.page.goto(cable.url + address)

    def generate(self, sentence: str, pair: str | None = None) -> None:
        """Also waits until it is said to be done: what is lost before that runs again."""
        super().generate(sentence, pair)
        expect(self.page.get_by_role("button", name="Generate All")).to_be_enabled(timeout=SLOW)

    def notice(self, text: str) -> Locator:
        return self.said.get_by_text(text)

    def lose(self) -> None:
        """The connection goes, and the page says so."""
        self.cable.cut()
        expect(self.notice(GONE)).to_be_visible()

    def return_(self) -> None:
        """The connection is back, and the page with it."""
        self.cable.lay()
        self.page.evaluate("dispatchEvent(new Event('online'))")
        expect(self.notice(BACK)).to_be_visible(timeout=SLOW)
        expect(self.notice(GONE)).to_have_count(0)


@pytest.fixture
def cable(embedded_application: Application) -> Iterator[Cable]:
    cable = Cable(embedded_application.url)
    yield cable
    cable.cut()


@pytest.fixture
def open_window(browser: Browser, cable: Cable) -> Iterator[Callable[..., Window]]:
    opened: list[Window] = []

    def open_window(address: str = "/", **size: int) -> Window:
        opened.append(Window(browser, cable, address, **size))
        return opened[-1]

    yield open_window
    for window in opened:
        window.page.context.close()
        assert not window.errors, window.errors


def expect_settled(window: Window, title: str, top: int) -> None:
    """A step begins so far down the window, within a line of text."""
    step = window.walk.get_by_role("region", name=title, exact=True).first.element_handle()
    window.page.wait_for_function(
        "([step, top]) => Math.abs(step.getBoundingClientRect().top - top) < 8", arg=[step, top]
    )


def same_view(window: Window) -> None:
    expect(window.layer(3)).to_be_checked(timeout=SLOW)
    expect(window.head(2)).to_be_checked()
    expect(window.token("mat")).to_be_checked()
    expect(window.page.locator("html")).to_have_attribute("data-theme", "light")


def test_the_view_comes_back_by_itself(open_window: Callable[..., Window]) -> None:
    """What was drawn stays readable, and the page is where it was, twice in a row."""
    window = open_window()
    window.generate(SENTENCE)
    window.layer(3).check()
    window.head(2).check()
    window.token("mat").click()
    window.page.get_by_role("button", name="Light").click()
    step = window.step("Feed-forward")
    expect(step.get_by_role("img").first).to_be_visible(timeout=SLOW)
    for _ in range(2):
        step.evaluate("node => scrollTo(0, scrollY + node.getBoundingClientRect().top - 180)")
        window.lose()
        expect(step.get_by_role("img").first).to_be_visible()
        assert step.evaluate("node => getComputedStyle(node).opacity") == "1"
        window.return_()
        same_view(window)
        expect(step.get_by_role("img").first).to_be_visible(timeout=SLOW)
        expect_settled(window, "Feed-forward", 180)


def test_a_sentence_that_was_under_way_runs_again(open_window: Callable[..., Window]) -> None:
    """And is a step of the history, behind which the one before is found."""
    window = open_window()
    window.generate(SENTENCE)
    window.cable.silent = True
    window.sentence.fill("the dog ran")
    window.page.get_by_role("button", name="Generate All").click()
    window.lose()
    expect(window.page.get_by_role("button", name="Waiting for the connection")).to_be_visible()
    window.expect_tokens("[CLS]", *SENTENCE.split(), "[SEP]")
    window.cable.silent = False
    window.return_()
    window.expect_tokens("[CLS]", "the", "dog", "ran", "[SEP]")
    window.page.go_back()
    window.expect_tokens("[CLS]", *SENTENCE.split(), "[SEP]")
    window.page.go_forward()
    window.expect_tokens("[CLS]", "the", "dog", "ran", "[SEP]")


def test_a_sentence_that_waits_can_be_given_up(open_window: Callable[..., Window]) -> None:
    window = open_window()
    window.generate(SENTENCE)
    window.lose()
    window.sentence.fill("the dog ran")
    window.page.get_by_role("button", name="Generate All").click()
    expect(window.notice("Your sentence runs then.")).to_be_visible()
    window.page.get_by_role("button", name="Cancel").click()
    expect(window.page.get_by_role("button", name="Generate All")).to_be_enabled()
    window.return_()
    window.expect_tokens("[CLS]", *SENTENCE.split(), "[SEP]")
    expect(window.sentence).to_have_value("the dog ran")


def test_what_cannot_be_drawn_is_not_headed(open_window: Callable[..., Window]) -> None:
    """No new heading stands over an old picture."""
    window = open_window()
    window.generate(SENTENCE)
    window.lose()
    before = window.page.url
    window.layer(3).click()
    expect(window.notice("Until then nothing new can be drawn.")).to_be_visible()
    expect(window.layer(3)).not_to_be_checked()
    assert window.page.url == before
    window.return_()
    window.layer(3).check()


def test_what_was_typed_comes_back(open_window: Callable[..., Window]) -> None:
    """Both fields, and the cursor; the sentence in the address is the one that is shown."""
    window = open_window()
    window.generate(SENTENCE)
    window.page.get_by_text("Second sentence").click()
    window.pair.fill("a second\nline")
    window.sentence.fill("half a sen")
    window.page.keyboard.press("ArrowLeft")
    window.lose()
    window.page.keyboard.type("xy")
    window.return_()
    window.expect_tokens("[CLS]", *SENTENCE.split(), "[SEP]")
    expect(window.sentence).to_have_value("half a sexyn")
    expect(window.pair).to_have_value("a second\nline")
    expect(window.page.get_by_text("up to 512 tokens")).to_be_visible()
    expect(window.sentence).to_be_focused()
    window.page.keyboard.type("z")
    expect(window.sentence).to_have_value("half a sexyzn")


def test_a_page_without_a_sentence_comes_back(open_window: Callable[..., Window]) -> None:
    window = open_window()
    window.sentence.fill("not yet")
    window.lose()
    window.return_()
    expect(window.sentence).to_have_value("not yet")
    window.page.get_by_role("button", name="Generate All").click()
    window.expect_tokens("[CLS]", "not", "yet", "[SEP]")
    expect(window.notice(BACK)).to_have_count(0)


def test_a_text_without_room_in_the_address_comes_back(open_window: Callable[..., Window]) -> None:
    window = open_window()
    window.generate("猫" * 60_000)
    assert "text=" not in window.page.url
    window.layer(3).check()
    window.lose()
    window.return_()
    expect(window.page.get_by_text("512 of 512 tokens")).to_be_visible(timeout=SLOW)
    expect(window.layer(3)).to_be_checked()
    window.page.reload()
    expect(window.page.get_by_text("512 of 512 tokens")).to_be_visible(timeout=SLOW)


def test_on_a_phone(open_window: Callable[..., Window]) -> None:
    """The controls that were open are open again, with what was being typed."""
    window = open_window(f"/#text={SENTENCE}&layer=3&head=2", width=390, height=844)
    window.expect_tokens("[CLS]", *SENTENCE.split(), "[SEP]")
    window.page.get_by_role("button", name="Sentence").click()
    window.sentence.fill("the dog")
    window.lose()
    window.return_()
    expect(window.sentence).to_be_visible()
    expect(window.sentence).to_have_value("the dog")
    expect(window.page.get_by_role("button", name="Try now")).to_have_count(0)


def test_a_line_that_is_cut_without_a_word_is_found_out(open_window: Callable[..., Window]) -> None:
    """A machine that slept still holds its socket; awake, the page asks whether it is heard."""
    window = open_window()
    window.page.clock.install()
    window.page.reload()
    window.generate(SENTENCE)
    window.cable.silent = True
    window.page.evaluate("dispatchEvent(new Event('online'))")
    window.page.clock.fast_forward(2_000)  # the time that this test takes is added to it
    expect(window.notice(GONE)).to_have_count(0)

    def found_out() -> bool:
        window.page.clock.fast_forward(9_000)
        gone = window.notice(GONE).is_visible()
        if not gone:  # what was on its way when the line fell silent is heard, and it asks anew
            window.page.evaluate("dispatchEvent(new Event('online'))")
        return gone

    wait_for(found_out, "that the line is gone")
    window.cable.cut()
    window.cable.silent = False
    window.return_()
    window.page.evaluate("dispatchEvent(new Event('online'))")
    window.page.clock.fast_forward(11_000)
    expect(window.notice(GONE)).to_have_count(0)


def test_tries_come_ever_more_rarely(open_window: Callable[..., Window]) -> None:
    """And the seconds in between are for the eye alone."""
    window = open_window()
    window.page.clock.install()
    window.page.reload()
    window.generate(SENTENCE)
    window.page.evaluate(
        """() => {
          const { fetch } = window;
          window.asked = [];
          window.fetch = (what, ...of) => {
            if (what === "healthz") window.asked.push(performance.now() / 1000);
            return fetch(what, ...of);
          };
        }"""
    )
    window.lose()
    lost = window.page.evaluate("performance.now() / 1000")
    for _ in range(60):
        window.page.clock.run_for(1_000)
        expect(window.notice("Trying…")).to_have_count(0)
    asked = window.page.evaluate("window.asked")
    pauses = [b - a for a, b in zip([lost, *asked], asked, strict=False)]
    assert len(pauses) >= 6
    assert pauses[0] <= 2
    assert all(14 <= pause <= 22 for pause in pauses[5:])
    count = window.notice("Next try in")
    assert count.get_attribute("aria-hidden") == "true"


def closing(code: int) -> Callable[[object], None]:
    return lambda socket: socket.close(code=code, reason="")  # type: ignore[attr-defined]


def test_a_full_server_is_named(open_window: Callable[..., Window]) -> None:
    """The page keeps what it has drawn, and does not hammer."""
    window = open_window()
    window.generate(SENTENCE)
    window.page.route_web_socket(re.compile("/websocket/"), closing(1013))
    window.lose()
    window.cable.lay()
    expect(window.notice("The application is full:")).to_be_visible()
    window.expect_tokens("[CLS]", *SENTENCE.split(), "[SEP]")


def test_a_first_visit_to_a_full_server(open_window: Callable[..., Window]) -> None:
    window = open_window()
    window.page.route_web_socket(re.compile("/websocket/"), closing(1013))
    window.page.goto("about:blank")
    window.page.goto(window.cable.url)
    expect(window.notice("The application is full:")).to_be_visible()


def test_a_connection_that_is_refused_is_named(open_window: Callable[..., Window]) -> None:
    window = open_window()
    window.generate(SENTENCE)
    window.lose()
    window.cable.refuses = True
    window.cable.lay()
    expect(window.notice("takes no connection from this page.")).to_be_visible()
    window.cable.refuses = False
    window.page.get_by_role("button", name="Try now").click()
    expect(window.notice(BACK)).to_be_visible(timeout=SLOW)


def fatal(window: Window, words: str, code: int) -> None:
    """From now on the connection ends with `code` whenever these words are to be run."""

    def connect(here: WebSocketRoute) -> None:
        there = here.connect_to_server()

        def carry(message: str | bytes) -> None:
            if words in str(message) and "generate" in str(message):
                here.close(code=code, reason="")
                there.close()
            else:
                there.send(message)

        here.on_message(carry)

    window.page.route_web_socket(re.compile("/websocket/"), connect)
    window.page.reload()


def test_a_sentence_that_ends_the_connection_is_not_run_for_ever(
    open_window: Callable[..., Window],
) -> None:
    window = open_window()
    fatal(window, "the dog ran", 1011)
    window.generate(SENTENCE)
    window.sentence.fill("the dog ran")
    window.page.get_by_role("button", name="Generate All").click()
    expect(window.notice("so it is not run again by itself.")).to_be_visible(timeout=SLOW)
    expect(window.sentence).to_have_value("the dog ran")
    window.expect_tokens("[CLS]", *SENTENCE.split(), "[SEP]")


def test_a_sentence_too_large_for_one_message_stays_in_its_field(
    open_window: Callable[..., Window],
) -> None:
    window = open_window()
    fatal(window, "the dog ran", 1009)
    window.sentence.fill("the dog ran")
    window.page.get_by_role("button", name="Generate All").click()
    expect(window.notice("The sentence is larger than the application takes")).to_be_visible()
    expect(window.notice("The connection was lost and is back.")).to_be_visible(timeout=SLOW)
    expect(window.sentence).to_have_value("the dog ran")
    expect(window.page.get_by_role("button", name="Generate All")).to_be_visible()


def test_restarted_on_another_model(
    open_window: Callable[..., Window], start: Callable[..., Application], tmp_path: Path
) -> None:
    """The address names the tab and the model that the page was of, so they come back."""
    window = open_window()
    window.generate(SENTENCE)
    window.open_tab("Attention")
    window.layer(3).check()
    window.lose()
    folder = make_checkpoint(tmp_path / "other")
    window.cable.to = urlsplit(start("--model", str(folder)).url)
    window.return_()
    window.expect_tokens("[CLS]", *SENTENCE.split(), "[SEP]")
    expect(window.page.get_by_text("Shown: the embedded model")).to_be_visible()
    window.expect_head(3, 2)
    expect(window.attention.get_by_role("img").first).to_be_visible(timeout=SLOW)
