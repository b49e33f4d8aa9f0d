"""What is saved from the page: names, answers, and the newest order."""

from __future__ import annotations

import asyncio
import errno
import io
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

import numpy as np
import pytest
import torch
from PIL import Image
from shiny import Session

from attention_atlas.app.fair_queue import FairQueue
from attention_atlas.app.newest import Newest
from attention_atlas.app.passes import Passes
from attention_atlas.app.private_folder import PrivateFolder
from attention_atlas.app.saved_file import Kept, SavedFile, SavedFiles, file_name, response
from attention_atlas.app.sections import saving
from attention_atlas.app.sections.saved_words import holds, opens_on
from attention_atlas.app.sections.saving import Asked, Figures, Pages
from attention_atlas.app.shared import Shared
from attention_atlas.models.model import Model
from attention_atlas.tracing import capture
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.figures.making import figure
from attention_atlas.views.figures.view_figure import Chosen
from attention_atlas.views.weights import Shown
from people import PATIENCE, completed, until

TEXT = "the cat sat on"
FIGURE = {
    "number": 1, "view": "attention-map", "format": "csv", "columns": 1, "theme": "light",
}  # fmt: skip
PAGE = {
    "number": 1, "heads": "head", "theme": "light", "overview": False, "across": False,
    "walk": False,
}  # fmt: skip


class Heard:
    """A session that keeps what it is told, and the files that are saved for it."""

    def __init__(self, folder: Path) -> None:
        self.messages: list[dict[str, Any]] = []
        self.files = SavedFiles(PrivateFolder(folder))
        self.drawing = FairQueue(2)
        self.passes = Passes()

    @property
    def shared(self) -> Shared:
        """What makers need of it."""
        return cast(Shared, self)

    def close(self) -> None:
        """Lets the threads end."""
        self.drawing.close()
        self.passes.close()

    async def send_custom_message(self, type: str, message: dict[str, Any]) -> None:
        assert type == "aa-saved"
        self.messages.append(message)

    def get(self, url: str) -> Any:
        """What a browser gets at an address."""
        assert url.startswith("saved/")
        return self.files.answer(url.removeprefix("saved/"))


@pytest.fixture(scope="module")
def traced(tiny: Model) -> Trace:
    return trace(tiny, TEXT)


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[Heard]:
    heard = Heard(tmp_path)
    yield heard
    heard.close()


@pytest.fixture
def figures(heard: Heard) -> Figures:
    return Figures(cast(Session, heard), Kept(heard.files), heard.shared)


@pytest.fixture
def pages(heard: Heard) -> Pages:
    return Pages(cast(Session, heard), Kept(heard.files), heard.shared)


async def answer(maker: Figures | Pages, *asked: Asked) -> None:
    for one in asked:
        maker.order.ask(one)
    while (task := maker.order.task) is not None:
        await task


def asked(traced: Trace, options: Mapping[str, Any], **chosen: Any) -> Asked:
    return Asked(options.get("number"), options, traced, Chosen(**chosen))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the cat sat on the mat", "-the-cat-sat-on"),
        ("../../etc/passwd", "-etc-passwd"),
        ("</script><b>$x$ ☃", "-script-b-x"),
        ('CON.txt | \\ : * ? " < > \x00\n\t', "-con-txt"),
        ("  .hidden  ", "-hidden"),
        ("☃ 😀 …", ""),
        ("नमस्ते दुनिया", "-नमस्ते-दुनिया"),
        ("מה שלומך", "-מה-שלומך"),
        ("a" * 300, "-" + "a" * 48),
        ("é" * 300, "-" + "é" * 24),
        ("one " + "b" * 300, "-one"),
    ],
)
def test_a_name_has_the_view_the_head_and_the_first_words(
    tiny: Model, text: str, words: str
) -> None:
    class Text:
        """What a name needs of a trace."""

        def __init__(self) -> None:
            self.text = text

    named = file_name("attention-map", cast(Trace, Text()), "svg", layer=3, head=1)
    assert named == f"attention-map-layer-4-head-2{words}.svg"
    assert len(named.encode()) < 128


