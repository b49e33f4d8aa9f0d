"""What the Attention tab shows of a head: four measures, whole words, special tokens, a link."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

import attention_atlas as aa
from attention_atlas.tracing.trace import Trace
from browser_page import SLOW, AtlasPage

SENTENCE = "the kindest cat sat on the mat"
NAMES = ["[CLS]", "the", "kind", "##est", "cat", "sat", "on", "the (2nd)", "mat", "[SEP]"]
KIND, CAT, LAYER, HEAD = 2, 4, 3, 1  # counted from 0; the page starts at this layer and head
PIECES = [[0], [1], [2, 3], [4], [5], [6], [7], [8], [9]]
WORDS = ["[CLS]", "the", "kindest", "cat", "sat", "on", "the (2nd)", "mat", "[SEP]"]
VIEW = "/#text=the+kindest+cat+sat+on+the+mat&token=4&tab=attention"


@pytest.fixture(scope="module")
def trace(embedded: aa.Model) -> Trace:
    return aa.trace(embedded, SENTENCE)


@pytest.fixture
def atlas(open_page: Callable[..., AtlasPage], embedded_application: Any) -> AtlasPage:
    atlas = open_page(embedded_application, VIEW)
    atlas.expect_head(LAYER + 1, HEAD + 1)
    return atlas


def measured(trace: Trace, measure: str) -> np.ndarray:
    """The numbers of the head, (n, n), from the model's tensors."""
    layer = trace.layers[LAYER]
    weights = layer.attention.astype(np.float64)
    if measure == "scores":
        return layer.query[HEAD] @ layer.key[HEAD].T / np.sqrt(layer.key.shape[-1])
    if measure == "norms":
        network: Any = trace.model.network
        projection = network.bert.encoder.layer[LAYER].attention.output.dense.weight.detach()
        size = layer.value.shape[-1]
        own = projection.cpu().numpy()[:, HEAD * size : (HEAD + 1) * size]
        taken = weights[HEAD][:, :, None] * (layer.value[HEAD] @ own.T)[None]
        return np.linalg.norm(taken, axis=-1)
    if measure == "difference":
        return weights[HEAD] - weights.mean(axis=0)
    return weights[HEAD]


def without_special(weights: np.ndarray) -> np.ndarray:
    inner = weights[..., 1:-1, 1:-1]
    return inner / inner.sum(axis=-1, keepdims=True)


def between_words(numbers: np.ndarray, pieces: list[list[int]]) -> np.ndarray:
    """Of a word's pieces, columns summed and rows averaged."""
    columns = np.stack([numbers[:, own].sum(axis=1) for own in pieces], axis=1)
    return np.stack([columns[own].mean(axis=0) for own in pieces])


def told(number: float, measure: str = "weights") -> str:
    text = f"{abs(number):.3f}"
    if number < 0 and float(text):
        return f"−{text}"
    return f"+{text}" if measure == "difference" and float(text) else text


def ordered(row: np.ndarray, measure: str) -> list[int]:
    return np.argsort(-np.abs(row) if measure == "difference" else -row, kind="stable").tolist()


def sentence(token: str, row: np.ndarray, names: list[str], measure: str) -> str:
    """What the page says of a row of numbers."""

    def at(column: int) -> str:
        return f"{names[column]} {told(row[column], measure)}"

    order = ordered(row, measure)
    first, second, third = map(at, order[:3])
    if measure == "difference":
        more, further = (at(j) for j in [j for j in order if row[j] > 0][:2])
        less = at(next(j for j in order if row[j] < 0))
        return (
            f"Compared with the mean of the layer’s heads, {token} looks more at {more} and "
            f"{further}, and less at {less}."
        )
    if measure == "scores":
        return (
            f"Before the softmax, {token} scores highest with {first}, then with {second} and "
            f"{third}."
        )
    start = "Norm-weighted," if measure == "norms" else "Here"
    return f"{start} {token} looks most at {first}, then at {second} and {third}."


def expect_row(
    atlas: AtlasPage,
    token: str,
    row: np.ndarray,
    names: list[str] = NAMES,
    measure: str = "weights",
) -> None:
    """The sentence above the map, and the list beside it, tell this row."""
    reading = atlas.attention.get_by_text(sentence(token, row, names, measure))
    expect(reading).to_be_visible(timeout=SLOW)
    looks = atlas.attention.get_by_role("region", name="Where the focused token looks")
    for i, column in enumerate(ordered(row, measure)[:5]):
        expected = rf"^{re.escape(names[column])}\s*{re.escape(told(row[column], measure))}$"
        expect(looks.get_by_role("listitem").nth(i)).to_have_text(re.compile(expected))


def shown(atlas: AtlasPage) -> Locator:
    return atlas.attention.get_by_role("combobox", name="Show", exact=True)


