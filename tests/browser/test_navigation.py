"""Choosing layer, head and token, by mouse and by keyboard, and seeing the model's own numbers."""

from __future__ import annotations

import re

from playwright.sync_api import expect

import attention_atlas as aa
from attention_atlas.tracing.trace import Trace
from browser_page import SLOW, AtlasPage

CAT, IT = 2, 8


def weight(trace: Trace, layer: int, head: int, query: int, key: int) -> str:
    """A weight as the page writes it; layer and head counted from 1, as there."""
    return f"{trace.layers[layer - 1].attention[head - 1, query, key]:.3f}"


def expect_share(atlas: AtlasPage, key: str, share: str) -> None:
    """The dot-product step gives this key this share."""
    table = atlas.step("Scaled dot-product attention").get_by_role("table")
    row = table.get_by_role("row").filter(has=atlas.page.get_by_role("rowheader", name=key))
    expect(row.get_by_role("cell", name=share, exact=True).first).to_be_visible(timeout=SLOW)


def test_layer_and_head_by_mouse(generated: AtlasPage, trace: Trace) -> None:
    expect_share(generated, "cat", weight(trace, 4, 2, IT, CAT))
    generated.layer(2).check()
    expect_share(generated, "cat", weight(trace, 2, 2, IT, CAT))
    generated.head(4).check()
    expect_share(generated, "cat", weight(trace, 2, 4, IT, CAT))
    expect(generated.page.get_by_text("trace.layers[1].attention[3]")).to_be_visible()
    generated.page.get_by_role("button", name="Next layer").click()
    expect(generated.layer(3)).to_be_checked()
    expect_share(generated, "cat", weight(trace, 3, 4, IT, CAT))


def test_layer_and_head_by_keyboard(generated: AtlasPage, trace: Trace) -> None:
    generated.layer(4).focus()
    generated.page.keyboard.press("ArrowRight")
    expect(generated.layer(5)).to_be_checked()
    generated.head(2).focus()
    generated.page.keyboard.press("ArrowLeft")
    expect(generated.head(1)).to_be_checked()
    expect_share(generated, "cat", weight(trace, 5, 1, IT, CAT))


def test_a_token_is_focused_everywhere_and_escape_lets_go(
    generated: AtlasPage, trace: Trace
) -> None:
    page = generated.page
    generated.token("cat").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="How the model reads cat")).to_be_visible()
    expect(generated.step("Scaled dot-product attention")).to_contain_text("query of cat")
    expect_share(generated, "cat", weight(trace, 4, 2, CAT, CAT))
    page.keyboard.press("Escape")
    expect(generated.token("cat")).not_to_be_checked()
    generated.token("tired").focus()
    page.keyboard.press("ArrowLeft")
    expect(generated.token("was")).to_be_checked()


def test_the_attention_tab_shows_the_heads_own_numbers(generated: AtlasPage, trace: Trace) -> None:
    page = generated.page
    generated.open_tab("Attention")
    generated.expect_head(4, 2)
    row = trace.layers[3].attention[1, IT]
    best = int(row.argmax())
    reading = generated.attention.get_by_text("looks most at")
    expect(reading).to_contain_text(
        f"it looks most at {trace.tokens[best].text} {row[best]:.3f}", timeout=SLOW
    )
    page.get_by_role("button", name=re.compile("^Layer 2, head 4")).click()
    generated.expect_head(2, 4)
    row = trace.layers[1].attention[3, IT]
    best = int(row.argmax())
    expect(reading).to_contain_text(f"{trace.tokens[best].text} {row[best]:.3f}", timeout=SLOW)


def test_hovering_the_map_reads_both_tokens_and_the_weight(
    generated: AtlasPage, trace: Trace
) -> None:
    page = generated.page
    generated.open_tab("Attention")
    surface = generated.attention.get_by_role("img", name=re.compile("^Attention map of layer 4"))
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=SLOW)
    box = surface.bounding_box()
    assert box is not None
    n = len(trace.tokens)
    surface.hover(
        position={"x": box["width"] * (CAT + 0.5) / n, "y": box["height"] * (IT + 0.5) / n}
    )
    expected = f"it → cat {weight(trace, 4, 2, IT, CAT)}"
    expect(generated.attention.get_by_text(expected).first).to_be_visible()


