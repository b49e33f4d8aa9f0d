"""Save: figures, numbers and the one file, from the page to the disk."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, expect
from transformers import BertModel

import attention_atlas as aa
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.figures.registry import FIGURES
from attention_atlas.views.look import Look
from attention_atlas.views.weights import Shown
from browser_page import SENTENCE, SLOW, AtlasPage, expect_nothing_found, text_of
from checkpoints import make_checkpoint

HOSTILE = "</script><b>$x$ ☃"
LAYER, HEAD, IT = 3, 1, 8  # where the page starts, and “it”, counted from 0
NAME = "attention-map-layer-4-head-2-the-cat-sat-on"


class Saving:
    """The dialog that saves."""

    def __init__(self, atlas: AtlasPage) -> None:
        self.page = atlas.page
        self.dialog = atlas.page.get_by_role("dialog", name="Save as it is seen")
        self.view = self.dialog.get_by_role("combobox", name="View")
        self.save = self.dialog.get_by_role("button", name="Save", exact=True)
        self.preview = self.dialog.get_by_role("group", name="Preview")
        self.figure = self.preview.get_by_role("img")

    def choose(self, name: str) -> None:
        """One of the choices that only one of can be."""
        self.dialog.get_by_role("radio", name=re.compile(f"^{name}")).check()

    def take(self, box: str, *, on: bool) -> None:
        """A part of the one file, along or not."""
        self.dialog.get_by_role("checkbox", name=re.compile(f"^{box}")).set_checked(on)

    def open_tab(self, name: str) -> None:
        self.dialog.get_by_role("tab", name=name).click()

    def download(self, name: str) -> bytes:
        """Saves, and gives what a person then has under this name."""
        expect(self.dialog.get_by_text(name, exact=True)).to_be_visible(timeout=SLOW)
        expect(self.save).to_be_enabled(timeout=SLOW)
        with self.page.expect_download() as started:
            self.save.click()
        assert started.value.suggested_filename == name
        return Path(started.value.path()).read_bytes()

    def expect_size(self, data: bytes) -> None:
        """The size that was told is the one of the file."""
        size = len(data)
        told = f"{round(size / 1000)} kB" if size < 1e6 else f"{size / 1e6:.1f} MB"
        expect(self.dialog.get_by_text(told, exact=True).locator("visible=true")).to_have_count(1)


def save_button(atlas: AtlasPage, title: str) -> Locator:
    return atlas.page.get_by_role("button", name=f"Save {title}", exact=True)


@pytest.fixture
def saving(generated: AtlasPage) -> Saving:
    """The dialog, opened on the attention map of SENTENCE in layer 4, head 2."""
    return opened(generated)


def opened(atlas: AtlasPage) -> Saving:
    atlas.open_tab("Attention")
    save_button(atlas, "Attention map").click(timeout=SLOW)
    saving = Saving(atlas)
    expect(saving.figure).to_be_visible(timeout=SLOW)
    return saving


def caption(trace: Trace) -> str:
    return aa.views.figure("attention-map", trace, LAYER, HEAD, IT).caption


def test_an_svg_has_the_tokens_as_text_and_the_caption(saving: Saving, trace: Trace) -> None:
    data = saving.download(f"{NAME}.svg")
    saving.expect_size(data)
    root = ET.fromstring(data)
    texts = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    for token in trace.tokens:
        assert texts.count(token.text) >= 2 * (token.text != "the"), token  # a row and a column
    assert "layer 4, head 2 (counted from 1)" in " ".join(texts)
    assert root.attrib["width"] == f"{3.25 * 72:g}pt"


def test_a_pdf_has_its_fonts_and_two_columns(saving: Saving) -> None:
    saving.choose("PDF")
    saving.choose("Two columns")
    data = saving.download(f"{NAME}.pdf")
    saving.expect_size(data)
    assert data.startswith(b"%PDF-")
    assert b"/FontFile2" in data
    assert re.search(rb"/MediaBox \[ 0 0 486 ", data), "6.75 inches of 72 points"


@pytest.mark.parametrize(("width", "inches"), [("One column", 3.25), ("Two columns", 6.75)])
@pytest.mark.parametrize(("colours", "paper"), [("Light", (255, 255, 255)), ("Dark", (14, 10, 15))])
def test_a_png_is_what_the_preview_shows(
    saving: Saving, width: str, inches: float, colours: str, paper: tuple[int, int, int]
) -> None:
    saving.choose("PNG")
    saving.choose(width)
    saving.choose(colours)
    image = Image.open(io.BytesIO(saving.download(f"{NAME}.png"))).convert("RGB")
    assert image.width == inches * 300
    assert image.getpixel((1, 1)) == paper
    assert saving.figure.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [
        image.width,
        image.height,
    ]
    shown = saving.figure.evaluate("image => image.getBoundingClientRect().width")
    assert shown == pytest.approx(inches * 96, abs=1), "as large as the print"


def test_the_numbers_are_the_traces(saving: Saving, trace: Trace) -> None:
    attention = trace.layers[LAYER].attention[HEAD]
    saving.choose("npz")
    expect(saving.preview).to_have_text(
        "For numpy.load, with the names along their axes: attention, 12 × 12 (from × to)."
    )
    expect(saving.figure).to_have_count(0)
    data = saving.download(f"{NAME}.npz")
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        np.testing.assert_allclose(arrays["attention"], attention, atol=1e-6)
        assert arrays["attention.to"].tolist() == [token.text for token in trace.tokens]
        assert arrays["caption"].tolist() == [caption(trace)]
    saving.choose("CSV")
    expect(saving.preview).to_have_text(
        "A table for a spreadsheet or a script, 144 values, one a line: attention, 12 × 12 "
        "(from × to)."
    )
    rows = list(csv.DictReader(io.StringIO(saving.download(f"{NAME}.csv").decode())))
    assert len(rows) == 144
    for row in rows:
        i, j = int(row["from"]), int(row["to"])
        assert row["to.label"] == trace.tokens[j].text
        assert float(row["value"]) == pytest.approx(attention[i, j], abs=1e-6)
    saving.choose("SVG")
    expect(saving.figure).to_be_visible(timeout=SLOW)


def test_the_caption_is_there_to_be_copied(saving: Saving, trace: Trace) -> None:
    saving.dialog.get_by_role("button", name="Copy caption").click()
    expect(saving.dialog.get_by_text("Copied")).to_be_visible()
    assert saving.page.evaluate("navigator.clipboard.readText()") == caption(trace)


def test_what_is_chosen_on_the_page_is_in_the_figure(
    open_page: Callable[..., AtlasPage], embedded_application: object, trace: Trace
) -> None:
    sentence = SENTENCE.replace(" ", "+")
    atlas = open_page(
        embedded_application,
        f"/#text={sentence}&layer=2&head=5&token={IT}&tab=attention&show=norms&words=1&top=3",
    )
    atlas.expect_head(2, 5)
    save_button(atlas, "Attention flow").click(timeout=SLOW)
    saving = Saving(atlas)
    expect(saving.view).to_have_value("attention-flow")
    shown = Shown("norms", words=True)
    said = aa.views.figure("attention-flow", trace, 1, 4, IT, shown=shown, look=Look(top=3)).caption
    for part in ("norm-weighted", "pieces of a word taken together", "the strongest 3 of each"):
        assert part in said
    expect(saving.dialog.get_by_text(said)).to_be_visible(timeout=SLOW)
    expect(saving.figure).to_have_accessible_name(f"Attention flow. {said}")
    saving.open_tab("One HTML file")
    expect(saving.dialog).to_contain_text(
        "It opens as the page is now: layer 2, head 5; focused: “it” at position 8; norm-weighted"
    )


def test_every_view_of_both_tabs_has_its_save(generated: AtlasPage) -> None:
    titles = {name: entry.title for name, entry in FIGURES.items()}
    of_attention = (
        "head-atlas attention-map attention-flow attention-row metrics rollout max-flow"
    ).split()
    folded, on_first_visit = "heads-table", "arcs"
    walk = [name for name in titles if name not in (*of_attention, folded, on_first_visit)]
    for name in walk:
        button = {"name": f"Save {titles[name]}", "exact": True}
        hidden = generated.walk.get_by_role("button", include_hidden=True, **button)
        hidden.first.evaluate("button => button.scrollIntoView({ block: 'center' })")
        own = generated.walk.get_by_role("button", **button)
        expect(own).to_have_count(2 if name == "ladder" else 1, timeout=SLOW)
    generated.open_tab("Attention")
    generated.attention.get_by_text("All heads in numbers").click()
    for name in (*of_attention, folded):
        own = generated.attention.get_by_role("button", name=f"Save {titles[name]}", exact=True)
        own.scroll_into_view_if_needed(timeout=SLOW)
        expect(own).to_be_visible()


def test_the_foot_of_the_sidebar_saves_the_view_in_sight(generated: AtlasPage) -> None:
    page = generated.page
    foot = page.get_by_role("complementary", name="Controls").get_by_role("button", name="Save")
    for title, figure in (("Tokens", "tokens"), ("The stack", "stack")):
        step = generated.step(title)
        expect(step.get_by_role("table")).to_be_visible(timeout=SLOW)
        step.evaluate("step => step.scrollIntoView({ block: 'start' })")
        foot.click()
        saving = Saving(generated)
        expect(saving.view).to_have_value(figure)
        page.keyboard.press("Escape")
        expect(saving.dialog).to_be_hidden()
        expect(foot).to_be_focused()


def test_of_views_chosen_one_after_another_the_last_is_shown(saving: Saving) -> None:
    saving.choose("PNG")
    for view in ("feed-forward", "lens", "rollout", "attention-row", "stack"):
        saving.view.select_option(view)
    name = re.compile(f"^{re.escape(FIGURES['stack'].title)}. ")
    expect(saving.preview.get_by_role("img", name=name)).to_be_visible(timeout=SLOW)
    assert saving.download("stack-layer-4-the-cat-sat-on.png").startswith(b"\x89PNG")


def test_closed_while_it_is_made_it_is_made_when_asked_for_again(saving: Saving) -> None:
    page = saving.page
    for _ in range(2):
        saving.view.select_option("masked-in-turn")
        page.keyboard.press("Escape")
        expect(saving.dialog).to_be_hidden()
        page.get_by_role("button", name="Save Attention map", exact=True).click()
    saving.view.select_option("masked-in-turn")
    name = re.compile(f"^{re.escape(FIGURES['masked-in-turn'].title)}. ")
    expect(saving.preview.get_by_role("img", name=name)).to_be_visible(timeout=SLOW)
    expect(saving.save).to_be_enabled(timeout=SLOW)


def test_what_cannot_be_drawn_is_said_where_the_preview_was(saving: Saving) -> None:
    page = saving.page
    page.keyboard.press("Escape")
    page.get_by_label(re.compile("^Show ")).select_option("Raw scores")
    page.get_by_role("button", name="Save Attention flow", exact=True).click()
    expect(saving.preview).to_contain_text("Scores have no flow", timeout=SLOW)
    expect(saving.save).to_be_disabled()
    expect(saving.figure).to_have_count(0)
    expect(saving.dialog.get_by_role("button", name="Copy caption")).to_be_hidden()
    saving.view.select_option("attention-map")
    expect(saving.figure).to_be_visible(timeout=SLOW)
    expect(saving.save).to_be_enabled(timeout=SLOW)


def test_a_text_too_long_for_print_says_what_to_choose_instead(atlas: AtlasPage) -> None:
    atlas.generate(text_of(300))
    atlas.open_tab("Attention")
    save_button(atlas, "Attention flow").click(timeout=SLOW)
    saving = Saving(atlas)
    expect(saving.preview).to_contain_text(
        "The lines between 300 units of text cannot be read in print", timeout=SLOW
    )
    expect(saving.save).to_be_disabled()


def test_a_model_that_predicts_nothing_offers_no_predictions(
    open_page: Callable[..., AtlasPage], start: Callable[..., object], tmp_path: Path
) -> None:
    folder = make_checkpoint(tmp_path, architecture=BertModel)
    atlas = open_page(start("--model", str(folder)))
    expect(atlas.page.get_by_text(f"Shown: {folder}")).to_be_visible(timeout=SLOW)
    atlas.generate("the cat sat on the mat")
    save_button(atlas, "Tokens").click(timeout=SLOW)
    saving = Saving(atlas)
    expect(saving.figure).to_be_visible(timeout=SLOW)
    allowed = saving.view.locator("option:enabled").all_text_contents()
    needed = {"lens", "masked-in-turn", "two-candidates"}
    assert allowed == [entry.title for entry in FIGURES.values() if entry.name not in needed]


def test_the_one_file_opens_elsewhere_without_a_network(
    saving: Saving, browser: Browser, tmp_path: Path, trace: Trace
) -> None:
    saving.open_tab("One HTML file")
    expect(saving.save).to_be_enabled(timeout=SLOW)
    expect(saving.dialog).to_contain_text(
        "It opens as the page is now: layer 4, head 2; focused: “it” at position 8."
    )
    saving.choose("This head")
    saving.take("The walk", on=False)
    saving.take("Across the layers", on=True)
    data = saving.download("attention-atlas-the-cat-sat-on.html")
    saving.expect_size(data)
    path = tmp_path / "page.html"
    path.write_bytes(data)
    context = browser.new_context(offline=True)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(path.as_uri())
    expect(page.get_by_role("heading", name="Layer 4, head 2")).to_be_visible()
    row = trace.layers[LAYER].attention[HEAD, IT]
    looks = page.get_by_role("region", name="Where the focused token looks")
    expect(looks.get_by_role("listitem").first).to_contain_text(f"{row.max():.3f}")
    expect(page.get_by_role("heading", name="Across the layers")).to_be_visible()
    expect(page.get_by_role("heading", name="How the model reads")).to_have_count(0)
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    assert wrong == []
    context.close()


def test_a_file_that_carries_nothing_is_refused(saving: Saving) -> None:
    saving.open_tab("One HTML file")
    saving.choose("None")
    for part in ("All heads at a glance", "The walk"):
        saving.take(part, on=False)
    expect(saving.dialog).to_contain_text(
        "A file that carries nothing shows nothing. Choose a part for it.", timeout=SLOW
    )
    expect(saving.save).to_be_disabled()
    saving.take("All heads at a glance", on=True)
    expect(saving.save).to_be_enabled(timeout=SLOW)


def test_by_keyboard_alone(generated: AtlasPage) -> None:
    page = generated.page
    button = save_button(generated, "Tokens")
    button.press("Enter")
    saving = Saving(generated)
    expect(saving.view).to_be_focused()
    expect(saving.view).to_have_value("tokens")
    saving.dialog.get_by_role("tab", name="Figure").press("ArrowRight")
    file = saving.dialog.get_by_role("tab", name="One HTML file")
    expect(file).to_be_focused()
    expect(file).to_have_attribute("aria-selected", "true")
    file.press("Home")
    expect(saving.dialog.get_by_role("tab", name="Figure")).to_be_focused()
    saving.dialog.get_by_role("radio", name="SVG").press("ArrowDown")
    expect(saving.dialog.get_by_role("radio", name="PDF")).to_be_checked()
    expect(saving.dialog.get_by_text("tokens-the-cat-sat-on.pdf")).to_be_visible(timeout=SLOW)
    page.keyboard.press("Escape")
    expect(saving.dialog).to_be_hidden()
    expect(button).to_be_focused()
    expect(generated.token("it")).to_be_checked()


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_axe_finds_nothing_in_the_dialog(generated: AtlasPage, theme: str) -> None:
    generated.page.get_by_role("button", name=theme, exact=True).click()
    saving = opened(generated)
    expect(saving.save).to_be_enabled(timeout=SLOW)
    expect_nothing_found(generated)
    saving.choose("npz")
    expect(saving.save).to_be_enabled(timeout=SLOW)
    expect_nothing_found(generated)
    saving.open_tab("One HTML file")
    expect(saving.save).to_be_enabled(timeout=SLOW)
    expect_nothing_found(generated)


def test_on_a_phone_all_of_the_dialog_can_be_reached(generated: AtlasPage) -> None:
    generated.page.set_viewport_size({"width": 390, "height": 844})
    saving = opened(generated)
    saving.choose("Two columns")
    expect(saving.save).to_be_in_viewport()
    for tab in ("Figure", "One HTML file"):
        saving.open_tab(tab)
        expect(saving.save).to_be_enabled(timeout=SLOW)
        over = saving.dialog.evaluate("dialog => dialog.scrollWidth - dialog.clientWidth")
        assert over <= 0, (tab, over)
    assert generated.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_hostile_text_is_text_in_every_file(atlas: AtlasPage) -> None:
    atlas.generate(HOSTILE)
    saving = opened(atlas)
    expect(saving.dialog.get_by_text(f"“{HOSTILE}” — embedded")).to_be_visible(timeout=SLOW)
    name = "attention-map-layer-4-head-2-script-b-x"
    root = ET.fromstring(saving.download(f"{name}.svg"))
    texts = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"<", "script", "$"} <= set(texts)
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    saving.choose("CSV")
    lines = csv.DictReader(io.StringIO(saving.download(f"{name}.csv").decode()))
    assert {"<", "script", "$"} <= {line["to.label"] for line in lines}
    saving.open_tab("One HTML file")
    page = saving.download("attention-atlas-script-b-x.html").decode()
    assert "</script><b>" not in page
    assert saving.page.evaluate("document.querySelectorAll('dialog b').length") == 0


def test_an_address_gives_only_the_last_file_of_its_own_session(saving: Saving) -> None:
    with saving.page.expect_response(re.compile("/saved/")) as preview:
        saving.choose("Dark")
    address = preview.value.url
    expect(saving.figure).to_be_visible(timeout=SLOW)
    with urlopen(address) as answer:
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    folder, _, name = address.rpartition("/")
    for wrong in ("..%2f..%2fetc%2fpasswd", "", name[:-1], f"{name}.part", "0" * len(name)):
        other = saving.page.request.get(f"{folder}/{wrong}")
        assert other.status in (400, 404), wrong
        assert "Traceback" not in other.text()
    with saving.page.expect_response(re.compile("/saved/")):
        saving.choose("Light")
    with pytest.raises(HTTPError, match="404"), urlopen(address):  # another has taken its place
        pass