def test_a_file_is_saved_under_its_name_and_runs_nowhere() -> None:
    answered = response(SavedFile("stack-מה-☃.svg", b"<svg/>"))
    assert answered.body == b"<svg/>"
    headers = answered.headers
    kind, plain, extended = headers["content-disposition"].split("; ")
    assert (kind, plain) == ("attachment", 'filename="stack-_-_.svg"')
    assert extended.startswith("filename*=UTF-8''")
    assert unquote(extended.removeprefix("filename*=UTF-8''")) == "stack-מה-☃.svg"
    assert headers["content-type"] == "image/svg+xml"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("sandbox")


def test_of_orders_that_come_while_one_is_done_the_last_is_done() -> None:
    done: list[str] = []
    seen: list[bool] = []

    async def run() -> None:
        gate = asyncio.Event()

        async def work(what: str) -> None:
            done.append(what)
            await gate.wait()
            seen.append(newest.overtaken(what))

        newest = Newest(work)
        newest.ask("first")
        await asyncio.sleep(0)
        newest.ask("second")
        newest.ask("third")
        gate.set()
        while (task := newest.task) is not None:
            await task
        newest.ask("fourth")
        await cast("asyncio.Task[None]", newest.task)

    completed(run())
    assert done == ["first", "third", "fourth"]
    assert seen == [True, False, False]


def test_a_figure_is_told_first_and_then_its_file(
    heard: Heard, figures: Figures, traced: Trace
) -> None:
    options = {**FIGURE, "number": 7, "format": "png", "columns": 2}

    async def run() -> tuple[Any, Any]:
        await answer(figures, asked(traced, options, layer=1, head=2, token=3))
        seen, there = heard.messages
        return heard.get(seen["preview"]), heard.get(there["file"]["url"])

    preview, file = completed(run())
    seen, there = heard.messages
    assert {"kind": "figure", "number": 7, "title": "Attention map"}.items() <= seen.items()
    assert "file" not in seen
    assert seen["inches"] == 6.75
    assert seen["caption"] == figure("attention-map", traced, 1, 2, 3).caption
    assert there["file"]["name"] == "attention-map-layer-2-head-3-the-cat-sat-on.png"
    assert there["file"]["size"] == len(file.body)
    assert preview.body == file.body
    assert preview.headers["content-disposition"] == "inline"
    assert preview.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(file.body)).width == 6.75 * 300


def test_numbers_are_told_in_a_sentence_instead_of_a_preview(
    heard: Heard, figures: Figures, traced: Trace
) -> None:
    async def run() -> Any:
        await answer(figures, asked(traced, {**FIGURE, "format": "npz"}, layer=1, head=2))
        return heard.get(heard.messages[-1]["file"]["url"])

    file = completed(run())
    n = len(traced.tokens)
    assert all("preview" not in message for message in heard.messages)
    assert heard.messages[0]["holds"] == (
        f"For numpy.load, with the names along their axes: attention, {n} × {n} (from × to)."
    )
    with np.load(io.BytesIO(file.body), allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["attention"], traced.layers[1].attention[2])


def test_several_arrays_are_named_each_with_its_shape(traced: Trace) -> None:
    view = figure("projections", traced, 0, 1, 2)
    n, size = len(traced.tokens), traced.model.head_size
    vectors = "; ".join(f"{name}, {n} × {size} (token × dimension)" for name in ("query", "key"))
    values = 3 * n * size + 3 * n
    told = holds(view, "csv")
    assert told.startswith(
        f"A table for a spreadsheet or a script, {values} values, one a line: {vectors}; "
    )


def test_what_was_overtaken_is_not_told(heard: Heard, figures: Figures, traced: Trace) -> None:
    first, second, third = (
        asked(traced, {**FIGURE, "number": number, "view": view})
        for number, view in ((1, "attention-map"), (2, "nonsense"), (3, "stack"))
    )

    async def run() -> None:
        figures.order.ask(first)
        await asyncio.sleep(0)
        await answer(figures, second, third)

    completed(run())
    assert [message["number"] for message in heard.messages] == [3, 3]