def show(atlas: AtlasPage, measure: str) -> None:
    shown(atlas).select_option(value=measure)


def the_map(atlas: AtlasPage) -> Locator:
    return atlas.attention.get_by_role("img", name=re.compile("^Attention map of"))


def the_flow(atlas: AtlasPage) -> Locator:
    return atlas.attention.get_by_role("img", name=re.compile("^Attention flow of"))


def button(atlas: AtlasPage, name: str) -> Locator:
    return atlas.page.get_by_role("button", name=name, exact=True)


def leave_out_special(atlas: AtlasPage) -> Locator:
    return atlas.page.get_by_role("switch", name="Leave out [CLS] and [SEP]")


def card(atlas: AtlasPage, name: str) -> Locator:
    return atlas.attention.get_by_role("button", name=re.compile(rf"^{re.escape(name)} "))


def test_each_measure_tells_its_own_numbers_and_what_they_are(
    atlas: AtlasPage, trace: Trace
) -> None:
    """All four, computed here from queries, keys, values and weights of the network."""
    each = {
        "weights": ("looks", "each row sums to 1", "4, head 2, 10 by 10 tokens"),
        "scores": ("looks, before the softmax", "before the softmax makes", "2, raw scores, 10"),
        "norms": ("looks, norm-weighted", "the length of the vector", "2, norm-weighted, 10"),
        "difference": ("differs from the mean", "layer’s 12 heads", "2, difference, 10"),
    }
    for measure in ("scores", "norms", "difference", "weights"):
        title, means, name = each[measure]
        show(atlas, measure)
        row = measured(trace, measure)[CAT]
        expect_row(atlas, "cat", row, measure=measure)
        expect(
            atlas.attention.get_by_role("heading", name=f"Where cat {title}", exact=True)
        ).to_be_visible()
        definition = atlas.attention.get_by_role("paragraph").filter(has_text=means)
        expect(definition.get_by_role("math")).to_be_visible()
        expect(the_map(atlas)).to_have_accessible_name(re.compile(re.escape(name)))
        best = ordered(row, measure)[0]
        reading = atlas.attention.get_by_role("region", name="Attention map")
        expect(reading).to_contain_text(f"cat → {NAMES[best]} {told(row[best], measure)}")
        flow = atlas.attention.get_by_role("region", name="Attention flow")
        if measure == "scores":
            expect(flow).to_contain_text("Scores have no flow")
            expect(the_flow(atlas)).to_be_hidden()
        else:
            expect(the_flow(atlas)).to_have_accessible_name(
                re.compile(re.escape(f"{NAMES[best]}, {told(row[best], measure)}"))
            )


def test_another_head_and_token_keep_the_measure(atlas: AtlasPage, trace: Trace) -> None:
    """Of a head chosen later, the difference is its own from the same mean."""
    show(atlas, "difference")
    atlas.head(5).check()
    atlas.token("mat").click()
    weights = trace.layers[LAYER].attention.astype(np.float64)
    expect_row(atlas, "mat", (weights[4] - weights.mean(axis=0))[8], measure="difference")
    atlas.layer(6).check()
    weights = trace.layers[5].attention.astype(np.float64)
    expect_row(atlas, "mat", (weights[4] - weights.mean(axis=0))[8], measure="difference")
    expect(shown(atlas)).to_have_value("difference")


def test_whole_words_are_merged_everywhere(atlas: AtlasPage, trace: Trace) -> None:
    """The pieces of "kindest" become one row and one column, in every view of the tab."""
    atlas.token("kind").click()
    expect_row(atlas, "kind", measured(trace, "weights")[KIND])
    button(atlas, "Whole words").click()
    weights = between_words(measured(trace, "weights"), PIECES)
    expect_row(atlas, "kindest", weights[2], WORDS)
    expect(button(atlas, "Whole words")).to_have_attribute("aria-pressed", "true")
    attention = atlas.attention
    expect(attention.get_by_text("columns are summed and rows averaged.").first).to_be_visible()
    expect(the_map(atlas)).to_have_accessible_name(re.compile("9 by 9 words"))
    expect(the_flow(atlas)).to_have_accessible_name(re.compile("between 9 words"))
    expect(attention.get_by_text("In each tile a row is a word that looks")).to_be_visible()
    expect(attention.get_by_text("The pieces of a word are taken together")).to_be_visible()
    metrics = aa.metrics(weights.astype(np.float32))
    expect(card(atlas, "Focus (entropy)")).to_contain_text(f"{metrics.entropy:.3f}")
    expect(card(atlas, "Confidence (avg)")).to_contain_text(f"{metrics.confidence_avg:.3f}")
    across = attention.get_by_role("region", name="Across the layers")
    across.scroll_into_view_if_needed()
    expect(across.get_by_text("What kindest takes from each input token")).to_be_visible(
        timeout=SLOW
    )
    atlas.token("##est").click()  # the same word: its row stays
    expect_row(atlas, "kindest", weights[2], WORDS)
    for measure in ("norms", "difference"):
        show(atlas, measure)
        row = between_words(measured(trace, measure), PIECES)[2]
        expect_row(atlas, "kindest", row, WORDS, measure)
    show(atlas, "scores")
    scores = measured(trace, "scores")
    row = np.array([scores[np.ix_([2, 3], own)].mean() for own in PIECES])
    expect_row(atlas, "kindest", row, WORDS, "scores")
    show(atlas, "weights")
    button(atlas, "Word pieces").click()
    expect_row(atlas, "##est", measured(trace, "weights")[3])
    expect(the_map(atlas)).to_have_accessible_name(re.compile("10 by 10 tokens"))


