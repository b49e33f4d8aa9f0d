"""One head as a map and as a flow: read, zoomed, overlaid and thinned, by mouse and by keyboard."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FloatRect, Locator, expect

import attention_atlas as aa
from attention_atlas.tracing.trace import Trace
from browser_page import SLOW, AtlasPage, names_of, text_of

SENTENCE, PAIR = "the cat sat on the mat", "it was tired"
LONG = text_of(60)
CAT, LAYER, HEAD = 2, 3, 1  # counted from 0; the page starts at this layer and head
VIEW = "/#text=the+cat+sat+on+the+mat&pair=it+was+tired&token=2&tab=attention"


@pytest.fixture(scope="module")
def trace(embedded: aa.Model) -> Trace:
    return aa.trace(embedded, SENTENCE, PAIR)


@pytest.fixture
def atlas(open_page: Callable[..., AtlasPage], embedded_application: Any) -> AtlasPage:
    """The page at a pair of sentences: [CLS] the cat sat on the mat [SEP] it was tired [SEP]."""
    atlas = open_page(embedded_application, VIEW)
    atlas.expect_head(LAYER + 1, HEAD + 1)
    expect(part(atlas, "Attention flow")).to_be_visible(timeout=SLOW)
    return atlas


def weights(trace: Trace, layer: int = LAYER, head: int = HEAD) -> np.ndarray:
    return trace.layers[layer].attention[head]


def part(atlas: AtlasPage, name: str) -> Locator:
    return atlas.attention.get_by_role("region", name=name, exact=True)


def the_map(atlas: AtlasPage) -> Locator:
    return part(atlas, "Attention map").get_by_role("img", name=re.compile("^Attention map of"))


def the_flow(atlas: AtlasPage) -> Locator:
    return part(atlas, "Attention flow").get_by_role("img", name=re.compile("^Attention flow of"))


def tip(atlas: AtlasPage) -> Locator:
    """What is told beside the pointer."""
    return atlas.page.get_by_role("status").filter(has_text="→")


def box_of(locator: Locator) -> FloatRect:
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    assert box is not None
    return box


def cell(atlas: AtlasPage, n: int, row: float, column: float) -> tuple[float, float]:
    """Where a cell of the map is, in the window."""
    box = box_of(the_map(atlas))
    side = box["width"] / n
    return box["x"] + (column + 0.5) * side, box["y"] + (row + 0.5) * side


def end_of(atlas: AtlasPage, n: int, row: int, *, right: bool) -> tuple[float, float]:
    """Where a token of the flow is, in the window."""
    box = box_of(the_flow(atlas))
    x = box["x"] + (box["width"] - 50 if right else 12)
    return x, box["y"] + (row + 0.5) * box["height"] / n


def pixels(locator: Locator) -> np.ndarray:
    """What is painted, as brightness from 0 to 255."""
    image = Image.open(io.BytesIO(locator.screenshot())).convert("L")
    return np.asarray(image, dtype=np.float64)


def ink(flow: Locator) -> float:
    """How much of the flow is covered by lines, between its two columns of names."""
    painted = pixels(flow)
    width = painted.shape[1]
    between = painted[:, int(width * 0.42) : int(width * 0.5)]
    return float(np.abs(between - np.median(between)).sum())


# The lines move to where they belong, frame by frame.
AT_REST = """canvas => new Promise(rested => {
  const look = (seen, same) => {
    const now = canvas.toDataURL();
    if (now === seen && same > 20) rested(now);
    else requestAnimationFrame(() => look(now, now === seen ? same + 1 : 0));
  };
  look("", 0);
})"""


def at_rest(flow: Locator) -> str:
    """The flow's picture when nothing moves in it any more."""
    return flow.locator("canvas").evaluate(AT_REST)


def expect_flow(
    atlas: AtlasPage,
    names: Sequence[str],
    whose: str,
    row: np.ndarray,
    columns: Sequence[int] | None = None,
) -> None:
    """The flow is of these heads, and names where the focused token goes most."""
    among = range(len(row)) if columns is None else columns
    best = max(among, key=lambda j: row[j])
    told = f"{whose}, between {len(row)} tokens. cat looks most at {names[best]}, {row[best]:.3f}"
    expect(the_flow(atlas)).to_have_accessible_name(re.compile(re.escape(told)), timeout=SLOW)