def test_a_metric_opens_its_formula_and_closes(generated: AtlasPage, trace: Trace) -> None:
    page = generated.page
    metrics = aa.metrics(trace.layers[3].attention[1])
    generated.open_tab("Attention")
    card = generated.attention.get_by_role("button", name=re.compile(r"^Focus \(entropy\)"))
    expect(card).to_contain_text(f"{metrics.entropy:.3f}", timeout=SLOW)
    card.click()
    dialog = page.get_by_role("dialog", name="Focus (entropy)")
    expect(dialog).to_be_visible()
    written = dialog.get_by_role("group", name="The formula").get_by_role("math")
    expect(written).to_have_count(2)  # as it is defined, and with the numbers of this head
    expect(written.last).to_contain_text(f"{metrics.entropy:.3f}")
    expect(dialog).to_contain_text(f"{metrics.entropy:.3f}")
    expect(dialog).to_contain_text("From Attention to Assurance: Enhancing Transformer Encoder")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(card).to_be_focused()
    expect(generated.token("it")).to_be_checked()


def test_special_tokens_can_be_left_out(generated: AtlasPage, trace: Trace) -> None:
    page = generated.page
    generated.open_tab("Attention")
    page.get_by_role("switch", name="Leave out [CLS] and [SEP]").check()
    row = trace.layers[3].attention[1, IT, 1:-1]
    row = row / row.sum()
    best = int(row.argmax())
    expect(generated.attention.get_by_text("looks most at")).to_contain_text(
        f"{trace.tokens[best + 1].text} {row[best]:.3f}", timeout=SLOW
    )
    inner = trace.layers[3].attention[1, 1:-1, 1:-1]
    bare = aa.metrics(inner / inner.sum(-1, keepdims=True))
    card = generated.attention.get_by_role("button", name=re.compile(r"^Uniformity"))
    expect(card).to_contain_text(f"{bare.uniformity:.3f}", timeout=SLOW)


def test_predictions_of_the_masked_word(generated: AtlasPage, trace: Trace) -> None:
    page = generated.page
    step = generated.step("Predictions")
    for prediction in trace.predictions(masked=True, positions=[IT])[0]:
        expect(step.get_by_text(prediction.text, exact=True).first).to_be_visible(timeout=SLOW)
        shown = f"{100 * prediction.probability:.1f}"
        expect(step.get_by_text(re.compile(rf"^{re.escape(shown)}\s?%$")).first).to_be_visible()
    step.get_by_role("button", name="Show all again").click()
    likeliest = trace.predictions()[IT][0]
    shown = f"{100 * likeliest.probability:.1f}"
    expect(step.get_by_text(re.compile(rf"^{re.escape(shown)}\s?%$")).first).to_be_visible(
        timeout=SLOW
    )
    page.get_by_role("switch", name="Use MLM head for predictions").uncheck()
    expect(step.get_by_text("final hidden state").first).to_be_visible(timeout=SLOW)


def test_each_word_is_masked_in_turn(generated: AtlasPage, trace: Trace) -> None:
    step = generated.step("Predictions")
    guesses = step.get_by_role("group", name="Guesses for each hidden piece")
    rows = guesses.get_by_role("listitem")
    words = [token.index for token in trace.tokens if not token.special]
    expect(rows).to_have_count(len(words), timeout=SLOW)
    predicted = trace.predictions(masked=True, positions=words)
    for row, word, (first, *_) in zip(rows.all(), words, predicted, strict=True):
        expect(row.get_by_role("button")).to_have_text(trace.tokens[word].text)
        expect(row).to_contain_text(first.text)
        expect(row).to_contain_text(f"{100 * first.probability:.1f}")


def test_a_long_text_is_masked_only_when_asked_and_never_shows_anothers_rows(
    atlas: AtlasPage,
) -> None:
    atlas.generate("a dog")
    step = atlas.step("Predictions")
    rows = step.get_by_role("group", name="Guesses for each hidden piece").get_by_role("listitem")
    ask = step.get_by_role("button", name="Mask each word in turn")
    expect(rows).to_have_count(2, timeout=SLOW)
    expect(ask).to_be_hidden()

    for word in ("cat", "mat"):
        atlas.generate(" ".join([word] * 70))
        atlas.step("Predictions")
        expect(ask).to_be_visible(timeout=SLOW)
        expect(rows).to_have_count(0)
        for layer in (2, 5):  # whatever else changes, nothing starts by itself
            atlas.layer(layer).check()
        expect(ask).to_be_visible()
        if word == "cat":
            ask.click()
            expect(rows).to_have_count(70, timeout=SLOW)
            expect(rows.first.get_by_role("button")).to_have_text("cat")