def test_a_figure_that_is_left_stops_its_passes(
    heard: Heard, figures: Figures, traced: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, gate = threading.Event(), threading.Event()
    run_encoder = capture.run_encoder
    ended: list[torch.Tensor] = []

    def slow(*args: Any, **options: Any) -> torch.Tensor:
        begun.set()
        assert gate.wait(PATIENCE)
        ended.append(run_encoder(*args, **options))
        return ended[-1]

    monkeypatch.setattr(capture, "run_encoder", slow)

    async def run() -> None:
        options = {**FIGURE, "view": "masked-in-turn"}
        figures.order.ask(asked(traced, options))
        await until(begun.is_set)
        figures.order.stop()
        gate.set()
        await until(lambda: not heard.passes.busy)
        assert not ended
        await answer(figures, asked(traced, {**options, "number": 9}))

    completed(run())
    assert ended
    assert {message["number"] for message in heard.messages} == {9}


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        (
            {"view": "../../etc/passwd"},
            "There is no view '../../etc/passwd'. Choose one of tokens,",
        ),
        ({"view": ["stack"]}, "There is no view \"['stack']\". Choose one of tokens,"),
        ({"view": None}, "There is no view 'None'. Choose one of tokens,"),
        ({"format": "exe"}, "format cannot be 'exe'. Choose one of svg, pdf, png, csv, npz."),
        ({"format": {"svg": 1}}, "format cannot be \"{'svg': 1}\". Choose one of svg,"),
        ({"columns": 3}, "columns cannot be '3'. Choose one of 1, 2."),
        ({"columns": True}, "columns cannot be 'True'. Choose one of 1, 2."),
        ({"theme": "pink"}, "theme cannot be 'pink'. Choose one of light, dark."),
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_a_sentence(
    heard: Heard, figures: Figures, traced: Trace, wrong: dict[str, Any], refusal: str
) -> None:
    completed(answer(figures, asked(traced, {**FIGURE, **wrong})))
    (message,) = heard.messages
    assert message["refusal"].startswith(refusal)
    assert set(message) == {"kind", "number", "refusal"}


def test_what_a_view_refuses_is_told_as_it_is(
    heard: Heard, figures: Figures, traced: Trace
) -> None:
    scores = asked(traced, {**FIGURE, "view": "attention-flow"}, shown=Shown("scores"))
    completed(answer(figures, scores))
    (message,) = heard.messages
    assert message["refusal"].startswith("Scores have no flow")


def test_what_nobody_foresaw_is_told_without_its_traceback(
    heard: Heard, figures: Figures, traced: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(saving, "_figure", broken)
    completed(answer(figures, asked(traced, FIGURE)))
    (message,) = heard.messages
    assert message["refusal"] == saving.UNFORESEEN


def test_only_the_last_file_is_kept_and_none_when_the_session_ends(
    heard: Heard, traced: Trace
) -> None:
    kept = Kept(heard.files)
    figures = Figures(cast(Session, heard), kept, heard.shared)

    async def run() -> list[int]:
        urls = []
        for view in ("stack", "rollout"):
            await answer(figures, asked(traced, {**FIGURE, "view": view}))
            urls.append(heard.messages[-1]["file"]["url"])
        beside = f"saved/../{urls[1]}"
        found = [heard.get(url).status_code for url in (*urls, f"{urls[1]}0", beside)]
        kept.clear()
        return [*found, heard.get(urls[1]).status_code]

    assert completed(run()) == [404, 200, 404, 404, 404]


def test_a_page_is_told_with_its_size(heard: Heard, pages: Pages, traced: Trace) -> None:
    async def run() -> Any:
        await answer(pages, asked(traced, PAGE, layer=1, head=2, token=3))
        return heard.get(heard.messages[-1]["file"]["url"])

    file = completed(run())
    opens, there = heard.messages
    assert opens["opens"] == (
        "It opens as the page is now: layer 2, head 3; focused: “sat” at position 3."
    )
    assert there["file"]["name"] == "attention-atlas-the-cat-sat-on.html"
    assert there["file"]["size"] == len(file.body)
    assert file.headers["content-type"] == "text/html; charset=utf-8"
    assert file.body.startswith(b"<!DOCTYPE html>")


def test_a_page_says_how_it_opens_also_without_a_focus(traced: Trace) -> None:
    shown = Shown("norms", keep_special=False, words=True)
    assert opens_on(traced, Chosen(0, 1, None, shown)) == (
        "It opens as the page is now: layer 1, head 2; norm-weighted, ‖α v Wₒ‖; [CLS], [SEP] and "
        "padding left out; pieces of a word taken together."
    )


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"heads": "none"}, "A file that carries nothing shows nothing. Choose a part for it."),
        ({"heads": "none", "walk": "yes"}, "A file that carries nothing shows nothing."),
        ({"heads": 3}, "heads cannot be '3'. Choose one of head, layer, all, none."),
        ({"theme": None}, "theme cannot be 'None'. Choose one of light, dark."),
    ],
)
def test_a_page_that_cannot_be_is_refused(
    heard: Heard, pages: Pages, traced: Trace, wrong: dict[str, Any], refusal: str
) -> None:
    completed(answer(pages, asked(traced, {**PAGE, **wrong})))
    assert heard.messages[-1]["refusal"].startswith(refusal)
    assert "file" not in heard.messages[-1]