def test_the_map_is_read_and_a_row_is_focused_by_pointer(atlas: AtlasPage, trace: Trace) -> None:
    """Hovering a cell tells it twice; a click on a cell, or on a name beside it, focuses."""
    names, n = names_of(trace), len(trace.tokens)
    mouse, map = atlas.page.mouse, part(atlas, "Attention map")
    for row, column in ((1, 5), (8, 2), (11, 7)):
        mouse.move(*cell(atlas, n, row, column))
        told = f"{names[row]} → {names[column]} {weights(trace)[row, column]:.3f}"
        expect(map.get_by_text(told)).to_be_visible(timeout=SLOW)
        expect(tip(atlas)).to_have_text(told)
    mouse.click(*cell(atlas, n, 6, 3))
    expect(atlas.token("mat")).to_be_checked()
    mouse.move(0, 0)
    best = int(weights(trace)[6].argmax())
    expect(map).to_contain_text(f"mat → {names[best]} {weights(trace)[6, best]:.3f}")
    expect(part(atlas, "Where the focused token looks")).to_contain_text("Where mat looks")
    box = box_of(the_map(atlas))
    mouse.click(box["x"] - 20, box["y"] + box["height"] * 10.5 / n)  # the row's name
    expect(atlas.token("tired")).to_be_checked()
    x, _ = cell(atlas, n, 0, 3)
    mouse.click(x + 6, box["y"] - 6)  # the column's name
    expect(atlas.token("sat")).to_be_checked()


def test_the_map_is_read_and_a_row_is_focused_by_keyboard(atlas: AtlasPage, trace: Trace) -> None:
    """Arrow keys go from where the focused token looks most; Enter focuses the row's token."""
    names, map = names_of(trace), part(atlas, "Attention map")
    surface = the_map(atlas)
    row, column = CAT, int(weights(trace)[CAT].argmax())
    surface.focus()
    for key, down, right in (
        ("ArrowDown", 1, 0), ("ArrowDown", 1, 0), ("ArrowRight", 0, 1), ("ArrowUp", -1, 0),
        ("ArrowRight", 0, 1), ("ArrowLeft", 0, -1), ("ArrowDown", 1, 0),
    ):  # fmt: skip
        surface.press(key)
        row, column = row + down, column + right
        told = f"{names[row]} → {names[column]} {weights(trace)[row, column]:.3f}"
        expect(map.get_by_text(told)).to_be_visible()
    expect(atlas.token("cat")).to_be_checked()  # reading chooses nothing
    surface.press("Enter")
    expect(atlas.token(trace.tokens[row].text)).to_be_checked()
    expect(surface).to_be_focused()