def test_without_special_tokens_rows_are_scaled_to_sum_to_one_again(
    atlas: AtlasPage, trace: Trace
) -> None:
    """Of weights and of the difference; scores and norms are no shares, and stay as they are."""
    leave_out_special(atlas).check()
    inner = without_special(measured(trace, "weights"))
    names = NAMES[1:-1]
    expect_row(atlas, "cat", inner[CAT - 1], names)
    attention = atlas.attention
    said = attention.get_by_text("[CLS] and [SEP] are left out, and each row is scaled to sum to 1")
    expect(said).to_be_visible()
    expect(the_map(atlas)).to_have_accessible_name(re.compile("8 by 8 tokens"))
    expect(the_flow(atlas)).to_have_accessible_name(re.compile("between 8 tokens"))
    metrics = aa.metrics(inner.astype(np.float32))
    expect(card(atlas, "Confidence (avg)")).to_contain_text(f"{metrics.confidence_avg:.3f}")
    colours = attention.get_by_label("Colour by", exact=True)
    expect(colours.get_by_role("option", name="[CLS] takes no part")).to_be_disabled()

    show(atlas, "difference")
    every = without_special(trace.layers[LAYER].attention.astype(np.float64))
    expect_row(atlas, "cat", (every[HEAD] - every.mean(axis=0))[CAT - 1], names, "difference")
    for measure in ("scores", "norms"):
        show(atlas, measure)
        expect_row(atlas, "cat", measured(trace, measure)[CAT, 1:-1], names, measure)
        expect(attention.get_by_text("and the others stay as they are.")).to_be_visible()
    show(atlas, "weights")

    button(atlas, "Whole words").click()
    words = between_words(inner, [[0], [1, 2], [3], [4], [5], [6], [7]])
    expect_row(atlas, "cat", words[2], WORDS[1:-1])
    leave_out_special(atlas).uncheck()
    expect_row(atlas, "cat", between_words(measured(trace, "weights"), PIECES)[3], WORDS)
    expect(said).to_be_hidden()


def test_a_focused_token_that_is_left_out_is_said_to_be(atlas: AtlasPage, trace: Trace) -> None:
    """And a word chosen then is shown; [CLS] comes back with the special tokens."""
    leave_out_special(atlas).check()
    atlas.token("[CLS]").click()
    attention = atlas.attention
    expect(attention.get_by_text("left out. Choose a word.")).to_be_visible(timeout=SLOW)
    looks = attention.get_by_role("region", name="Where the focused token looks")
    expect(looks).to_contain_text("The token chosen above is left out.")
    expect(looks.get_by_role("listitem")).to_have_count(0)
    across = attention.get_by_role("region", name="Across the layers")
    across.scroll_into_view_if_needed()
    expect(across).to_contain_text("[CLS] is left out, so nothing is followed", timeout=SLOW)
    atlas.token("sat").click()
    expect_row(atlas, "sat", without_special(measured(trace, "weights"))[4], NAMES[1:-1])
    atlas.token("[CLS]").click()
    leave_out_special(atlas).uncheck()
    expect_row(atlas, "[CLS]", measured(trace, "weights")[0])