def test_a_disk_that_is_full_is_told_and_leaves_nothing_half(
    heard: Heard, figures: Figures, traced: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    completed(answer(figures, asked(traced, FIGURE)))
    before = heard.messages[-1]["file"]["url"]

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    completed(answer(figures, asked(traced, {**FIGURE, "view": "stack"})))
    assert heard.messages[-1]["refusal"] == (
        "The file was made, but there is no place to keep it until your browser has it (No space "
        "left on device). When there is room for temporary files again, choose it once more."
    )
    assert heard.get(before).status_code == 200
    assert [path.name for path in heard.files._folder.path("saved").iterdir()] == [before[6:]]


def test_a_file_that_is_made_when_its_session_has_ended_is_not_kept(heard: Heard) -> None:
    kept = Kept(heard.files)
    kept.clear()
    url = kept.put("figure", SavedFile("late.csv", b"1"))
    assert heard.get(url).status_code == 404


@contextmanager
def others_pass(heard: Heard, model: Model) -> Iterator[threading.Event]:
    """Somebody else's pass runs within, until the event is set."""
    may_end, begun = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait()

    running = asyncio.ensure_future(heard.passes.run(model, "somebody else", "pass", work))
    try:
        yield may_end
    finally:
        may_end.set()
        running.cancel()


MASKED = {**FIGURE, "view": "masked-in-turn"}
WALK = {**PAGE, "walk": True}


@pytest.mark.parametrize(
    ("maker", "options"),
    [(Figures, MASKED), (Figures, {**FIGURE, "view": "predictions"}), (Pages, WALK)],
    ids=["masked in turn", "predictions", "page"],
)
def test_what_takes_passes_waits_for_its_turn_and_says_its_place(
    heard: Heard, traced: Trace, maker: Callable[..., Figures | Pages], options: dict[str, Any]
) -> None:
    async def run() -> None:
        making = maker(cast(Session, heard), Kept(heard.files), heard.shared)
        with others_pass(heard, traced.model) as may_end:
            making.order.ask(asked(traced, options))
            await until(lambda: any("place" in message for message in heard.messages))
            assert not any("file" in message for message in heard.messages)
            may_end.set()
            await cast("asyncio.Task[None]", making.order.task)

    completed(run())
    places = [message["place"] for message in heard.messages if "place" in message]
    assert places == ["Yours is next"]
    assert heard.messages[-1]["file"]["size"] > 0


def test_what_takes_none_does_not_wait_for_those_that_do(
    heard: Heard, figures: Figures, traced: Trace
) -> None:
    async def run() -> None:
        with others_pass(heard, traced.model):
            await answer(figures, asked(traced, FIGURE))

    completed(run())
    assert heard.messages[-1]["file"]["size"] > 0


def test_who_stops_leaves_the_queue_and_may_ask_again(
    heard: Heard, figures: Figures, traced: Trace
) -> None:
    async def run() -> None:
        with others_pass(heard, traced.model) as may_end:
            figures.order.ask(asked(traced, MASKED))
            await until(lambda: heard.passes.length == 1)
            figures.order.stop()
            await until(lambda: heard.passes.length == 0)
            figures.order.ask(asked(traced, {**MASKED, "number": 2}))
            await until(lambda: heard.passes.length == 1)
            may_end.set()
            await cast("asyncio.Task[None]", figures.order.task)

    completed(run())
    assert [message["number"] for message in heard.messages if "file" in message] == [2]


def test_what_was_overtaken_while_it_waited_is_not_made(
    heard: Heard, figures: Figures, traced: Trace
) -> None:
    async def run() -> None:
        with others_pass(heard, traced.model) as may_end:
            figures.order.ask(asked(traced, MASKED))
            await until(lambda: heard.passes.length == 1)
            figures.order.ask(asked(traced, {**FIGURE, "number": 2}))
            may_end.set()
            await cast("asyncio.Task[None]", figures.order.task)

    completed(run())
    assert [message["number"] for message in heard.messages if "title" in message] == [2, 2]
