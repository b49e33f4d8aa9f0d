from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from transformers import BertModel

from browser_page import SLOW, AtlasPage
from checkpoints import make_checkpoint
from stub_hub import StubHub

DEFAULT = "bert-base-uncased"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return make_checkpoint(tmp_path / "checkpoint")


@pytest.fixture
def hub() -> Iterator[StubHub]:
    with StubHub() as stub:
        yield stub


@pytest.fixture
def open_on_hub(
    start: Callable[..., Any], open_page: Callable[..., AtlasPage], hub: StubHub, tmp_path: Path
) -> Callable[[], AtlasPage]:
    """Opens an application whose hub is the stub, with an empty cache."""

    def open_on_hub() -> AtlasPage:
        environment = {
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_OFFLINE": "0",
        }
        return open_page(start(**environment))

    return open_on_hub


def test_a_hub_that_never_answers_is_said_and_can_be_tried_again(
    hub: StubHub, open_on_hub: Callable[[], AtlasPage], checkpoint: Path
) -> None:
    hub.silent = True
    atlas = open_on_hub()
    notice = atlas.page.get_by_role("status").filter(has_text=f"{DEFAULT} could not be reached;")
    expect(notice).to_contain_text(
        "showing the embedded model (6 layers × 12 heads).", timeout=SLOW
    )
    atlas.generate("a dog")
    expect(atlas.page.get_by_text("Shown: the embedded model")).to_be_visible()

    hub.silent = False
    hub.add(DEFAULT, checkpoint)
    atlas.page.get_by_role("button", name="Try again").click()
    expect(atlas.page.get_by_text(f"{DEFAULT} is ready.")).to_be_visible(timeout=SLOW)


def test_a_download_shows_its_bytes_can_be_stopped_and_goes_on(
    hub: StubHub, open_on_hub: Callable[[], AtlasPage], checkpoint: Path
) -> None:
    hub.add(DEFAULT, checkpoint)
    hub.hold_after = 9_000
    atlas = open_on_hub()
    downloading = atlas.page.get_by_text(f"Downloading {DEFAULT}:").first
    expect(downloading).to_be_visible(timeout=SLOW)
    atlas.generate("a dog")
    atlas.expect_tokens("[CLS]", "a", "dog", "[SEP]")

    atlas.page.get_by_role("button", name="Cancel").click()
    expect(atlas.page.get_by_text(f"The download of {DEFAULT} was stopped;")).to_be_visible(
        timeout=SLOW
    )
    hub.hold_after = None
    atlas.page.get_by_role("button", name="Try again").click()
    offer = atlas.page.get_by_role("button", name="Show this sentence with it")
    expect(offer).to_be_visible(timeout=SLOW)
    offer.click()
    expect(atlas.page.get_by_text("2 layers × 3 heads, 21 dimensions")).to_be_visible(timeout=SLOW)
    assert hub.ranges("model.safetensors")[1] is not None


def test_the_page_moves_to_the_model_at_once_when_nothing_was_generated(
    hub: StubHub, open_on_hub: Callable[[], AtlasPage], checkpoint: Path
) -> None:
    hub.add(DEFAULT, checkpoint)
    atlas = open_on_hub()
    expect(atlas.page.get_by_text(f"Shown: {DEFAULT}")).to_be_visible(timeout=SLOW)
    atlas.generate("a dog")
    expect(atlas.page.get_by_role("radiogroup", name="Head").get_by_role("radio")).to_have_count(3)


def test_a_folder_is_loaded_from_the_page(atlas: AtlasPage, checkpoint: Path) -> None:
    atlas.generate("a dog")
    atlas.model.select_option("Another model …")
    field = atlas.page.get_by_label("Folder or hub id of another model")
    field.fill(str(checkpoint))
    field.press("Enter")
    atlas.page.get_by_role("button", name="Show this sentence with it").click(timeout=SLOW)
    expect(atlas.page.get_by_text("2 layers × 3 heads, 21 dimensions")).to_be_visible(timeout=SLOW)
    atlas.expect_tokens("[CLS]", "a", "dog", "[SEP]")
    expect(atlas.step("Embeddings")).to_contain_text("4 tokens × 21")


def test_a_folder_that_is_no_model_is_refused_in_plain_words(
    atlas: AtlasPage, tmp_path: Path
) -> None:
    atlas.model.select_option("Another model …")
    field = atlas.page.get_by_label("Folder or hub id of another model")
    field.fill(str(tmp_path))
    field.press("Enter")
    notice = atlas.page.get_by_role("status").filter(has_text="config.json")
    expect(notice).to_be_visible(timeout=SLOW)
    expect(notice).to_contain_text("The page is showing the embedded model")


def test_a_model_without_a_head_shows_everything_else_and_says_so(
    start: Callable[..., Any], open_page: Callable[..., AtlasPage], tmp_path: Path
) -> None:
    folder = make_checkpoint(tmp_path / "headless", architecture=BertModel)
    atlas = open_page(start("--model", str(folder)))
    expect(atlas.page.get_by_text("2 layers × 3 heads, 21 dimensions")).to_be_visible(timeout=SLOW)
    atlas.generate("the cat sat on the mat", pair="a dog")
    predictions = atlas.step("Predictions")
    expect(predictions).to_contain_text(
        "This checkpoint has no masked-language-model head", timeout=SLOW
    )
    expect(atlas.step("Feed-forward")).to_contain_text("11 units", timeout=SLOW)
    atlas.open_tab("Attention")
    expect(atlas.page.locator(".js-plotly-plot").first).to_be_visible(timeout=SLOW)


def test_the_page_says_what_the_shown_model_is(atlas: AtlasPage) -> None:
    page = atlas.page
    atlas.generate("the cat sat")
    atlas.token("cat").click()
    page.get_by_role("button", name="What is this model?").click(timeout=SLOW)
    dialog = page.get_by_role("dialog", name="the embedded model")
    expect(dialog).to_contain_text("It is not bert-base-uncased")
    expect(dialog).to_contain_text("22.7 million")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="What is this model?")).to_be_focused()
    expect(atlas.token("cat")).to_be_checked()  # Escape let go of nothing but the dialog