def test_small_weights_are_lifted_by_root_and_logarithm(atlas: AtlasPage, trace: Trace) -> None:
    """The legend names the scale, and a faint cell becomes brighter with each."""
    n = len(trace.tokens)
    map, surface = part(atlas, "Attention map"), the_map(atlas)
    expect(atlas.page.locator(".js-plotly-plot").first).to_be_visible(timeout=SLOW)
    ours = weights(trace)
    flat = np.argsort(np.abs(ours.ravel() - 0.02))
    row, column = next(divmod(int(k), n) for k in flat if k // n != CAT)

    def brightness() -> float:
        painted = pixels(surface)
        side = len(painted) / n
        y, x = int((row + 0.5) * side), int((column + 0.5) * side)
        return float(painted[y - 2 : y + 3, x - 2 : x + 3].mean())

    seen = []
    for name, legend in (("linear", ".75"), ("square root", ".05"), ("logarithmic", "≤.0001")):
        button = map.get_by_role("button", name=name, exact=True)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(map.get_by_text(legend, exact=True)).to_be_visible()
        seen.append(brightness())
    assert seen[0] + 5 < seen[1], seen
    assert seen[1] + 5 < seen[2], seen
    expect(map.get_by_text(".05", exact=True)).to_be_hidden()
    atlas.head(5).check()  # the scale stays with the person
    expect(map.get_by_role("button", name="logarithmic")).to_have_attribute("aria-pressed", "true")
    best = int(ours[CAT].argmax())
    atlas.head(2).check()
    expect(map).to_contain_text(f"cat → {names_of(trace)[best]} {ours[CAT, best]:.3f}")


def test_a_zoomed_map_keeps_its_window_while_head_and_layer_change(
    open_page: Callable[..., AtlasPage], embedded_application: Any, embedded: aa.Model
) -> None:
    """By button, by key, and by a square that is dragged; what is read there is the head's own."""
    trace = aa.trace(embedded, LONG)
    names = names_of(trace)
    atlas = open_page(embedded_application, f"/#text={LONG}&token=30&tab=attention")
    map, surface = part(atlas, "Attention map"), the_map(atlas)
    expect(map).to_contain_text("all 60", timeout=SLOW)
    expect(map.get_by_role("button", name="Zoom out")).to_be_disabled()

    def corner(window: int, head: int, layer: int = LAYER) -> str:
        """What is read in the first cell of the window, checked against the model."""
        atlas.page.mouse.move(*cell(atlas, window, window - 1, 1))
        atlas.page.mouse.move(*cell(atlas, window, 0, 0))
        expect(tip(atlas)).to_be_visible()
        said = tip(atlas).inner_text()
        row, column = said.rsplit(" ", 1)[0].split(" → ")
        expected = weights(trace, layer, head)[names.index(row), names.index(column)]
        told = f"{row} → {column} {expected:.3f}"
        expect(tip(atlas)).to_have_text(told)
        return f"{row} → {column}"

    assert corner(60, HEAD) == "[CLS] → [CLS]"
    map.get_by_role("button", name="Zoom in").click()
    expect(map).to_contain_text("30 of 60")
    where = corner(30, HEAD)
    assert where != "[CLS] → [CLS]"
    atlas.head(7).check()
    atlas.expect_head(LAYER + 1, 7)
    expect(surface).to_have_accessible_name(re.compile("^Attention map of layer 4, head 7,"))
    expect(map).to_contain_text("30 of 60")
    assert corner(30, 6) == where
    atlas.layer(2).check()
    expect(surface).to_have_accessible_name(re.compile("^Attention map of layer 2, head 7,"))
    expect(map).to_contain_text("30 of 60")
    assert corner(30, 6, 1) == where

    surface.focus()
    surface.press("+")
    expect(map).to_contain_text("15 of 60")
    surface.press("-")
    surface.press("-")
    expect(map).to_contain_text("all 60")
    mouse = atlas.page.mouse
    mouse.move(*cell(atlas, 60, 19.7, 19.7))
    mouse.down()
    mouse.move(*cell(atlas, 60, 30, 30))
    mouse.move(*cell(atlas, 60, 39.7, 39.7))
    mouse.up()
    expect(map).to_contain_text("20 of 60")
    assert corner(20, 6, 1) == f"{names[20]} → {names[20]}"
    expect(atlas.tokens.nth(30)).to_be_checked()  # dragging chose no other token
    surface.dblclick()
    expect(map).to_contain_text("all 60")


def test_several_heads_and_the_layers_mean_flow_together(atlas: AtlasPage, trace: Trace) -> None:
    """The strongest of the heads is named, with its head; the mean is over all twelve."""
    names = names_of(trace)
    flow = part(atlas, "Attention flow")
    layer = trace.layers[LAYER].attention
    mode = flow.get_by_role("combobox", name="Whose lines the flow shows")
    expect_flow(atlas, names, "head 2", layer[HEAD, CAT])

    def expect_several(heads: list[int]) -> None:
        rows = layer[heads, CAT]
        head, column = divmod(int(rows.argmax()), rows.shape[1])
        listed = ", ".join(str(one + 1) for one in heads)
        told = (
            f"head{'s' if len(heads) > 1 else ''} {listed}, between 12 tokens. cat looks most at "
            f"{names[column]}, {rows[head, column]:.3f} in head {heads[head] + 1}."
        )
        expect(the_flow(atlas)).to_have_accessible_name(re.compile(re.escape(told)))

    mode.select_option("several heads")
    expect_several([1, 2, 3, 4])
    expect(flow).to_contain_text("Each head has its colour")
    swatches = flow.get_by_role("group", name="Heads whose lines are shown")
    swatches.get_by_role("button", name="Lines of head 9", exact=True).click()
    expect_several([1, 2, 3, 4, 8])
    third = swatches.get_by_role("button", name="Lines of head 3", exact=True)
    third.click()
    expect(third).to_have_attribute("aria-pressed", "false")
    third.press("ArrowRight")
    fourth = swatches.get_by_role("button", name="Lines of head 4", exact=True)
    expect(fourth).to_be_focused()
    fourth.press("Enter")
    expect_several([1, 4, 8])

    atlas.page.mouse.move(*end_of(atlas, 12, 6, right=True))
    order = sorted([1, 4, 8], key=lambda head: -layer[head, CAT, 6])
    each = ", ".join(f"head {head + 1} {layer[head, CAT, 6]:.3f}" for head in order)
    expect(tip(atlas)).to_have_text(f"cat → mat {each}")

    flow.get_by_role("button", name="only head 2").click()
    expect_several([1])
    every = flow.get_by_role("button", name="all heads", exact=True)
    every.click()
    expect_several(list(range(12)))
    expect(every).to_be_disabled()
    atlas.layer(2).check()  # another layer keeps the heads
    layer = trace.layers[1].attention
    expect_several(list(range(12)))

    mode.select_option("mean of the layer")
    expect_flow(atlas, names, "mean of its heads", layer.mean(axis=0)[CAT])
    expect(flow).to_contain_text("mean over the layer’s 12 heads")
    expect(swatches).to_be_hidden()
    atlas.attention.get_by_role("combobox", name="Show", exact=True).select_option(
        "Difference from the layer’s mean"
    )
    expect(flow).to_contain_text("their mean is 0 everywhere")
    expect(the_flow(atlas)).to_be_hidden()
    mode.select_option("this head")
    expect(the_flow(atlas)).to_be_visible()


def test_the_mean_of_a_layer_is_painted_for_all_that_it_shows(atlas: AtlasPage) -> None:
    """It stays while the head changes, and nothing else is left as it was."""
    page, flow = atlas.page, the_flow(atlas)
    part(atlas, "Attention flow").get_by_role("combobox").select_option("mean of the layer")
    expect(flow).to_have_attribute("aria-label", re.compile("mean of its heads"))
    seen = at_rest(flow)
    atlas.head(5).check()
    atlas.expect_head(LAYER + 1, 5)
    assert at_rest(flow) == seen

    def light() -> None:
        page.get_by_role("button", name="Light").click()

    def another_token() -> None:
        atlas.tokens.nth(CAT + 1).click()

    def fewer_lines() -> None:
        atlas.attention.get_by_role("slider", name="Most lines from each").press("Home")

    def pointed_at() -> None:
        page.mouse.move(*end_of(atlas, 12, 6, right=True))

    def narrower() -> None:
        page.set_viewport_size({"width": 1200, "height": 900})

    def another_layer() -> None:
        atlas.layer(2).check()

    for change in (light, another_token, fewer_lines, pointed_at, narrower, another_layer):
        change()
        page.wait_for_function(
            "([canvas, seen]) => canvas.toDataURL() !== seen",
            arg=[flow.locator("canvas").element_handle(), seen],
        )
        seen = at_rest(flow)


def test_lines_are_hidden_by_strength_and_by_number(atlas: AtlasPage, trace: Trace) -> None:
    """With two sliders, moved by keyboard; each tells what it is at."""
    names = names_of(trace)
    flow = the_flow(atlas)
    least = atlas.attention.get_by_role("slider", name="Hide lines below")
    most = atlas.attention.get_by_role("slider", name="Most lines from each")
    row = weights(trace)[CAT]
    best = int(row.argmax())
    expect_flow(atlas, names, "head 2", row)
    expect(least).to_have_attribute("aria-valuetext", "0.020")
    expect(most).to_have_attribute("aria-valuetext", "all")
    least.press("ArrowRight")
    expect(least).to_have_attribute("aria-valuetext", "0.030")
    least.press("Home")
    expect(least).to_have_attribute("aria-valuetext", "0")
    whole = ink(flow)
    assert whole > 0

    most.press("Home")
    expect(most).to_have_attribute("aria-valuetext", "the strongest 1")
    one = ink(flow)
    most.press("ArrowRight")
    expect(most).to_have_attribute("aria-valuetext", "the strongest 2")
    two = ink(flow)
    assert one < two < whole, (one, two, whole)
    expect_flow(atlas, names, "head 2", row)
    most.press("End")
    expect(most).to_have_attribute("aria-valuetext", "all")

    above = [0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    hides = next(step for step in above if step > row[best])
    for _ in range(30):
        if least.get_attribute("aria-valuetext") == f"{hides:.3f}":
            break
        least.press("ArrowRight")
    expect(least).to_have_attribute("aria-valuetext", f"{hides:.3f}")
    expect(flow).to_have_accessible_name(re.compile(r"between 12 tokens\. Up and down"))
    assert ink(flow) < whole
    least.press("ArrowLeft")
    expect_flow(atlas, names, "head 2", row)


def test_lines_within_and_between_two_sentences(atlas: AtlasPage, trace: Trace) -> None:
    """All, A→A, A→B, B→A and B→B: of cat, and of a token of the second sentence."""
    names = names_of(trace)
    sentences = {"A": range(8), "B": range(8, 12)}
    assert [token.segment for token in trace.tokens] == [0] * 8 + [1] * 4
    atlas.attention.get_by_role("slider", name="Hide lines below").press("Home")
    parts = atlas.attention.get_by_role("radiogroup", name="From which sentence to which")
    for token, of in (("cat", "A"), ("tired", "B")):
        atlas.token(token).click()
        row = weights(trace)[names.index(token)]
        for choice in ("A→A", "A→B", "B→A", "B→B", "all"):
            parts.get_by_role("radio", name=choice, exact=True).check()
            if choice[0] not in ("a", of):
                none = re.compile(r"between 12 tokens\. Up and down")
                expect(the_flow(atlas)).to_have_accessible_name(none)
                continue
            among = range(12) if choice == "all" else sentences[choice[-1]]
            best = max(among, key=lambda j: row[j])
            told = f"{token} looks most at {names[best]}, {row[best]:.3f}"
            expect(the_flow(atlas)).to_have_accessible_name(re.compile(re.escape(told)))
    parts.get_by_role("radio", name="all", exact=True).focus()
    atlas.page.keyboard.press("ArrowRight")
    expect(parts.get_by_role("radio", name="A→A", exact=True)).to_be_checked()


def test_a_token_of_the_flow_is_read_and_focused(atlas: AtlasPage, trace: Trace) -> None:
    """At both its ends by pointer, and by the arrow keys."""
    names, ours = names_of(trace), weights(trace)
    mouse, flow = atlas.page.mouse, the_flow(atlas)
    best = int(ours[5].argmax())
    mouse.move(*end_of(atlas, 12, 5, right=False))
    expect(tip(atlas)).to_have_text(f"the (2nd) → {names[best]} {ours[5, best]:.3f}")
    for column in (0, 3, 8):
        mouse.move(*end_of(atlas, 12, column, right=True))
        expect(tip(atlas)).to_have_text(f"cat → {names[column]} {ours[CAT, column]:.3f}")
    mouse.click(*end_of(atlas, 12, 3, right=False))
    expect(atlas.token("sat")).to_be_checked()
    best = int(ours[3].argmax())
    expect(flow).to_have_accessible_name(re.compile(f"sat looks most at {re.escape(names[best])}"))
    mouse.click(*end_of(atlas, 12, 10, right=True))
    expect(atlas.token("tired")).to_be_checked()
    flow.focus()
    for key, text, nth in (
        ("ArrowUp", "was", 0), ("ArrowDown", "tired", 0), ("ArrowDown", "[SEP]", 1),
        ("ArrowDown", "[SEP]", 1), ("Home", "[CLS]", 0), ("ArrowUp", "[CLS]", 0),
    ):  # fmt: skip
        flow.press(key)
        expect(atlas.token(text, nth)).to_be_checked()
    expect(flow).to_be_focused()
    best = int(ours[0].argmax())
    expect(part(atlas, "Where the focused token looks").get_by_role("listitem").first).to_have_text(
        re.compile(rf"^{re.escape(names[best])}\s*{ours[0, best]:.3f}$")
    )


def test_a_text_without_a_second_sentence_has_no_choice_between_two(
    open_page: Callable[..., AtlasPage], embedded_application: Any, embedded: aa.Model
) -> None:
    """And with nothing focused, the flow and the list ask for a word."""
    atlas = open_page(embedded_application, f"/#text={SENTENCE}&token=2&tab=attention")
    trace = aa.trace(embedded, SENTENCE)
    expect_flow(atlas, names_of(trace), "head 2", weights(trace)[CAT])
    expect(atlas.attention.get_by_role("radiogroup")).to_have_count(0)
    atlas.page.keyboard.press("Escape")
    expect(
        atlas.attention.get_by_text("Choose a word above to see what it looks at")
    ).to_be_visible()
    expect(part(atlas, "Where the focused token looks")).to_contain_text("Choose a word above")
    expect(the_flow(atlas)).to_have_accessible_name(re.compile(r"between 8 tokens\. Up and down"))
    the_flow(atlas).press("ArrowDown")
    expect(atlas.token("[CLS]")).to_be_checked()
