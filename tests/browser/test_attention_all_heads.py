"""All heads beside each other: atlas, table and six metrics; and what adds up over layers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from playwright.sync_api import Locator, expect

import attention_atlas as aa
from attention_atlas.analysis.metrics import AttentionMetrics
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.metric_cards.over import number
from browser_page import SLOW, AtlasPage

SENTENCE = "the cat sat on the mat, it was tired."
NAMES = "[CLS]|the|cat|sat|on|the (2nd)|mat|,|it|was|tired|.|[SEP]".split("|")
N, CAT, LAYER, HEAD = 13, 2, 3, 1  # counted from 0; the page starts at this layer and head
VIEW = "/#text=the+cat+sat+on+the+mat,+it+was+tired.&token=2&tab=attention"
ROLES = {  # where each is looked for, as (from, to); in the order in which the page lists them
    "itself": [(i, i) for i in range(N)],
    "previous": [(i, i - 1) for i in range(1, N)],
    "next": [(i, i + 1) for i in range(N - 1)],
    "[CLS]": [(i, 0) for i in range(N)],
    "[SEP]": [(i, 12) for i in range(N)],
    "punctuation": [(i, j) for i in range(N) for j in (7, 11)],
    "same word": [(1, 5), (5, 1)],
}
QUERIES = {"previous": N - 1, "next": N - 1, "same word": 2}  # of the others, all tokens


@pytest.fixture(scope="module")
def trace(embedded: aa.Model) -> Trace:
    return aa.trace(embedded, SENTENCE)


@pytest.fixture(scope="module")
def weights(trace: Trace) -> np.ndarray:
    """(6, 12, n, n)."""
    return np.stack([layer.attention for layer in trace.layers])


@pytest.fixture(scope="module")
def metrics(weights: np.ndarray) -> AttentionMetrics:
    return aa.metrics(weights)


@pytest.fixture(scope="module")
def shares(weights: np.ndarray) -> np.ndarray:
    """(7, 6, 12): the mean weight that goes to each kind of place."""
    wide = weights.astype(np.float64)
    return np.stack(
        [
            sum(wide[:, :, i, j] for i, j in places) / QUERIES.get(name, N)
            for name, places in ROLES.items()
        ]
    )


@pytest.fixture(scope="module")
def ratios(shares: np.ndarray) -> np.ndarray:
    """(7, 6, 12): how many times what uniform attention, 1/n to each, would give."""
    uniform = [len(places) / N / QUERIES.get(name, N) for name, places in ROLES.items()]
    return shares / np.array(uniform)[:, None, None]


@pytest.fixture
def atlas(open_page: Callable[..., AtlasPage], embedded_application: Any) -> AtlasPage:
    atlas = open_page(embedded_application, VIEW)
    atlas.expect_head(LAYER + 1, HEAD + 1)
    expect(tiles(atlas)).to_have_count(72, timeout=SLOW)
    return atlas


def tiles(atlas: AtlasPage) -> Locator:
    group = atlas.attention.get_by_role("group", name=re.compile("^Heads(,| in)"))
    return group.get_by_role("button")


def tile(atlas: AtlasPage, layer: int, head: int) -> Locator:
    return atlas.attention.get_by_role(
        "button", name=re.compile(rf"^Layer {layer}, head {head}(,|$)")
    )


def choose(atlas: AtlasPage, picker: str, option: str) -> None:
    atlas.attention.get_by_role("combobox", name=picker, exact=True).select_option(option)


def tip(atlas: AtlasPage) -> Locator:
    """What is told beside the pointer, or beside what has the focus."""
    return atlas.page.get_by_role("status").filter(has_text=re.compile("^(layer|after layer) "))


def times(ratio: float) -> str:
    return "<0.1×" if 0 < ratio < 0.05 else f"{ratio:.1f}×"


def share(weight: float) -> str:
    return "<0.01" if 0 < weight < 0.005 else f"{weight:.2f}"


def role_of(shares: np.ndarray, ratios: np.ndarray, layer: int, head: int) -> str:
    """A head's strongest role as the page tells it; counted from 0."""
    best = int(ratios[:, layer, head].argmax())
    if ratios[best, layer, head] < 2:
        return "no role of 2×"
    told = f"{share(shares[best, layer, head])}, {times(ratios[best, layer, head])}"
    return f"{list(ROLES)[best]} {told}"


