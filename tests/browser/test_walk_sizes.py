"""The whole walk, scrolled through and unfolded: long texts, small models, a phone, a damage."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect
from safetensors.torch import load_file, save_file
from transformers import BertForMaskedLM, BertModel

import attention_atlas as aa
from browser_page import PAST_THE_EDGE, SLOW, AtlasPage, expect_nothing_found, text_of
from checkpoints import make_checkpoint

IT = 8
LAYER, HEAD = 3, 1  # where the page starts, counted from 0

SCROLL_TO_THE_END = """async () => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  scrollTo({ top: 0, behavior: "instant" });
  while (scrollY + innerHeight < document.documentElement.scrollHeight - 1) {
    scrollBy({ top: innerHeight / 2, behavior: "instant" });
    await frame();
    await frame();
  }
}"""


def scroll_through(atlas: AtlasPage) -> None:
    """Brings every step into view, as a person does who reads to the end."""
    atlas.page.evaluate(SCROLL_TO_THE_END)


def open_every_fold(atlas: AtlasPage) -> None:
    """Also those folds that hold a picture, which comes only then."""
    for fold in atlas.walk.locator("summary").all():
        fold.press("Enter")  # a picture that arrives above would move it away from a pointer
    expect(atlas.walk.locator("details:not([open])")).to_have_count(0)
    scroll_through(atlas)
    for name in ("Word: ", "Learned by this model: "):
        expect(atlas.walk.get_by_role("img", name=re.compile(f"^{name}")).first).to_be_visible(
            timeout=SLOW
        )


def expect_every_step(atlas: AtlasPage, model: aa.Model, token: str, tokens: int) -> None:
    """Each step has its shape and its pictures, and none complains; with the head chosen first."""
    scroll_through(atlas)
    config: Any = model.network.config
    hidden, heads = config.hidden_size, config.num_attention_heads
    layers, intermediate = config.num_hidden_layers, config.intermediate_size
    size = hidden // heads
    layer, head = min(LAYER + 1, layers), HEAD + 1
    strongest = min(8, intermediate)

    def named(role: Any, name: str) -> Callable[[Locator], Locator]:
        return lambda step: step.get_by_role(role, name=re.compile(name)).first

    steps = {
        "Tokens": (f"{tokens} tokens, vocabulary", [named("table", "")]),
        "Embeddings": (
            f"{tokens} tokens × {hidden}",
            [
                named("img", f"^Word of {token}: {hidden} values"),
                named("list", f"^Words nearest to {token}"),
                named("img", f"^A map of {tokens} tokens"),
            ],
        ),
        "Query, key, value": (
            f"{heads} heads × {tokens} tokens × {size}",
            [named("img", f"^{name} of head {head}: ") for name in "QKV"],
        ),
        "Scaled dot-product attention": (
            f"{heads} heads × {tokens} × {tokens}",
            [
                named("table", f"^Attention of {token} in layer {layer}, head {head}"),
                named("img", f"^Context of {token}"),
            ],
        ),
        "Heads joined": (
            f"{heads} × {size} → {hidden}",
            [named("table", f"^What each head adds to the attention output of {token}")],
        ),
        "Add & Norm after attention": (
            f"{tokens} tokens × {hidden}",
            [named("img", f"^Sum of {token}")],
        ),
        "Feed-forward": (
            f"{hidden} → {intermediate:,} → {hidden}",
            [
                named("table", f"^The {strongest} strongest units of {token}"),
                named("img", f"^GELU from .* {intermediate:,} units"),
            ],
        ),
        "Add & Norm after feed-forward": (
            f"the output of layer {layer}",
            [named("img", f"^Sum of {token}")],
        ),
        "The stack": (f"{layers} layers × {hidden}", [named("table", f"^All layers for {token}")]),
        "Predictions": (
            f"{tokens} tokens × {config.vocab_size:,}, top 5 shown",
            [
                named("list", "^The likeliest words"),
                named("table", "^What decides between"),
                named("table", "^What each layer would predict"),
            ]
            if model.has_prediction_head
            else [named("img", f"^Hidden state of {token}")],
        ),
    }
    for title, (shape, pictures) in steps.items():
        step = atlas.step(title)
        expect(step).to_contain_text(shape)
        for picture in pictures:
            expect(picture(step)).to_be_visible(timeout=SLOW)
    expect(atlas.walk.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("tokens", [60, 512])
def test_a_long_text_comes_through_every_step(
    atlas: AtlasPage, embedded: aa.Model, tokens: int
) -> None:
    atlas.generate(text_of(tokens))
    atlas.token("it").click()
    expect(atlas.page.get_by_text(f"{tokens} of 512 tokens")).to_be_visible(timeout=SLOW)
    expect_every_step(atlas, embedded, "it", tokens)

    trace = aa.trace(embedded, text_of(tokens))
    weights = trace.layers[LAYER].attention[HEAD, IT]
    best = int(weights.argmax())
    dot = atlas.step("Scaled dot-product attention")
    table = dot.get_by_role("table", name=re.compile("^Attention of it"))
    row = table.get_by_role("row", name=re.compile(f"^{trace.tokens[best].text} {best} "))
    expect(row.get_by_role("cell").last).to_have_text(f"{weights[best]:.3f}")
    expect(dot.get_by_text(f"adds up the other {tokens - 20}, so that")).to_be_visible()
    others = np.sort(weights)[:-20].sum(dtype=np.float64)
    row = table.get_by_role("row", name=re.compile(f"^{tokens - 20} other keys"))
    expect(row).to_contain_text(f"{others:.3f}")

    (predicted,) = trace.hide([IT]).predictions(top_k=5, positions=[IT])
    words = atlas.step("Predictions").get_by_role("list", name="The likeliest words")
    for i, one in enumerate(predicted):
        expect(words.get_by_role("listitem").nth(i).get_by_role("button")).to_contain_text(one.text)


@pytest.mark.parametrize("architecture", [BertForMaskedLM, BertModel])
def test_two_layers_of_three_heads_come_through_every_step(
    start: Callable[..., Any],
    open_page: Callable[..., AtlasPage],
    tmp_path: Path,
    architecture: Any,
) -> None:
    folder = make_checkpoint(tmp_path, architecture=architecture)
    atlas = open_page(start("--model", str(folder)))
    expect(atlas.page.get_by_text("2 layers × 3 heads, 21 dimensions")).to_be_visible(timeout=SLOW)
    atlas.generate("the cat sat on the mat")
    atlas.token("cat").click()
    expect_every_step(atlas, aa.load_model(str(folder)), "cat", 8)
    map = atlas.page.get_by_role("navigation", name="Where in the model")
    expect(map.get_by_role("button", name=re.compile(r"^Layer \d"))).to_have_count(2)
    stack = atlas.step("The stack").get_by_role("table", name="All layers for cat")
    expect(stack.get_by_role("button")).to_have_text(["Layer 1", "Layer 2"])
    expect(stack.get_by_role("row").last.get_by_role("cell").first).to_have_text(
        re.compile(r"^\d+\.\d\d$")
    )
    turns = atlas.step("Predictions").get_by_role("heading", name="Each word masked in turn")
    guesses = atlas.step("Predictions").get_by_role("group", name="Guesses for each hidden piece")
    if architecture is BertForMaskedLM:
        expect(guesses.get_by_role("listitem")).to_have_count(6, timeout=SLOW)
    else:  # why each of the others is not there: test_walk_predictions, test_walk_layer
        expect(turns).to_be_hidden()


@pytest.mark.parametrize("tokens", [12, 60])
def test_every_fold_opens_on_a_phone_and_nothing_is_cut_off(
    open_page: Callable[..., AtlasPage], embedded_application: Any, tokens: int
) -> None:
    atlas = open_page(embedded_application, width=390, height=844)
    atlas.sentence.fill(text_of(tokens))
    atlas.page.get_by_role("button", name="Generate All").click()
    expect(atlas.tokens).to_have_count(tokens, timeout=SLOW)
    open_every_fold(atlas)
    expect(
        atlas.step("Predictions").get_by_role("group", name="Guesses for each hidden piece")
    ).to_be_visible(timeout=SLOW)
    assert atlas.page.evaluate(PAST_THE_EDGE) == []
    assert atlas.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_axe_finds_nothing_with_every_fold_open(atlas: AtlasPage) -> None:
    page = atlas.page
    atlas.generate(text_of(12))
    atlas.token("it").click()
    open_every_fold(atlas)
    expect_nothing_found(atlas)
    page.get_by_role("button", name="Light", exact=True).click()
    page.set_viewport_size({"width": 390, "height": 844})  # what scrolls here needs the keyboard
    expect(page.get_by_role("button", name=re.compile("^Sentence ·"))).to_be_visible()
    expect_nothing_found(atlas)


def test_a_part_that_fails_says_so_and_the_rest_stands(
    start: Callable[..., Any], open_page: Callable[..., AtlasPage], tmp_path: Path
) -> None:
    """With a weight in the last layer that is no number, there is no map of the tokens."""
    folder = make_checkpoint(tmp_path)
    weights = load_file(folder / "model.safetensors")
    weights["bert.encoder.layer.1.output.dense.weight"][0, 0] = float("nan")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    atlas = open_page(start("--model", str(folder)))
    atlas.generate("the cat sat on the mat")
    atlas.token("cat").click()
    scroll_through(atlas)
    told = atlas.walk.get_by_role("alert")
    expect(told).to_have_text(re.compile("^Some of the hidden states are not finite numbers"))
    embeddings = atlas.step("Embeddings")
    expect(embeddings.get_by_role("list", name="Words nearest to cat")).to_be_visible()
    expect(embeddings.get_by_role("img", name="How alike the learned positions")).to_be_visible()
    for title, name in (
        ("Scaled dot-product attention", "Attention of cat in layer 2, head 2"),
        ("Heads joined", "What each head adds to the attention output of cat"),
        ("The stack", "All layers for cat"),
    ):
        expect(atlas.step(title).get_by_role("table", name=name)).to_be_visible(timeout=SLOW)
    after = atlas.step("The stack").get_by_role("row").filter(has_text="Layer 2")
    expect(after).to_contain_text("NaN")
    expect(told).to_have_count(1)
