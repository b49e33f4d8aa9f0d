"""The Embeddings step: the sums, the nearest words, the map that moves, and the positions."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from browser_page import SLOW, AtlasPage
from checkpoints import make_checkpoint


def part(atlas: AtlasPage, title: str) -> Locator:
    """The step, scrolled to the part of this title."""
    step = atlas.step("Embeddings")
    step.get_by_role("heading", name=title, exact=True).scroll_into_view_if_needed()
    return step


def test_the_nearest_words_follow_the_focused_token(atlas: AtlasPage) -> None:
    atlas.generate("the cat sat on the river")
    atlas.token("cat").click()
    step = part(atlas, "Nearest words")
    words = step.get_by_role("list", name="Words nearest to cat").get_by_role("listitem")
    expect(words).to_have_count(8, timeout=SLOW)
    expect(words.first).to_contain_text("cats")
    cosines = [float(re.findall(r"0\.\d{3}$", text)[0]) for text in words.all_inner_texts()]
    assert cosines == sorted(cosines, reverse=True)
    atlas.token("river").click()
    words = step.get_by_role("list", name="Words nearest to river").get_by_role("listitem")
    expect(words.first).to_contain_text("rivers")
    expect(step.get_by_text("among the 30,521 other words")).to_be_visible()


def test_the_map_moves_from_layer_to_layer_and_tells_its_points(atlas: AtlasPage) -> None:
    atlas.page.emulate_media(reduced_motion="reduce")
    atlas.generate("the cat sat on the mat")
    step = part(atlas, "A map of the tokens, layer by layer")
    slider = step.get_by_role("slider", name="Layer of the map")
    expect(slider).to_have_attribute("aria-valuetext", "Embeddings", timeout=SLOW)
    slider.press("ArrowRight")
    expect(step.get_by_text("After layer 1 of 6", exact=True)).to_be_visible()
    expect(step.get_by_text(re.compile(r"two directions hold \d+\s%"))).to_be_visible()
    step.get_by_role("button", name="Play").click()
    expect(step.get_by_role("button", name="Pause")).to_be_visible()
    expect(step.get_by_text("After layer 6 of 6", exact=True)).to_be_visible(timeout=SLOW)
    expect(step.get_by_role("button", name="Play")).to_be_visible()

    points = step.get_by_role("img", name=re.compile("^A map of 8 tokens, After layer 6"))
    points.press("ArrowRight")
    points.press("ArrowRight")
    said = atlas.page.get_by_role("status").filter(has_text="nearest in all dimensions")
    expect(said).to_contain_text("cat nearest in all dimensions: ")
    points.press("Enter")
    expect(atlas.token("cat")).to_have_attribute("aria-checked", "true")
    expect(step.get_by_text("the nearest to cat is")).to_be_visible()


def test_the_map_glides_while_it_plays(atlas: AtlasPage) -> None:
    atlas.generate("the cat sat on the mat")
    step = part(atlas, "A map of the tokens, layer by layer")
    slider = step.get_by_role("slider", name="Layer of the map")
    expect(slider).to_be_visible(timeout=SLOW)
    step.get_by_role("button", name="Play").click()
    expect(step.get_by_text("After layer 2 of 6", exact=True)).to_be_visible(timeout=SLOW)
    step.get_by_role("button", name="Pause").click()
    expect(step.get_by_role("button", name="Play")).to_be_visible()
    slider.press("End")
    expect(step.get_by_text("After layer 6 of 6", exact=True)).to_be_visible()
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "Embeddings")


def test_a_pair_shows_its_segments_and_all_tokens_at_once(atlas: AtlasPage) -> None:
    atlas.generate("the cat sat", pair="a dog")
    step = atlas.step("Embeddings")
    said = "Segment A is added to 5 tokens, segment B to 3 tokens; the cosine of the two is"
    expect(step.get_by_text(said)).to_be_visible(timeout=SLOW)
    step.get_by_text("All tokens at once").click()
    words = step.get_by_role("img", name="Word: 8 tokens by 384")
    expect(words).to_be_visible(timeout=SLOW)
    for _ in range(6):
        words.press("ArrowDown")
    words.press("Enter")
    expect(atlas.token("dog")).to_have_attribute("aria-checked", "true")
    strip = step.get_by_role("img", name=re.compile("^Segment B of dog: 384 values"))
    expect(strip).to_be_visible()
    strip.press("Enter")
    dialog = atlas.page.get_by_role("dialog", name="Segment B of dog")
    expect(dialog.get_by_text("length (L2 norm)")).to_be_visible()


def test_512_tokens_say_what_is_thinned_and_fit_a_phone(atlas: AtlasPage) -> None:
    atlas.generate("the cat sat on the mat " * 100)
    atlas.page.set_viewport_size({"width": 390, "height": 844})
    step = part(atlas, "Positions")
    expect(step.get_by_text("Thinned: every 4th position of the text is shown.")).to_be_visible(
        timeout=SLOW
    )
    expect(step.get_by_text(re.compile(r"^\d+ of 512 labels fit"))).to_be_visible(timeout=SLOW)
    step.get_by_text("All tokens at once").click()
    expect(
        step.get_by_text(re.compile("^Thinned: each cell stands for 8 neighbouring"))
    ).to_be_visible(timeout=SLOW)
    assert atlas.page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_model_of_one_layer_and_one_segment(
    open_page: Callable[..., AtlasPage], start: Callable[..., Any], tmp_path: Path
) -> None:
    folder = make_checkpoint(tmp_path, layers=1, type_vocab_size=1)
    atlas = open_page(start("--model", str(folder)))
    atlas.generate("cat", pair="dog")
    step = part(atlas, "A map of the tokens, layer by layer")
    expect(step.get_by_text("This model has one segment vector")).to_be_visible(timeout=SLOW)
    slider = step.get_by_role("slider", name="Layer of the map")
    slider.press("End")
    expect(step.get_by_text("After layer 1 of 1", exact=True)).to_be_visible(timeout=SLOW)
