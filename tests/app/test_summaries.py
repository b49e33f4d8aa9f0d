"""Other summaries of all heads: equal to the library's, made once, and the newest one wins."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from shiny import Inputs, Session, reactive
from shiny.types import SilentException

import attention_atlas as aa
from attention_atlas.analysis.heads import HeadSummary
from attention_atlas.app.exploring import explore
from attention_atlas.app.fair_queue import FairQueue
from attention_atlas.app.shared import Shared
from attention_atlas.app.state import State
from attention_atlas.app.summaries import keep_other_summary
from attention_atlas.errors import AttentionAtlasError, InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace
from attention_atlas.views import summaries
from attention_atlas.views.weights import Shown, numbers

TEXT = "the unaffable cat sat on the mat"


def completed(work: Coroutine[Any, Any, None]) -> None:
    """Runs it in a thread of its own: the browser tests leave a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


class FakeSession:
    """A session that keeps what it was told to send."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.end: list[Callable[[], Any]] = []

    async def send_custom_message(self, type: str, message: Any) -> None:
        self.sent.append((type, message))

    def on_ended(self, callback: Callable[[], Any]) -> None:
        self.end.append(callback)


class Page:
    """A person's choices, and what the server makes of them."""

    def __init__(self, model: Model, text: str) -> None:
        self.shown: reactive.Value[dict[str, Any]] = reactive.Value({})
        self.session = FakeSession()
        self.state = State(cast(Inputs, {"shown": self.shown}))
        self.exploration = explore(model, text, None)
        self.state.exploration.set(self.exploration)
        shared = SimpleNamespace(drawing=FairQueue(4))
        keep_other_summary(cast(Session, self.session), self.state, cast(Shared, shared))

    async def choose(self, **shown: Any) -> None:
        async with reactive.lock():
            self.shown.set(shown)
            await reactive.flush()

    def summary(self) -> HeadSummary:
        with reactive.isolate():
            return self.state.summary()

    async def settled(self) -> HeadSummary:
        """The summary of what was chosen, as soon as it is there."""
        for _ in range(1000):
            try:
                return self.summary()
            except SilentException:
                await asyncio.sleep(0.01)
        raise AssertionError("no summary came")


def per_head(trace: Trace, shown: Shown, **options: Any) -> list[Any]:
    return [
        aa.metrics(numbers(trace, layer, None, shown), **options)
        for layer in range(trace.model.layers)
    ]


def test_over_other_units_it_is_what_the_library_gives(embedded: Model) -> None:
    async def run() -> None:
        page = Page(embedded, TEXT)
        assert page.summary() is page.exploration.summary
        await page.choose(words=True, special=False)
        found = await page.settled()
        expected = per_head(page.exploration.trace, Shown("weights", False, True))
        for layer, of_layer in enumerate(expected):
            np.testing.assert_allclose(found.metrics.entropy[layer], of_layer.entropy, rtol=1e-5)
        assert [m for _, m in page.session.sent] == [{"busy": True}, {"busy": False}]

    completed(run())


def test_another_threshold_changes_the_sparsity_alone(embedded: Model) -> None:
    async def run() -> None:
        page = Page(embedded, TEXT)
        first = page.summary()
        await page.choose(tau=0.1)
        found = await page.settled()
        with reactive.isolate():
            tau = page.state.tau()
        assert 0.08 < tau < 0.12
        of_first_layer = per_head(page.exploration.trace, Shown(), threshold=tau)[0]
        np.testing.assert_allclose(found.metrics.sparsity[0], of_first_layer.sparsity, atol=1e-6)
        np.testing.assert_array_equal(found.metrics.entropy, first.metrics.entropy)
        assert found.metrics.sparsity.mean() > first.metrics.sparsity.mean()

    completed(run())


def test_of_many_wishes_in_a_row_only_the_newest_is_made(
    embedded: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Shown] = []
    go_on = threading.Event()

    def slow(trace: Trace, shown: Shown) -> HeadSummary:
        made.append(shown)
        assert go_on.wait(10)
        return original(trace, shown)

    original = summaries.summary_of
    monkeypatch.setattr(summaries, "summary_of", slow)

    async def run() -> None:
        page = Page(embedded, TEXT)
        await page.choose(words=True)
        while not made:
            await asyncio.sleep(0.001)
        await page.choose(words=True, special=False)
        await page.choose(special=False)
        with pytest.raises(SilentException):
            page.summary()
        go_on.set()
        found = await page.settled()
        size = len(page.exploration.trace.tokens) - 2
        assert found.thumbnails.shape[-1] == size
        await page.choose(words=True)
        await page.choose()  # back to the summary of the pass: nothing is awaited
        assert page.summary() is page.exploration.summary

    completed(run())
    assert made[:2] == [Shown(words=True), Shown(keep_special=False)]


def test_what_cannot_be_made_is_said(embedded: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(trace: Trace, shown: Shown) -> HeadSummary:
        raise MemoryError

    monkeypatch.setattr(summaries, "summary_of", broken)

    async def run() -> None:
        page = Page(embedded, "[SEP] [SEP]")
        await page.choose(special=False)
        with pytest.raises(InvalidChoice, match="nothing is left of this text"):
            page.summary()
        page = Page(embedded, TEXT)
        await page.choose(words=True)
        with pytest.raises(AttentionAtlasError, match="could not be summarised"):
            await page.settled()
        assert page.session.sent[-1] == ("aa-summary", {"busy": False})

    completed(run())