def expect_order(atlas: AtlasPage, order: Sequence[int]) -> None:
    """The tiles that can be chosen, in this order; heads counted through from 0."""
    expected = [f"Layer {k // 12 + 1}, head {k % 12 + 1}" for k in order]
    expect(tiles(atlas)).to_have_count(len(expected))
    for button, name in zip(tiles(atlas).all(), expected, strict=True):
        expect(button).to_have_accessible_name(re.compile(rf"^{name}(,|$)"))


def card(atlas: AtlasPage, name: str) -> Locator:
    return atlas.attention.get_by_role("button", name=re.compile(rf"^{re.escape(name)} "))


def table(atlas: AtlasPage) -> Locator:
    return atlas.attention.get_by_role("table", name="All heads in numbers", exact=True)


def open_numbers(atlas: AtlasPage) -> None:
    atlas.attention.get_by_text("All heads in numbers", exact=True).first.click()
    expect(table(atlas)).to_be_visible(timeout=SLOW)


def test_the_atlas_is_coloured_by_a_number_and_its_legend_tells_the_range(
    atlas: AtlasPage,
    weights: np.ndarray,
    metrics: AttentionMetrics,
    shares: np.ndarray,
    ratios: np.ndarray,
) -> None:
    """By a metric, by the mean distance, and by a role as a ratio or as a share."""
    attention = atlas.attention
    every = [(layer, head) for layer in range(6) for head in range(12)]
    apart = np.abs(np.arange(N)[:, None] - np.arange(N))
    distance = (weights * apart).sum(axis=-1, dtype=np.float64).mean(axis=-1)
    previous = list(ROLES).index("previous")

    def expect_numbers(name: str, numbers: np.ndarray, write: Callable[[float], str]) -> None:
        low, high = (re.escape(write(float(end))) for end in (numbers.min(), numbers.max()))
        legend = attention.get_by_text(re.compile(rf"^{low}\s*{high}$"))
        expect(legend).to_be_visible()
        for layer, head in every[::7]:
            role = role_of(shares, ratios, layer, head)
            told = role if role.startswith("no role") else f"strongest role {role}"
            expect(tile(atlas, layer + 1, head + 1)).to_have_accessible_name(
                f"Layer {layer + 1}, head {head + 1}, {name} "
                f"{write(float(numbers[layer, head]))}, {told}"
            )

    choose(atlas, "Colour by", "focus (entropy)")
    expect(attention.get_by_text("How widely a token spreads its attention")).to_be_visible()
    expect_numbers("focus (entropy)", metrics.entropy, lambda x: f"{x:.3f}")
    choose(atlas, "Colour by", "uniformity")
    expect_numbers("uniformity", metrics.uniformity, lambda x: f"{x:.3f}")
    choose(atlas, "Colour by", "mean distance")
    expect(attention.get_by_text(f"has {(N * N - 1) / (3 * N):.3f}")).to_be_visible()
    expect_numbers("mean distance", distance, lambda x: f"{x:.2f}")
    choose(atlas, "Colour by", "previous token")
    expect_numbers("previous token", ratios[previous], times)
    told_as = attention.get_by_role("group", name="A role is told as")
    told_as.get_by_role("button", name="share").click()
    expect_numbers("previous token", shares[previous], share)
    choose(atlas, "Colour by", "nothing")
    expect(attention.get_by_text(re.compile(r"^0\s*1$"))).to_be_visible()
    expect(told_as).to_be_hidden()