def test_the_address_gives_a_colleague_the_same_view(
    atlas: AtlasPage,
    open_page: Callable[..., AtlasPage],
    embedded_application: Any,
    trace: Trace,
) -> None:
    """Measure, words, special tokens and τ; from the first page's address alone."""
    show(atlas, "norms")
    button(atlas, "Whole words").click()
    leave_out_special(atlas).check()
    card(atlas, "Sparsity").click()
    slider = atlas.page.get_by_role("slider", name=re.compile("^τ"))
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")
    names = WORDS[1:-1]
    row = measured(trace, "norms")[1:-1, 1:-1]
    row = between_words(row, [[0], [1, 2], [3], [4], [5], [6], [7]])[2]
    weights = between_words(
        without_special(measured(trace, "weights")), [[0], [1, 2], [3], [4], [5], [6], [7]]
    ).astype(np.float32)
    sparsity = f"{aa.metrics(weights, threshold=0.018).sparsity:.3f}"
    expect(card(atlas, "Sparsity")).to_contain_text(f"Sparsity{sparsity}", timeout=SLOW)
    expect_row(atlas, "cat", row, names, "norms")
    expect(atlas.page).to_have_url(re.compile("show=norms&words=1&special=0&tau=0.018"))

    address = atlas.page.url.removeprefix(embedded_application.url)
    other = open_page(embedded_application, address)
    expect_row(other, "cat", row, names, "norms")
    expect(shown(other)).to_have_value("norms")
    expect(button(other, "Whole words")).to_have_attribute("aria-pressed", "true")
    expect(leave_out_special(other)).to_be_checked()
    expect(card(other, "Sparsity")).to_contain_text(f"Sparsity{sparsity}", timeout=SLOW)
    card(other, "Sparsity").click()
    expect(other.page.get_by_role("dialog", name=re.compile("^Sparsity"))).to_contain_text(
        "below τ = 0.018"
    )


def test_back_undoes_a_switch_and_forward_does_it_again(atlas: AtlasPage, trace: Trace) -> None:
    """Changes within a second are one step of the history, so one is waited for."""
    pieces = measured(trace, "weights")[CAT]
    words = between_words(measured(trace, "weights"), PIECES)[3]
    page = atlas.page

    def settle() -> None:
        page.wait_for_function("from => performance.now() - from > 1000", arg=now())

    def now() -> float:
        return page.evaluate("performance.now()")

    expect_row(atlas, "cat", pieces)
    settle()
    button(atlas, "Whole words").click()
    expect_row(atlas, "cat", words, WORDS)
    settle()
    # Two changes at the same moment, which no slow machine draws apart.
    page.evaluate(
        """([measure, special]) => {
          measure.value = "difference";
          measure.dispatchEvent(new Event("change", { bubbles: true }));
          special.click();
        }""",
        [shown(atlas).element_handle(), leave_out_special(atlas).element_handle()],
    )
    expect(page).to_have_url(re.compile("show=difference&words=1&special=0"))
    page.go_back()
    expect_row(atlas, "cat", words, WORDS)
    expect(leave_out_special(atlas)).not_to_be_checked()
    expect(shown(atlas)).to_have_value("weights")
    page.go_back()
    expect_row(atlas, "cat", pieces)
    expect(button(atlas, "Word pieces")).to_have_attribute("aria-pressed", "true")
    page.go_forward()
    expect_row(atlas, "cat", words, WORDS)


def test_what_the_address_does_not_know_is_as_at_the_start(
    open_page: Callable[..., AtlasPage], embedded_application: Any, trace: Trace
) -> None:
    """No measure, no τ, no layer, no head and no token of that name."""
    nonsense = "&show=banana&tau=x&words=yes&special=no&layer=99&head=0&token=zzz&theme=pink"
    atlas = open_page(embedded_application, f"/#text={SENTENCE}&tab=attention{nonsense}")
    atlas.expect_head(LAYER + 1, HEAD + 1)
    expect(shown(atlas)).to_have_value("weights")
    expect(button(atlas, "Word pieces")).to_have_attribute("aria-pressed", "true")
    expect(leave_out_special(atlas)).not_to_be_checked()
    head = trace.layers[LAYER].attention[HEAD]
    expect(card(atlas, "Sparsity")).to_contain_text(
        f"Sparsity{aa.metrics(head).sparsity:.3f}", timeout=SLOW
    )
    atlas.token("cat").click()
    expect_row(atlas, "cat", head[CAT])
    expect(atlas.page).not_to_have_url(re.compile("#.*(banana|tau|words|special|zzz|99)"))


def test_a_text_of_nothing_but_what_is_left_out_says_so(
    open_page: Callable[..., AtlasPage], embedded_application: Any
) -> None:
    """A typed [SEP] is a separator too: without the special tokens no word is left."""
    atlas = open_page(embedded_application, "/#text=[SEP]&tab=attention&special=0")
    told_so = atlas.attention.get_by_text("There is no word in this text")
    expect(told_so).to_be_visible(timeout=SLOW)
    expect(the_map(atlas)).to_be_hidden()
    expect(atlas.attention.get_by_text("No word takes part.")).to_be_visible()
    leave_out_special(atlas).uncheck()
    expect(told_so).to_be_hidden()
    expect(the_map(atlas)).to_have_accessible_name(re.compile("3 by 3 tokens"))
