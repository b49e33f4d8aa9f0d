"""Several people at once: each sees where in the queue they are, can leave it, and come again."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, expect
from prometheus_client.parser import text_string_to_metric_families

from browser_page import SLOW, AtlasPage, text_of
from checkpoints import make_checkpoint

if TYPE_CHECKING:
    from conftest import Application

LONG = text_of(500)
"""A pass over it takes many seconds; no test waits for its end."""


@pytest.fixture(scope="session")
def slow_application(
    start: Callable[..., Application], tmp_path_factory: pytest.TempPathFactory
) -> Application:
    """The application on a model that takes its time."""
    folder = make_checkpoint(
        tmp_path_factory.mktemp("slow"), layers=32, heads=96, head_size=1, max_tokens=512
    )
    return start("--model", str(folder))


def button(atlas: AtlasPage, name: str) -> Locator:
    return atlas.page.get_by_role("button", name=name)


def begin(atlas: AtlasPage, text: str) -> None:
    shown = atlas.page.get_by_role("status").filter(has_text=re.compile(r"\d+ layers"))
    expect(shown).to_be_visible(timeout=SLOW)
    atlas.sentence.fill(text)
    button(atlas, "Generate All").click()


def generated(application: Application) -> dict[str, float]:
    """How many sentences met which end, as an operator sees it."""
    with urllib.request.urlopen(f"{application.url}/metrics") as answer:
        families = text_string_to_metric_families(answer.read().decode())
        (found,) = [one for one in families if one.name == "attention_atlas_generates"]
    return {
        sample.labels["outcome"]: sample.value
        for sample in found.samples
        if sample.name.endswith("_total")
    }


def test_each_sees_the_place_in_the_queue_leaves_it_and_comes_again(
    open_page: Callable[..., AtlasPage], slow_application: Application
):
    first, second, third = (open_page(slow_application) for _ in range(3))
    begin(first, f"the {LONG}")
    expect(button(first, "Layer")).to_be_visible(timeout=SLOW)
    begin(second, f"a {LONG}")
    expect(button(second, "Yours is next")).to_be_visible(timeout=SLOW)
    expect(second.page.get_by_role("status").filter(has_text="Yours is next")).to_be_attached()
    begin(third, f"and {LONG}")
    expect(button(third, "1 sentence before yours")).to_be_visible(timeout=SLOW)

    button(second, "Cancel").click()
    expect(button(second, "Generate All")).to_be_visible(timeout=SLOW)
    expect(button(third, "Yours is next")).to_be_visible(timeout=SLOW)

    button(first, "Cancel").click()  # and whoever was next runs
    expect(button(third, "Layer")).to_be_visible(timeout=SLOW)
    second.sentence.fill("the cat sat")
    button(second, "Generate All").click()
    expect(button(second, "Yours is next")).to_be_visible(timeout=SLOW)
    third.page.close()  # who goes away holds up nobody
    second.expect_tokens("[CLS]", "the", "cat", "sat", "[SEP]")


def test_the_same_sentence_is_run_once(
    open_page: Callable[..., AtlasPage], embedded_application: Application
):
    before = generated(embedded_application)
    for atlas in (open_page(embedded_application), open_page(embedded_application)):
        begin(atlas, "the dog sat on the mat")
        atlas.expect_tokens("[CLS]", "the", "dog", "sat", "on", "the", "mat", "[SEP]")
        atlas.step("Tokens")
    after = generated(embedded_application)
    told = {outcome: after[outcome] - before.get(outcome, 0) for outcome in after}
    assert {outcome: n for outcome, n in told.items() if n} == {"done": 1, "shared": 1}


def test_a_sentence_that_is_too_long_is_refused_before_it_is_sent(
    open_page: Callable[..., AtlasPage], embedded_application: Application
):
    atlas = open_page(embedded_application)
    atlas.sentence.fill("a" * 1_000_001)
    button(atlas, "Generate All").click()
    expect(atlas.page.get_by_role("alert")).to_have_text(
        "The sentence has 1,000,001 characters, and at most 1,000,000 are read here. Shorten it; "
        "a model reads some hundred words at once anyway."
    )
    atlas.generate("the cat sat")
    expect(atlas.page.get_by_role("alert")).to_be_hidden()