def test_a_head_of_the_atlas_is_read_and_chosen(
    atlas: AtlasPage, metrics: AttentionMetrics, shares: np.ndarray, ratios: np.ndarray
) -> None:
    """By pointer and by arrow keys, which only look; a click or Enter chooses."""
    page = atlas.page
    choose(atlas, "Colour by", "sparsity")

    def expect_read(layer: int, head: int) -> None:
        value = f"{metrics.sparsity[layer - 1, head - 1]:.3f}"
        role = role_of(shares, ratios, layer - 1, head - 1)
        expect(tip(atlas)).to_have_text(f"layer {layer} head {head} · {role} · sparsity {value}")
        reading = atlas.attention.get_by_role("paragraph")
        told = re.compile(rf"^layer {layer} head {head} sparsity {value}$")
        expect(reading.filter(has_text=told)).to_be_visible()
        expect(reading.filter(has_text=f"strongest role: {role}")).to_be_visible()

    tile(atlas, 2, 9).hover()
    expect_read(2, 9)
    page.mouse.move(0, 0)
    start = tile(atlas, 4, 2)
    expect(start).to_have_attribute("aria-pressed", "true")
    start.focus()
    for key, layer, head in (
        ("ArrowRight", 4, 3), ("ArrowDown", 5, 3), ("End", 5, 12), ("ArrowRight", 5, 12),
        ("Home", 5, 1), ("ArrowUp", 4, 1), ("ArrowUp", 3, 1), ("ArrowRight", 3, 2),
    ):  # fmt: skip
        page.keyboard.press(key)
        expect(tile(atlas, layer, head)).to_be_focused()
    expect_read(3, 2)
    atlas.expect_head(4, 2)
    page.keyboard.press("Enter")
    atlas.expect_head(3, 2)
    expect(atlas.layer(3)).to_be_checked()
    expect(tile(atlas, 3, 2)).to_have_attribute("aria-pressed", "true")
    expect(start).to_have_attribute("aria-pressed", "false")
    tile(atlas, 6, 11).click()
    atlas.expect_head(6, 11)
    expect(atlas.head(11)).to_be_checked()


