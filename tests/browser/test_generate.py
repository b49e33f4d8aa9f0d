from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from browser_page import SLOW, AtlasPage
from checkpoints import make_checkpoint

STEPS = (
    "Tokens",
    "Embeddings",
    "Query, key, value",
    "Scaled dot-product attention",
    "Heads joined",
    "Add & Norm after attention",
    "Feed-forward",
    "Predictions",
)


def test_every_step_of_the_seed_is_there_with_its_shape(atlas: AtlasPage) -> None:
    atlas.generate("the cat sat on the mat")
    atlas.expect_tokens("[CLS]", "the", "cat", "sat", "on", "the", "mat", "[SEP]")
    shapes = (
        "8 tokens, vocabulary 30,522",
        "8 tokens × 384",
        "12 heads × 8 tokens × 32",
        "12 heads × 8 × 8",
        "12 × 32 → 384",
        "8 tokens × 384",
        "384 → 1,536 → 384",
        "8 tokens × 30,522, top 5 shown",
    )
    for title, shape in zip(STEPS, shapes, strict=True):
        expect(atlas.step(title)).to_contain_text(shape)
    expect(atlas.step("Add & Norm after feed-forward")).to_contain_text("the output of layer 4")
    expect(atlas.page.get_by_text("8 of 512 tokens")).to_be_visible()


@pytest.mark.parametrize("keys", ["Enter", "Control+Enter"])
def test_enter_in_the_sentence_generates(atlas: AtlasPage, keys: str) -> None:
    atlas.sentence.fill("a dog")
    atlas.sentence.press(keys)
    atlas.expect_tokens("[CLS]", "a", "dog", "[SEP]")


def test_shift_enter_breaks_the_line_and_runs_nothing(atlas: AtlasPage) -> None:
    atlas.sentence.fill("a dog")
    atlas.sentence.press("Shift+Enter")
    atlas.sentence.press_sequentially("a cat")
    expect(atlas.sentence).to_have_value("a dog\na cat")
    expect(atlas.page.get_by_role("heading", name="Give the model a sentence")).to_be_visible()


@pytest.mark.parametrize("nothing", ["", "   \n  "])
def test_an_empty_sentence_is_said_and_nothing_runs(atlas: AtlasPage, nothing: str) -> None:
    atlas.sentence.fill(nothing)
    atlas.page.get_by_role("button", name="Generate All").click()
    message = "There is no word to read here. Write at least one, or take an example."
    expect(atlas.page.get_by_role("alert").filter(has_text=message)).to_be_visible()
    expect(atlas.walk).to_be_hidden()
    atlas.generate("a dog")
    expect(atlas.page.get_by_text(message)).to_be_hidden()


def test_a_text_of_nothing_visible_is_said_by_the_server(atlas: AtlasPage) -> None:
    atlas.sentence.fill("\u200b\u200d")
    atlas.page.get_by_role("button", name="Generate All").click()
    expect(atlas.page.get_by_role("alert").filter(has_text="nothing to read")).to_be_visible(
        timeout=SLOW
    )


def test_600_words_show_what_fits_and_say_what_was_left_out(atlas: AtlasPage) -> None:
    atlas.generate(" ".join(["cat"] * 600))
    expect(atlas.tokens).to_have_count(512, timeout=SLOW)
    expect(atlas.page.get_by_text("90 tokens were left out.")).to_be_visible()
    expect(atlas.page.get_by_text("512 of 512 tokens")).to_be_visible()
    expect(atlas.step("Query, key, value").get_by_role("img").first).to_be_visible(timeout=SLOW)
    atlas.open_tab("Attention")
    expect(atlas.page.locator(".js-plotly-plot .heatmaplayer").first).to_be_visible(timeout=SLOW)
    width = atlas.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0


def test_a_pair_has_two_segments(atlas: AtlasPage) -> None:
    atlas.generate("how old are you?", pair="what is your age?")
    atlas.expect_tokens(
        "[CLS]",
        *["how", "old", "are", "you", "?"],
        "[SEP]",
        *["what", "is", "your", "age", "?"],
        "[SEP]",
    )
    expect(atlas.page.get_by_text("Segment B").first).to_be_visible()
    atlas.token("age").click()
    expect(atlas.step("Embeddings")).to_contain_text("Segment B")


def test_a_typed_mask_is_read_as_one_and_said_so(atlas: AtlasPage) -> None:
    atlas.generate("paris is the capital of [MASK].")
    expect(atlas.token("[MASK]")).to_be_visible()
    expect(atlas.page.get_by_text("[MASK] in your text is read as the model's own")).to_be_visible()


