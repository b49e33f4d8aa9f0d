"""The Attention tab at its limits: long and short texts, other scripts, small or damaged models."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Locator, expect
from safetensors.torch import load_file, save_file

import attention_atlas as aa
from browser_page import (
    PAST_THE_EDGE,
    SLOW,
    AtlasPage,
    expect_nothing_found,
    names_of,
    text_of,
)
from checkpoints import make_checkpoint

LAYER, HEAD = 3, 1  # where the page starts, counted from 0

# Where each of these texts begins and ends, one after the other, in what an element shows.
ENDS_OF_EACH = """(element, texts) => {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const letters = [];
  while (walker.nextNode()) {
    for (let i = 0; i < walker.currentNode.length; i++) letters.push([walker.currentNode, i]);
  }
  let from = 0;
  return texts.map((text) => {
    from = letters.map(([node, i]) => node.data[i]).join("").indexOf(text, from);
    const boxes = letters.slice(from, from + text.length).map(([node, i]) => {
      const range = document.createRange();
      range.setStart(node, i);
      range.setEnd(node, i + 1);
      return range.getBoundingClientRect();
    });
    from += text.length;
    const [lefts, rights] = ["left", "right"].map((side) => boxes.map((box) => box[side]));
    return [Math.min(...lefts), Math.max(...rights)];
  });
}"""


def in_order(element: Locator, texts: list[str]) -> bool:
    """Whether an element shows these from left to right, each whole before the next."""
    ends = element.evaluate(ENDS_OF_EACH, texts)
    return all(right <= left + 0.5 for (_, right), (left, _) in pairwise(ends))


def part(atlas: AtlasPage, name: str) -> Locator:
    return atlas.attention.get_by_role("region", name=name, exact=True)


def tiles(atlas: AtlasPage) -> Locator:
    group = atlas.attention.get_by_role("group", name="Heads, one row per layer", exact=True)
    return group.get_by_role("button")


def card(atlas: AtlasPage, name: str) -> Locator:
    return atlas.attention.get_by_role("button", name=re.compile(rf"^{re.escape(name)} "))


def the_table(atlas: AtlasPage) -> Locator:
    return atlas.attention.get_by_role("table", name="All heads in numbers", exact=True)


def comparison(atlas: AtlasPage) -> Locator:
    return atlas.attention.get_by_role("group", name=re.compile("^Rollout, maximum flow and raw"))


def open_every_fold(atlas: AtlasPage) -> None:
    """And waits for what is in them, and for what stands below."""
    for fold in atlas.attention.locator("summary").all():
        fold.click()
    expect(the_table(atlas)).to_be_visible(timeout=SLOW)
    comparison(atlas).scroll_into_view_if_needed()
    expect(comparison(atlas)).to_be_visible(timeout=SLOW)
    expect(atlas.page.locator(".js-plotly-plot").first).to_be_visible(timeout=SLOW)


def leave_out_special(atlas: AtlasPage) -> Locator:
    return atlas.page.get_by_role("switch", name="Leave out [CLS] and [SEP]")


def expect_row(
    atlas: AtlasPage, names: Sequence[str], focus: int, row: np.ndarray, *, head: int = HEAD + 1
) -> None:
    """Reading, list, map and flow tell the row of the focused token."""
    best = int(row.argmax())
    told = f"{row[best]:.3f}"
    reading = atlas.attention.get_by_text(f"Here {names[focus]} looks most at {names[best]} {told}")
    expect(reading).to_be_visible(timeout=SLOW)
    first = part(atlas, "Where the focused token looks").get_by_role("listitem").first
    expect(first).to_have_text(re.compile(rf"^{re.escape(names[best])}\s*{told}$"))
    map, n = part(atlas, "Attention map"), len(row)
    expect(map).to_contain_text(f"{names[focus]} → {names[best]} {told}")
    expect(map.get_by_role("img")).to_have_accessible_name(
        re.compile(rf"^Attention map of layer \d+, head {head}, {n} by {n} ")
    )
    expect(part(atlas, "Attention flow").get_by_role("img")).to_have_accessible_name(
        re.compile(re.escape(f"{names[focus]} looks most at {names[best]}, {told}"))
    )


def test_512_tokens_come_with_map_flow_and_atlas(
    open_page: Callable[..., AtlasPage], embedded_application: Any, embedded: aa.Model
) -> None:
    """Other heads of so long a text are fetched when they are asked for, one or many."""
    trace = aa.trace(embedded, text_of(512))
    names, it = names_of(trace), 248
    atlas = open_page(embedded_application, f"/#text={text_of(512)}&token={it}&tab=attention")
    expect(tiles(atlas)).to_have_count(72, timeout=SLOW)
    layer = trace.layers[LAYER].attention
    expect_row(atlas, names, it, layer[HEAD, it])
    expect(part(atlas, "Attention map")).to_contain_text("all 512")
    atlas.head(7).check()
    expect_row(atlas, names, it, layer[6, it], head=7)

    flow = part(atlas, "Attention flow")
    mode = flow.get_by_role("combobox", name="Whose lines the flow shows")
    mode.select_option("several heads")
    rows = layer[6:10, it]
    head, column = divmod(int(rows.argmax()), 512)
    told = f"heads 7, 8, 9, 10, between 512 tokens. {names[it]} looks most at {names[column]}, "
    expect(flow.get_by_role("img")).to_have_accessible_name(
        re.compile(re.escape(f"{told}{rows[head, column]:.3f} in head {head + 7}")), timeout=SLOW
    )
    mode.select_option("mean of the layer")
    mean = layer.mean(axis=0)[it]
    told = f"mean of its heads, between 512 tokens. {names[it]} looks most at "
    expect(flow.get_by_role("img")).to_have_accessible_name(
        re.compile(re.escape(f"{told}{names[int(mean.argmax())]}, {mean.max():.3f}")), timeout=SLOW
    )
    mode.select_option("this head")
    atlas.layer(6).check()
    expect_row(atlas, names, it, trace.layers[5].attention[6, it], head=7)

    open_every_fold(atlas)
    metrics = aa.metrics(trace.layers[5].attention[6])
    expect(card(atlas, "Focus (entropy)")).to_contain_text(f"{metrics.entropy:.3f}")
    expect(comparison(atlas).get_by_role("row")).to_have_count(13)
    across = part(atlas, "Across the layers")
    expect(across.get_by_role("button", name="Show all 512")).to_be_visible()
    expect(across).not_to_contain_text("NaN")
    expect(atlas.attention.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("text", ["cat", "."])
def test_one_token_is_a_text_too(
    open_page: Callable[..., AtlasPage], embedded_application: Any, embedded: aa.Model, text: str
) -> None:
    """Of which one cell is left without the special tokens, with nothing to choose between."""
    trace = aa.trace(embedded, text)
    atlas = open_page(embedded_application, f"/#text={text}&token=1&tab=attention")
    expect_row(atlas, names_of(trace), 1, trace.layers[LAYER].attention[HEAD, 1])
    open_every_fold(atlas)
    rows = comparison(atlas).get_by_role("row")
    expect(rows).to_have_count(4)
    leave_out_special(atlas).check()
    expect_row(atlas, [text], 0, np.ones(1))
    for name, value in (
        ("Confidence (max)", "1.000"), ("Focus (entropy)", "0.000"), ("Sparsity", "0.000"),
        ("Distribution (median)", "1.000"), ("Uniformity", "0.000"),
    ):  # fmt: skip
        expect(card(atlas, name)).to_contain_text(f"{name}{value}")
        expect(card(atlas, name)).to_contain_text("One token")
        expect(card(atlas, name)).to_contain_text("all 72 alike")
    expect(rows).to_have_count(2, timeout=SLOW)
    expect(rows.last).to_contain_text("1.000")
    card(atlas, "Focus (entropy)").click()
    dialog = atlas.page.get_by_role("dialog", name=re.compile("^Focus"))
    expect(dialog).to_contain_text("With a single token there is nothing to choose between")
    expect(atlas.attention).not_to_contain_text("NaN")
    expect(atlas.attention.get_by_role("alert")).to_have_count(0)


def test_an_empty_second_sentence_is_none(atlas: AtlasPage, embedded: aa.Model) -> None:
    """Nor is one of spaces; a pair, once it is there, can be taken back."""
    text = "the cat sat"
    names = names_of(aa.trace(embedded, text))
    row = aa.trace(embedded, text).layers[LAYER].attention[HEAD, 2]
    parts = atlas.attention.get_by_role("radiogroup", name="From which sentence to which")
    for pair in ("   ", "on it", ""):
        atlas.generate(text, pair=pair)
        atlas.open_tab("Attention")
        own = [*"[CLS] the cat sat [SEP]".split(), *(["on", "it", "[SEP]"] if pair.strip() else [])]
        atlas.expect_tokens(*own)
        atlas.token("cat").click()
        if pair.strip():
            expect(parts).to_be_visible(timeout=SLOW)
        else:
            expect_row(atlas, names, 2, row)
            expect(parts).to_be_hidden()


RIGHT_TO_LEFT = ["שלום עולם", "مرحبا بالعالم"]


@pytest.mark.parametrize("text", RIGHT_TO_LEFT)
def test_a_text_from_right_to_left_is_read_in_the_pages_order(
    open_page: Callable[..., AtlasPage], embedded_application: Any, embedded: aa.Model, text: str
) -> None:
    """A number stands to the right of its token, and from stands to the left of to."""
    trace = aa.trace(embedded, text)
    names, focus = names_of(trace), 2
    atlas = open_page(embedded_application, f"/#text={quote(text)}&token={focus}&tab=attention")
    leave_out_special(atlas).check()
    inner = trace.layers[LAYER].attention[HEAD, 1:-1, 1:-1].astype(np.float64)
    row = inner[focus - 1] / inner[focus - 1].sum()
    names = names[1:-1]
    expect_row(atlas, names, focus - 1, row)
    first, second, _ = np.argsort(-row)[:3]
    one, two = ([names[j], f"{row[j]:.3f}"] for j in (first, second))

    reading = atlas.attention.get_by_text(f"Here {names[focus - 1]} looks most at")
    pieces = ["Here", names[focus - 1], "looks most at", *one, "then at", *two]
    assert in_order(reading, pieces)
    told = part(atlas, "Attention map").get_by_text(f"{names[focus - 1]} → ")
    pieces = [names[focus - 1], "→", *one]
    assert in_order(told, pieces)

    atlas.page.get_by_role("button", name="Whole words", exact=True).click()
    word = text.split()[0]
    expect(atlas.attention.get_by_text(f"Here {word} looks most at")).to_be_visible(timeout=SLOW)
    open_every_fold(atlas)
    expect(comparison(atlas).get_by_role("rowheader")).to_have_count(2)
    expect(comparison(atlas).get_by_role("rowheader", name=word, exact=True)).to_be_visible()


@pytest.mark.parametrize("text", RIGHT_TO_LEFT)
def test_what_stands_at_the_pointer_is_in_the_pages_order_too(
    open_page: Callable[..., AtlasPage], embedded_application: Any, embedded: aa.Model, text: str
) -> None:
    """From, to and the number, in the map and in the flow."""
    trace = aa.trace(embedded, text)
    names, n = names_of(trace), len(trace.tokens)
    weights = trace.layers[LAYER].attention[HEAD]
    atlas = open_page(embedded_application, f"/#text={quote(text)}&token=2&tab=attention")
    expect_row(atlas, names, 2, weights[2])
    tip = atlas.page.get_by_role("status").filter(has_text="→")
    map, flow = (
        part(atlas, name).get_by_role("img") for name in ("Attention map", "Attention flow")
    )
    box = map.bounding_box()
    assert box is not None
    side = box["width"] / n
    map.hover(position={"x": 3.5 * side, "y": 1.5 * side})
    expect(tip).to_have_text(f"{names[1]} → {names[3]} {weights[1, 3]:.3f}")
    assert in_order(tip, [names[1], "→", names[3], f"{weights[1, 3]:.3f}"])
    box = flow.bounding_box()
    assert box is not None
    flow.hover(position={"x": box["width"] - 50, "y": box["height"] * 4.5 / n})
    expect(tip).to_have_text(f"{names[2]} → {names[4]} {weights[2, 4]:.3f}")
    assert in_order(tip, [names[2], "→", names[4], f"{weights[2, 4]:.3f}"])


def test_what_the_model_does_not_know_stays_a_word(
    open_page: Callable[..., AtlasPage], embedded_application: Any, embedded: aa.Model
) -> None:
    """An emoji is [UNK], which stands for a word: it stays when special tokens are left out."""
    text = "a 😀 sat 👩‍👩‍👧 on 🇫🇷"
    trace = aa.trace(embedded, text)
    names = names_of(trace)
    focus = names.index("[UNK]")
    weights = trace.layers[LAYER].attention[HEAD].astype(np.float64)
    atlas = open_page(embedded_application, f"/#text={quote(text)}&token={focus}&tab=attention")
    expect_row(atlas, names, focus, weights[focus])
    leave_out_special(atlas).check()
    row = weights[focus, 1:-1] / weights[focus, 1:-1].sum()
    expect_row(atlas, names[1:-1], focus - 1, row)
    atlas.page.get_by_role("button", name="Whole words", exact=True).click()
    expect(part(atlas, "Attention map").get_by_role("img")).to_have_accessible_name(
        re.compile(r"\d by \d words")
    )
    expect(atlas.attention.get_by_text("Here [UNK] looks most at")).to_be_visible()


def test_200_equal_words_keep_their_places_apart(
    open_page: Callable[..., AtlasPage], embedded_application: Any, embedded: aa.Model
) -> None:
    """Each has a name of its own, "the (2nd)", in whatever lists them; none are put together."""
    text = " ".join(["the"] * 200)
    trace = aa.trace(embedded, text)
    names, focus = names_of(trace), 22
    assert names[focus] == "the (22nd)"
    atlas = open_page(embedded_application, f"/#text={text}&token={focus}&tab=attention")
    row = trace.layers[LAYER].attention[HEAD, focus]
    order = np.argsort(-row, kind="stable")
    looks = part(atlas, "Where the focused token looks")
    expect(looks).to_contain_text("Where the (22nd) looks", timeout=SLOW)
    for item, column in zip(range(5), order.tolist(), strict=False):
        told = rf"^{re.escape(names[column])}\s*{row[column]:.3f}$"
        expect(looks.get_by_role("listitem").nth(item)).to_have_text(re.compile(told))
    expect(part(atlas, "Attention map")).to_contain_text("all 202")
    atlas.page.get_by_role("button", name="Whole words", exact=True).click()
    expect(part(atlas, "Attention map").get_by_role("img")).to_have_accessible_name(
        re.compile("202 by 202 words"), timeout=SLOW
    )
    comparison(atlas).scroll_into_view_if_needed()
    rows = comparison(atlas).get_by_role("rowheader")
    expect(rows).to_have_count(12, timeout=SLOW)
    across = part(atlas, "Across the layers")
    across.get_by_role("button", name="Show all 202").click()
    expect(rows).to_have_count(202)
    assert sorted(rows.all_text_contents()) == sorted(names)
    flow = part(atlas, "Attention flow").get_by_role("img")
    flow.press("ArrowDown")
    expect(looks).to_contain_text("Where the (23rd) looks")
    expect(atlas.tokens.nth(23)).to_be_checked()


def test_two_layers_of_three_heads(
    start: Callable[..., Any], open_page: Callable[..., AtlasPage], tmp_path: Path
) -> None:
    """Every view has as many heads as the model, and means over so many."""
    folder = make_checkpoint(tmp_path)
    trace = aa.trace(aa.load_model(str(folder)), "the cat sat on the mat")
    names = names_of(trace)
    atlas = open_page(start("--model", str(folder)))
    atlas.generate("the cat sat on the mat")
    atlas.token("cat").click()
    atlas.open_tab("Attention")
    atlas.expect_head(2, 2)
    layer = trace.layers[1].attention
    expect_row(atlas, names, 2, layer[1, 2])
    expect(tiles(atlas)).to_have_count(6)
    expect(atlas.attention.get_by_role("heading", name="All 6 heads")).to_be_visible()
    every = aa.metrics(np.stack([one.attention for one in trace.layers]))
    expect(card(atlas, "Uniformity")).to_contain_text(f"{every.uniformity[1, 1]:.3f}")
    expect(card(atlas, "Uniformity")).to_contain_text(re.compile("(1st|2nd|3rd|4th|5th|6th) of 6"))
    expect(card(atlas, "Uniformity")).to_contain_text(
        f"mean of layer 2 {every.uniformity[1].mean():.3f}"
    )
    flow = part(atlas, "Attention flow")
    flow.get_by_role("combobox", name="Whose lines the flow shows").select_option("several heads")
    swatches = flow.get_by_role("group", name="Heads whose lines are shown")
    expect(swatches.get_by_role("button")).to_have_count(3)
    head, column = divmod(int(layer[:, 2].argmax()), 8)
    told = f"heads 1, 2, 3, between 8 tokens. cat looks most at {names[column]}, "
    expect(flow.get_by_role("img")).to_have_accessible_name(
        re.compile(re.escape(f"{told}{layer[head, 2, column]:.3f} in head {head + 1}"))
    )
    show = atlas.attention.get_by_role("combobox", name="Show", exact=True)
    show.select_option("Difference from the layer’s mean")
    expect(atlas.attention.get_by_text("minus the mean over the layer’s 3 heads")).to_be_visible()
    show.select_option("Attention weights")
    tiles(atlas).first.click()
    atlas.expect_head(1, 1)
    expect_row_of_first = trace.layers[0].attention[0, 2]
    expect(atlas.attention.get_by_text(re.compile("^Here cat looks most at"))).to_contain_text(
        f"{expect_row_of_first.max():.3f}"
    )
    open_every_fold(atlas)
    choices = the_table(atlas).get_by_role("button", name=re.compile("^Choose layer"))
    expect(choices).to_have_count(6)
    mean = the_table(atlas).get_by_role("rowheader", name="mean, all 6", exact=True)
    expect(mean).to_be_visible()
    picture = atlas.attention.get_by_role("img", name=re.compile("^Attention rollout"))
    expect(picture).to_have_accessible_name(re.compile("after each of 2 layers"))
    expect(atlas.attention.get_by_role("alert")).to_have_count(0)


def test_a_layer_that_is_not_finite_says_so_and_the_others_stand(
    start: Callable[..., Any], open_page: Callable[..., AtlasPage], tmp_path: Path
) -> None:
    """A weight of the first layer is no number, and so are all weights of the second."""
    folder = make_checkpoint(tmp_path)
    weights = load_file(folder / "model.safetensors")
    weights["bert.encoder.layer.0.output.dense.weight"][0, 0] = float("nan")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    trace = aa.trace(aa.load_model(str(folder)), "the cat sat on the mat")
    first = trace.layers[0].attention
    assert np.isfinite(first).all()
    assert np.isnan(trace.layers[1].attention).all()
    atlas = open_page(start("--model", str(folder)))
    atlas.generate("the cat sat on the mat")
    atlas.token("cat").click()
    atlas.open_tab("Attention")
    atlas.expect_head(2, 2)
    attention = atlas.attention
    expect(
        attention.get_by_text("The numbers of cat are no numbers here: they are NaN.")
    ).to_be_visible(timeout=SLOW)
    expect(card(atlas, "Focus (entropy)")).to_contain_text("NaN")
    for measure in ("Raw scores", "Norm-weighted", "Difference from the layer’s mean"):
        attention.get_by_role("combobox", name="Show", exact=True).select_option(measure)
        expect(attention.get_by_text("are no numbers here: they are NaN")).to_be_visible()
    attention.get_by_role("combobox", name="Show", exact=True).select_option("Attention weights")
    for quantity in ("focus (entropy)", "previous token", "mean distance"):
        attention.get_by_role("combobox", name="Colour by").select_option(quantity)
    attention.get_by_role("combobox", name="Arrange").select_option("farthest first")
    expect(
        attention.get_by_role("group", name="Heads in their order").get_by_role("button")
    ).to_have_count(6)
    attention.get_by_role("combobox", name="Arrange").select_option("by layer")
    open_every_fold(atlas)
    expect(the_table(atlas).get_by_role("row").filter(has_text="NaN").first).to_be_visible()
    expect(comparison(atlas)).to_contain_text("NaN")

    atlas.layer(1).check()
    expect_row(atlas, names_of(trace), 2, first[1, 2])
    metrics = aa.metrics(first[1])
    expect(card(atlas, "Focus (entropy)")).to_contain_text(f"{metrics.entropy:.3f}")
    card(atlas, "Uniformity").click()
    dialog = atlas.page.get_by_role("dialog", name=re.compile("^Uniformity"))
    expect(dialog).to_contain_text(f"{metrics.uniformity:.3f}")
    expect(attention.get_by_role("alert")).to_have_count(0)


def test_axe_finds_nothing_with_every_fold_open(atlas: AtlasPage) -> None:
    """Dark and wide, then light on a phone; with several heads, a pair, and an open card."""
    page = atlas.page
    atlas.generate("the kindest cat sat on the mat", pair="it was tired")
    atlas.token("cat").click()
    atlas.open_tab("Attention")
    atlas.attention.get_by_role("combobox", name="Colour by").select_option("previous token")
    mode = atlas.attention.get_by_role("combobox", name="Whose lines the flow shows")
    mode.select_option("several heads")
    open_every_fold(atlas)
    expect_nothing_found(atlas)
    card(atlas, "Sparsity").click()
    expect(page.get_by_role("dialog", name=re.compile("^Sparsity"))).to_be_visible()
    expect_nothing_found(atlas)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Light", exact=True).click()
    page.set_viewport_size({"width": 390, "height": 844})  # what scrolls here needs the keyboard
    expect(page.get_by_role("button", name=re.compile("^Sentence ·"))).to_be_visible()
    expect_nothing_found(atlas)


@pytest.mark.parametrize("tokens", [12, 60])
def test_nothing_reaches_past_the_edge_of_a_phone(
    open_page: Callable[..., AtlasPage], embedded_application: Any, tokens: int
) -> None:
    """With every fold open, by each measure, with several heads and an open card."""
    atlas = open_page(
        embedded_application,
        f"/#text={text_of(tokens)}&pair=it+was&token=2&tab=attention",
        width=390,
        height=844,
    )
    atlas.expect_head(LAYER + 1, HEAD + 1)
    open_every_fold(atlas)
    attention = atlas.attention

    def expect_inside() -> None:
        assert atlas.page.evaluate(PAST_THE_EDGE) == []
        assert atlas.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

    expect_inside()
    mode = attention.get_by_role("combobox", name="Whose lines the flow shows")
    mode.select_option("several heads")
    expect(attention.get_by_role("group", name="Heads whose lines are shown")).to_be_visible()
    expect_inside()
    for measure, says in (
        ("Raw scores", "Before the softmax, cat"),
        ("Norm-weighted", "Norm-weighted, cat"),
        ("Difference from the layer’s mean", "Compared with the mean"),
    ):
        attention.get_by_role("combobox", name="Show", exact=True).select_option(measure)
        expect(attention.get_by_text(says)).to_be_visible(timeout=SLOW)
        expect_inside()
    attention.get_by_role("combobox", name="Arrange").select_option("most focused first")
    expect(attention.get_by_role("group", name="Heads in their order")).to_be_visible()
    card(atlas, "Focus (entropy)").click()
    expect(atlas.page.get_by_role("dialog", name=re.compile("^Focus"))).to_be_visible()
    expect_inside()