def test_heads_are_put_in_the_order_of_a_number(
    atlas: AtlasPage, metrics: AttentionMetrics, ratios: np.ndarray
) -> None:
    """From either end; the arrow keys then follow that order."""
    entropy = metrics.entropy.ravel()
    choose(atlas, "Arrange", "most focused first")
    order = np.argsort(entropy, kind="stable").tolist()
    expect_order(atlas, order)
    first, second = (tile(atlas, k // 12 + 1, k % 12 + 1) for k in order[:2])
    expect(first).to_have_accessible_name(re.compile(f"focus .entropy. {entropy[order[0]]:.3f}"))
    first.focus()
    atlas.page.keyboard.press("ArrowRight")
    expect(second).to_be_focused()
    atlas.page.keyboard.press("Enter")
    atlas.expect_head(order[1] // 12 + 1, order[1] % 12 + 1)
    choose(atlas, "Arrange", "most diffuse first")
    expect_order(atlas, np.argsort(-entropy, kind="stable").tolist())
    choose(atlas, "Colour by", "next token")  # what colours also sorts
    values = ratios[list(ROLES).index("next")].ravel()
    expect_order(atlas, np.argsort(-values, kind="stable").tolist())
    choose(atlas, "Arrange", "by layer")
    expect_order(atlas, range(72))


def test_only_the_heads_of_one_role_stay(atlas: AtlasPage, ratios: np.ndarray) -> None:
    """Each head belongs to one role at most; those of a role can be sorted."""
    attention = atlas.attention
    flat = ratios.reshape(len(ROLES), 72)
    strongest = np.where(flat.max(axis=0) >= 2, flat.argmax(axis=0), -1)
    seen = 0
    only = "Only heads whose strongest role is"
    for option, role in (
        ("itself", 0), ("previous token", 1), ("next token", 2), ("[CLS]", 3), ("[SEP]", 4),
        ("punctuation", 5), ("same word elsewhere", 6), ("no role of 2×", -1),
    ):  # fmt: skip
        choose(atlas, only, option)
        belong = np.flatnonzero(strongest == role).tolist()
        seen += len(belong)
        title = f"{len(belong)} of 72 heads"
        expect(attention.get_by_role("heading", name=title, exact=True)).to_be_visible()
        expect(attention.get_by_text("No head is like that in this text.")).to_be_visible(
            visible=not belong
        )
        for k in {*belong[:3], *range(0, 72, 11)}:
            expect(tile(atlas, k // 12 + 1, k % 12 + 1)).to_be_enabled(enabled=k in belong)
    assert seen == 72
    choose(atlas, only, "next token")
    choose(atlas, "Arrange", "most focused first")
    expect(tiles(atlas)).to_have_count(int((strongest == 2).sum()))
    choose(atlas, only, "all heads")
    expect(attention.get_by_role("heading", name="All 72 heads", exact=True)).to_be_visible()


def test_the_table_sorts_chooses_and_averages(
    atlas: AtlasPage, metrics: AttentionMetrics, shares: np.ndarray, ratios: np.ndarray
) -> None:
    """A column's button sorts, and again the other way; means are over heads."""
    open_numbers(atlas)
    head_rows = (
        table(atlas)
        .get_by_role("row")
        .filter(has=atlas.page.get_by_role("button", name=re.compile("^Choose layer")))
    )
    expect(head_rows).to_have_count(72)

    def expect_sorted(column: str, order: np.ndarray, direction: str) -> None:
        header = table(atlas).get_by_role("columnheader", name=column, exact=True)
        header.get_by_role("button").click()
        expect(header).to_have_attribute("aria-sort", direction)
        for row, k in list(zip(head_rows.all(), order.tolist(), strict=True))[::9]:
            name = f"Choose layer {k // 12 + 1}, head {k % 12 + 1}"
            expect(row.get_by_role("button", name=name, exact=True)).to_be_visible()

    entropy, previous = metrics.entropy.ravel(), ratios[1].ravel()
    expect_sorted("entropy", np.argsort(-entropy, kind="stable"), "descending")
    expect_sorted("entropy", np.argsort(entropy, kind="stable"), "ascending")
    by_previous = np.argsort(-previous, kind="stable")
    expect_sorted("previous", by_previous, "descending")
    expect(table(atlas).get_by_role("columnheader", name="entropy")).not_to_have_attribute(
        "aria-sort", re.compile(".")
    )

    top = int(by_previous[0])
    layer, head = divmod(top, 12)
    cells = head_rows.first.get_by_role("cell")
    for k, value in enumerate(asdict(metrics[layer, head]).values()):
        expect(cells.nth(k + 1)).to_have_text(number(value))
    for k in range(len(ROLES)):
        told = f"{share(shares[k, layer, head])} {times(ratios[k, layer, head])}"
        expect(cells.nth(k + 7)).to_have_text(told)
    head_rows.first.get_by_role("button").click()
    atlas.expect_head(layer + 1, head + 1)
    expect(head_rows.first.get_by_role("button")).to_have_attribute("aria-current", "true")
    for name, mean in (
        (f"mean, layer {layer + 1}", metrics.entropy[layer].mean(dtype=np.float64)),
        ("mean, all 72", metrics.entropy.mean(dtype=np.float64)),
    ):
        row = (
            table(atlas)
            .get_by_role("row")
            .filter(has=atlas.page.get_by_role("rowheader", name=name, exact=True))
        )
        expect(row.get_by_role("cell").nth(2)).to_have_text(f"{mean:.3f}")


def test_a_heat_map_of_each_metric_is_read_and_chooses_a_head(
    atlas: AtlasPage, metrics: AttentionMetrics
) -> None:
    """Six of them, with their ranges; arrow keys read and Enter chooses."""
    open_numbers(atlas)
    group = atlas.attention.get_by_role("group", name="Each metric of all heads")
    names = (
        "confidence (max)", "confidence (avg)", "focus (entropy)", "sparsity",
        "distribution (median)", "uniformity",
    )  # fmt: skip
    for name, numbers in zip(names, asdict(metrics).values(), strict=True):
        figure = group.get_by_role("figure", name=name)
        low, high = (re.escape(f"{end:.3f}") for end in (numbers.min(), numbers.max()))
        expect(figure).to_contain_text(re.compile(rf"{low}\s*{high}"))
        heat = figure.get_by_role("img", name=f"{name} of each head: 6 layers by 12 heads")
        heat.focus()
        for key in ("Home", "ArrowDown", "ArrowDown", "ArrowRight"):
            heat.press(key)
        expect(tip(atlas)).to_have_text(
            re.compile(rf"^layer 3 head 2 · .* {number(numbers[2, 1])}$")
        )
    heat = group.get_by_role("img", name=re.compile("^uniformity"))
    heat.press("End")
    heat.press("Enter")
    atlas.expect_head(3, 12)


def test_the_table_is_downloaded_with_every_head_and_every_digit(
    atlas: AtlasPage,
    weights: np.ndarray,
    metrics: AttentionMetrics,
    shares: np.ndarray,
    ratios: np.ndarray,
) -> None:
    """72 rows in the order of the model, whatever the table is sorted by."""
    open_numbers(atlas)
    table(atlas).get_by_role("columnheader", name="sparsity").get_by_role("button").click()
    with atlas.page.expect_download() as download:
        atlas.attention.get_by_role("button", name="Download as CSV").click()
    assert download.value.suggested_filename == "heads.csv"
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8"))))
    places = [(int(row["layer"]), int(row["head"])) for row in rows]
    assert places == [(layer, head) for layer in range(1, 7) for head in range(1, 13)]

    def column(name: str) -> np.ndarray:
        return np.array([float(row[name]) for row in rows]).reshape(6, 12)

    for name, numbers in asdict(metrics).items():
        np.testing.assert_allclose(column(name), numbers, rtol=1e-5, err_msg=name)
    fields = ("itself", "previous", "next", "first", "separator", "punctuation", "same_word")
    for name, share, ratio in zip(fields, shares, ratios, strict=True):
        np.testing.assert_allclose(column(f"share_{name}"), share, rtol=1e-4, err_msg=name)
        np.testing.assert_allclose(column(f"ratio_{name}"), ratio, rtol=1e-4, err_msg=name)
    apart = np.abs(np.arange(N)[:, None] - np.arange(N))
    distance = (weights * apart).sum(axis=-1, dtype=np.float64).mean(axis=-1)
    np.testing.assert_allclose(column("mean_distance"), distance, rtol=1e-4)
    flat = ratios.reshape(len(ROLES), 72)
    strongest = [
        fields[best].replace("_", " ") if high >= 2 else ""
        for best, high in zip(flat.argmax(axis=0), flat.max(axis=0), strict=True)
    ]
    assert [row["strongest_role"] for row in rows] == strongest


CARDS = {
    "confidence_max": ("Confidence (max)", "From 1/13 = 0.077"),
    "confidence_avg": ("Confidence (avg)", "From 1/13 = 0.077"),
    "entropy": ("Focus (entropy)", f"to ln 13 = {np.log(13):.3f}"),
    "sparsity": ("Sparsity", "From 0, when no weight is below τ = 0.01"),
    "median": ("Distribution (median)", f"to no more than 2/13 = {2 / 13:.3f}"),
    "uniformity": ("Uniformity", f"to √(13 − 1)/13 = {np.sqrt(12) / 13:.3f}"),
}


def ordinal(k: int) -> str:
    last = "th" if k % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(k % 10, "th")
    return f"{k}{last}"


def test_each_card_tells_value_rank_and_means_and_explains_itself(
    atlas: AtlasPage, trace: Trace, metrics: AttentionMetrics
) -> None:
    """Its popover has formula, range, reference, and a line of Python that gives the number."""
    page = atlas.page
    for field, (name, range_) in CARDS.items():
        numbers = getattr(metrics, field)
        value = numbers[LAYER, HEAD]
        below = int((numbers < value).sum())
        higher = f"higher than {int(100 * below / 72 + 0.5)}\u202f% of heads"
        means = numbers.astype(np.float64)
        face = card(atlas, name)
        for told in (
            f"{name}{number(value)}",
            f"{ordinal(int((numbers > value).sum()) + 1)} of 72",
            higher,
            f"mean of layer 4 {means[LAYER].mean():.3f}",
            f"mean of 72 heads {means.mean():.3f}",
        ):
            expect(face).to_contain_text(told)
        face.click()
        dialog = page.get_by_role("dialog", name=f"{name}, layer 4, head 2", exact=True)
        expect(dialog.get_by_role("heading", name=name, exact=True)).to_be_visible()
        expect(dialog.get_by_role("math").first).to_be_visible()
        expect(dialog).to_contain_text(range_)
        expect(dialog).to_contain_text("Golshanrad, Pouria and Faghih, Fathiyeh")
        expect(dialog).to_contain_text("From Attention to Assurance")
        expect(
            dialog.get_by_role("img", name=re.compile(f"^{re.escape(name)} of all 72"))
        ).to_be_visible()
        dialog.get_by_role("button", name="Copy", exact=True).click()
        expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
        line = page.evaluate("navigator.clipboard.readText()")
        assert f"{eval(line, {'aa': aa, 'trace': trace}):.3f}" == f"{value:.3f}", line
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(face).to_be_focused()
    expect(atlas.token("cat")).to_be_checked()


def test_an_open_card_follows_the_head(atlas: AtlasPage, metrics: AttentionMetrics) -> None:
    card(atlas, "Uniformity").click()
    dialog = atlas.page.get_by_role("dialog", name=re.compile("^Uniformity"))
    for layer, head in ((6, 3), (1, 12)):
        atlas.layer(layer).check()
        atlas.head(head).check()
        expect(dialog).to_have_accessible_name(f"Uniformity, layer {layer}, head {head}")
        value = f"{metrics.uniformity[layer - 1, head - 1]:.3f}"
        expect(dialog).to_contain_text(value)
        expect(card(atlas, "Uniformity")).to_contain_text(f"Uniformity{value}")
    dialog.get_by_role("button", name="Close", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(card(atlas, "Uniformity")).to_have_attribute("aria-expanded", "false")


def test_the_threshold_of_sparsity_is_moved_everywhere(
    atlas: AtlasPage, weights: np.ndarray
) -> None:
    """Card, means, atlas and table follow the slider; 1/n is marked, and 0.01 comes back."""
    page = atlas.page
    open_numbers(atlas)
    choose(atlas, "Colour by", "sparsity")
    # The row of the chosen head.
    row = (
        table(atlas)
        .get_by_role("row")
        .filter(has=page.get_by_role("button", name="Choose layer 4, head 2", exact=True))
    )

    def expect_everywhere(tau: float) -> None:
        sparsity = aa.metrics(weights, threshold=tau).sparsity
        value = f"{sparsity[LAYER, HEAD]:.3f}"
        expect(card(atlas, "Sparsity")).to_contain_text(f"Sparsity{value}", timeout=SLOW)
        expect(card(atlas, "Sparsity")).to_contain_text(f"mean of 72 heads {sparsity.mean():.3f}")
        expect(row.get_by_role("cell").nth(4)).to_have_text(value)
        expect(tile(atlas, 4, 2)).to_have_accessible_name(re.compile(f"sparsity {value}"))
        expect(tile(atlas, 6, 12)).to_have_accessible_name(
            re.compile(f"sparsity {sparsity[5, 11]:.3f}")
        )

    expect_everywhere(0.01)
    card(atlas, "Sparsity").click()
    dialog = page.get_by_role("dialog", name=re.compile("^Sparsity"))
    slider = dialog.get_by_role("slider", name=re.compile("^τ"))
    expect(dialog).to_contain_text("1/13 = 0.077, what uniform attention gives each")
    expect(dialog).to_contain_text("0.01, the default")
    back = dialog.get_by_role("button", name="Back to 0.01")
    expect(back).to_be_disabled()
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "0.015")
    expect_everywhere(0.015)
    expect(dialog).to_contain_text("below τ = 0.015, as good as nothing")
    expect(dialog).to_contain_text("threshold=0.015")
    for _ in range(20):
        if "uniform" in (slider.get_attribute("aria-valuetext") or ""):
            break
        slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "1/13, what uniform attention gives each")
    expect_everywhere(1 / 13)
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "0.5")
    expect_everywhere(0.5)
    expect(dialog).to_contain_text("even uniform attention would be sparse")
    back.click()
    expect_everywhere(0.01)
    expect(slider).to_have_attribute("aria-valuetext", "0.01")
    expect(page).not_to_have_url(re.compile("tau="))


def with_residual(weights: np.ndarray) -> np.ndarray:
    """½ (mean over heads + I) of each layer, rows summing to 1."""
    mixed = 0.5 * (weights.astype(np.float64).mean(axis=1) + np.eye(N))
    return mixed / mixed.sum(axis=-1, keepdims=True)


def the_comparison(atlas: AtlasPage, direction: str) -> Locator:
    return atlas.attention.get_by_role(
        "group", name=f"Rollout, maximum flow and raw attention, {direction} cat", exact=True
    )


def expect_comparison(
    group: Locator, order: Sequence[int], **columns: np.ndarray | list[float]
) -> None:
    """A row for each token in this order, with its three numbers."""
    rows = group.get_by_role("row")
    expect(rows).to_have_count(len(order) + 1)
    for row, token in zip(rows.all()[1:], order, strict=True):
        expect(row.get_by_role("rowheader")).to_have_text(NAMES[token])
        for cell, name in enumerate(("rollout", "flow", "raw")):
            expect(row.get_by_role("cell").nth(cell)).to_have_text(f"{columns[name][token]:.3f}")


def test_rollout_and_maximum_flow_from_a_token_and_to_it(
    atlas: AtlasPage, weights: np.ndarray
) -> None:
    """Rollout from the definition, flow from networkx; of all tokens, in both directions."""
    page = atlas.page
    across = atlas.attention.get_by_role("region", name="Across the layers")
    across.scroll_into_view_if_needed()
    mixed = with_residual(weights)
    rolled = [mixed[0]]
    for layer in mixed[1:]:
        rolled.append(layer @ rolled[-1])
    raw = weights[-1].astype(np.float64).mean(axis=0)
    graph = nx.DiGraph()
    for layer, i, j in np.ndindex(mixed.shape):
        graph.add_edge((layer + 1, i), (layer, j), capacity=float(mixed[layer, i, j]))

    def read(keys: Sequence[str]) -> None:
        picture = across.get_by_role("img", name=re.compile("^Attention rollout:"))
        picture.focus()
        for key in keys:
            picture.press(key)

    expect(the_comparison(atlas, "from")).to_be_visible(timeout=SLOW)
    across.get_by_role("button", name="Show all 13").click()
    flow = [nx.maximum_flow_value(graph, (6, CAT), (0, j)) for j in range(N)]
    order = np.argsort(-rolled[-1][CAT], kind="stable").tolist()
    expect_comparison(
        the_comparison(atlas, "from"), order, rollout=rolled[-1][CAT], flow=flow, raw=raw[CAT]
    )
    read(["Home", "ArrowRight", "ArrowDown", "ArrowDown"])
    expect(tip(atlas)).to_have_text(f"after layer 3: cat takes from the {rolled[2][CAT, 1]:.3f}")
    expect(across).to_contain_text(f"cat takes {rolled[-1][CAT, CAT]:.3f} from itself")

    across.get_by_role("button", name="Who takes from it").click()
    expect(the_comparison(atlas, "to")).to_be_visible(timeout=SLOW)
    flow = [nx.maximum_flow_value(graph, (6, i), (0, CAT)) for i in range(N)]
    order = np.argsort(-rolled[-1][:, CAT], kind="stable").tolist()
    expect_comparison(
        the_comparison(atlas, "to"),
        order, rollout=rolled[-1][:, CAT], flow=flow, raw=raw[:, CAT],
    )  # fmt: skip
    read(["End", "ArrowDown"])
    last = rolled[3][12, CAT]
    expect(tip(atlas)).to_have_text(f"after layer 4: [SEP] takes from cat {last:.3f}")
    page.keyboard.press("Enter")
    expect(atlas.token("[SEP]")).to_be_checked()
    expect(across).to_contain_text("What each token takes from [SEP]", timeout=SLOW)


def test_without_special_tokens_nothing_flows_through_them(
    atlas: AtlasPage, weights: np.ndarray
) -> None:
    """Heads are renormalised before their mean is taken, and [CLS] is no place to pass."""
    atlas.page.get_by_role("switch", name="Leave out [CLS] and [SEP]").check()
    inner = weights.astype(np.float64)[:, :, 1:-1, 1:-1]
    means = (inner / inner.sum(axis=-1, keepdims=True)).mean(axis=1)
    rolled = np.eye(N - 2)
    for layer in means:
        rolled = 0.5 * (layer + np.eye(N - 2)) @ rolled
    across = atlas.attention.get_by_role("region", name="Across the layers")
    across.scroll_into_view_if_needed()
    expect(across).to_contain_text("Without [CLS], [SEP]: in each layer", timeout=SLOW)
    rows = the_comparison(atlas, "from").get_by_role("row")
    expect(rows).to_have_count(N - 1)
    row = rolled[CAT - 1]
    for shown, token in zip(rows.all()[1:], np.argsort(-row, kind="stable"), strict=True):
        expect(shown.get_by_role("rowheader")).to_have_text(NAMES[token + 1])
        expect(shown.get_by_role("cell").first).to_have_text(f"{row[token]:.3f}")