def test_two_tabs_do_not_see_each_others_sentence(
    atlas: AtlasPage, open_page: Callable[..., AtlasPage], embedded_application: Any
) -> None:
    other = open_page(embedded_application, beside=atlas)
    atlas.generate("a dog")
    other.generate("the cat sat")
    atlas.expect_tokens("[CLS]", "a", "dog", "[SEP]")
    other.expect_tokens("[CLS]", "the", "cat", "sat", "[SEP]")
    atlas.token("dog").click()
    expect(other.page.get_by_role("heading", name="How the model reads the")).to_be_visible()


def test_reload_and_back_bring_the_view_again(atlas: AtlasPage) -> None:
    atlas.generate("the cat sat on the mat")
    atlas.layer(5).check()
    atlas.token("mat").click()
    atlas.open_tab("Attention")
    atlas.expect_head(5, 2)
    expect(atlas.page.locator(".js-plotly-plot").first).to_be_visible(timeout=SLOW)
    atlas.page.reload()
    atlas.expect_head(5, 2)
    expect(atlas.page.locator(".js-plotly-plot").first).to_be_visible(timeout=SLOW)
    expect(atlas.token("mat")).to_be_checked(timeout=SLOW)
    atlas.generate("a dog")
    atlas.expect_tokens("[CLS]", "a", "dog", "[SEP]")
    atlas.page.go_back()
    atlas.expect_tokens("[CLS]", "the", "cat", "sat", "on", "the", "mat", "[SEP]")


def test_a_newer_sentence_overtakes_an_older_one(atlas: AtlasPage) -> None:
    atlas.generate("a dog")
    atlas.sentence.fill(" ".join(["cat"] * 500))
    atlas.sentence.press("Enter")
    atlas.sentence.fill("the mat")
    atlas.sentence.press("Enter")
    atlas.expect_tokens("[CLS]", "the", "mat", "[SEP]")


def test_a_link_shows_a_colleague_the_same_view(
    atlas: AtlasPage, open_page: Callable[..., AtlasPage], embedded_application: Any
) -> None:
    atlas.generate("a 100 % sure & #1 cat?", pair="x=y")
    atlas.head(2).check()
    atlas.token("cat").click()
    atlas.page.get_by_role("button", name="Copy link").click()
    expect(atlas.page.get_by_role("button", name="Copied")).to_be_visible()
    link = atlas.page.evaluate("navigator.clipboard.readText()")
    colleague = open_page(embedded_application, link.removeprefix(embedded_application.url))
    expect(colleague.token("cat")).to_be_checked(timeout=SLOW)
    expect(colleague.head(2)).to_be_checked()
    expect(colleague.sentence).to_have_value("a 100 % sure & #1 cat?")
    expect(colleague.pair).to_have_value("x=y")


def test_a_very_long_text_survives_a_reload(atlas: AtlasPage) -> None:
    atlas.generate("cat " * 30_000)
    expect(atlas.tokens).to_have_count(512, timeout=SLOW)
    atlas.page.reload()
    expect(atlas.tokens).to_have_count(512, timeout=SLOW)


WATCH_THE_BUTTON = """button => {
  const said = [];
  new MutationObserver(() => said.push(button.innerText)).observe(
    button, { childList: true, subtree: true, characterData: true });
  window.said = said;
}"""


def test_a_long_pass_shows_a_progress_that_moves_and_can_be_stopped(
    start: Callable[..., Any], open_page: Callable[..., AtlasPage], tmp_path: Path
) -> None:
    """On a network of 60 thin layers, which takes long enough to be watched and stopped."""
    folder = make_checkpoint(
        tmp_path, layers=60, heads=12, head_size=8, intermediate=32, max_tokens=512
    )
    atlas = open_page(start("--model", str(folder)))
    page = atlas.page
    expect(page.get_by_text("60 layers × 12 heads")).to_be_visible(timeout=SLOW)
    atlas.generate("a dog")
    page.get_by_role("button", name="Generate All").evaluate(WATCH_THE_BUTTON)
    atlas.generate(" ".join(["cat"] * 600))
    expect(atlas.tokens).to_have_count(512, timeout=SLOW)
    said = "\n".join(page.evaluate("window.said"))
    layers = [int(number) for number in re.findall(r"Layer (\d+) of 60", said)]
    assert len(set(layers)) > 1
    assert layers == sorted(layers)

    atlas.sentence.fill(" ".join(["mat"] * 600))
    atlas.sentence.press("Enter")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Generate All")).to_be_visible(timeout=SLOW)
    expect(atlas.token("cat")).to_be_visible()
    expect(atlas.token("mat")).to_have_count(0)
