"""The address holds the whole state: it is copied, walked back and forth, and written by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any, get_args, get_type_hints
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Locator, Page, expect

from attention_atlas.errors import InvalidChoice
from attention_atlas.views.head_atlas.quantities import METRICS, ROLES
from attention_atlas.views.look import DEFAULT_LOOK, MOST_WORDS, Look
from browser_page import SENTENCE, SLOW, AtlasPage

FIRST = " ".join(["the old cat sat on the mat and the unaffable dog looked at it"] * 2)
SECOND = " ".join(["because it was tired, the dog looked away from the cat"] * 2)
TOKEN = 4
"""“sat” of the first sentence."""
ZOOMED = re.compile(r"\d\d of 5\d")
PAIR = f"/#text={quote(FIRST)}&pair={quote(SECOND)}&token={TOKEN}"

QUANTITIES = (*METRICS, *ROLES, "distance")
OPEN = {
    "colour": ("nothing", *QUANTITIES),
    "only": ("all", *ROLES, "none"),
    "sort": ("layer", "head", *QUANTITIES),
}
"""What the fields can be that are any text to Python."""
CHOICES = OPEN | {
    name: get_args(hint)
    for name, hint in get_type_hints(Look).items()
    if get_args(hint) and all(isinstance(one, str) for one in get_args(hint))
}


def plain(look: Look) -> dict[str, Any]:
    """A look as JavaScript has it."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(look).items()}


def part(atlas: AtlasPage, name: str) -> Locator:
    return atlas.attention.get_by_role("region", name=name, exact=True)


def select(within: Locator, name: str) -> Locator:
    return within.get_by_role("combobox", name=name, exact=True)


def notice(atlas: AtlasPage) -> Locator:
    """What the page says of the address."""
    return atlas.page.get_by_role("main").get_by_role("status").get_by_text("The address")


def settle(page: Page) -> None:
    """Changes within a second are one step of the history, so one is waited for."""
    now = page.evaluate("performance.now()")
    page.wait_for_function("from => performance.now() - from > 1000", arg=now)


# What can be seen of the choices: what is pressed, checked, selected and set, the order of the
# tiles and rows, and what map and flow say of themselves.
SEEN = """() => {
  const name = (node) => node.getAttribute("aria-label")
    ?? node.closest("label")?.innerText ?? node.innerText;
  const shown = (node) => node.checkVisibility();
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  return {
    theme: document.documentElement.dataset.theme,
    tabs: all("[role=tab][aria-selected=true]").map(name),
    selects: all("select").map((node) => [name(node).trim(), node.value]),
    pressed: all("[aria-pressed=true]").map((node) => name(node)),
    checked: all("input:checked").map((node) => name(node)),
    focused: all("[role=radio][aria-checked=true]").map(
      (node) => [node.innerText, [...node.parentNode.children].indexOf(node)]),
    sliders: all("input[type=range]").map((node) => [name(node), node.value, node.ariaValueText]),
    pictures: all("[role=img]").map(name),
    tiles: all("[role=group][aria-label^='Heads'] button").map(name),
    sorted: all("th[aria-sort]").map((node) => [node.innerText, node.ariaSort]),
    captions: all("[aria-label='Attention flow'] p").map((node) => node.innerText),
    zoom: all("[role=group][aria-label='Zoom']").map((node) => node.innerText),
  };
}"""

ALIKE = f"""expected => JSON.stringify(({SEEN})()) === JSON.stringify(expected)"""


def expect_alike(page: Page, seen: dict[str, Any]) -> None:
    """The other page comes to show the same; else the difference is told."""
    try:
        page.wait_for_function(ALIKE, arg=seen, timeout=SLOW)
    except Exception:
        assert page.evaluate(SEEN) == seen
        raise


@pytest.fixture
def pair(open_page: Callable[..., AtlasPage], embedded_application: Any) -> AtlasPage:
    atlas = open_page(embedded_application, PAIR)
    expect(atlas.tokens.nth(TOKEN)).to_be_checked(timeout=SLOW)
    return atlas


def link_of(atlas: AtlasPage) -> str:
    atlas.page.get_by_role("button", name="Copy link").click()
    expect(atlas.page.get_by_role("button", name="Copied")).to_be_visible()
    return atlas.page.evaluate("navigator.clipboard.readText()")


def test_every_choice_of_the_attention_tab_opens_elsewhere(
    pair: AtlasPage, open_page: Callable[..., AtlasPage], embedded_application: Any
) -> None:
    page = pair.page
    pair.open_tab("Attention")
    pair.layer(3).check()
    pair.head(6).check()
    select(pair.attention, "Show").select_option("Norm-weighted")
    page.get_by_role("switch", name="Leave out [CLS] and [SEP]").check()

    select(pair.attention, "Colour by").select_option("previous token")
    pair.attention.get_by_role("button", name="tile", exact=True).click()
    pair.attention.get_by_role("button", name="share", exact=True).click()
    select(pair.attention, "Arrange").select_option("lowest first")
    select(pair.attention, "Only heads whose strongest role is").select_option("no role of 2×")

    map, flow = part(pair, "Attention map"), part(pair, "Attention flow")
    map.get_by_role("button", name="logarithmic").click()
    map.get_by_role("button", name="Zoom in").click()
    expect(map).to_contain_text(ZOOMED)
    flow.get_by_role("combobox").select_option("several heads")
    flow.get_by_role("button", name="Lines of head 11", exact=True).click()
    flow.get_by_role("slider", name="Hide lines below").fill("7")
    flow.get_by_role("slider", name="Most lines from each").fill("2")
    flow.get_by_role("radio", name="B→A").check()

    pair.attention.get_by_text("All heads in numbers").first.click()
    table = pair.attention.get_by_role("table", name="All heads in numbers")
    table.get_by_role("button", name="median", exact=True).click()
    part(pair, "Across the layers").get_by_role("button", name="Who takes from it").click()
    page.get_by_role("button", name="Light").click()

    expect(table.get_by_role("columnheader", name="median")).to_have_attribute(
        "aria-sort", "descending"
    )
    seen = page.evaluate(SEEN)
    assert seen["theme"] == "light"
    assert {"tile", "share", "Who takes from it", "logarithmic"} <= set(seen["pressed"])
    assert {f"Lines of head {k}" for k in (6, 7, 8, 9, 11)} <= set(seen["pressed"])
    assert [value for _, value, _ in seen["sliders"]] == ["7", "2"]
    assert ["Arrange", "lowest"] in seen["selects"]
    assert seen["sorted"] == [["median", "descending"]]

    link = link_of(pair)
    other = open_page(embedded_application, link.removeprefix(embedded_application.url))
    other.expect_head(3, 6)
    expect(part(other, "Attention map")).to_contain_text(ZOOMED, timeout=SLOW)
    other.attention.get_by_text("All heads in numbers").first.click()
    expect(table_of(other)).to_be_visible(timeout=SLOW)
    expect_alike(other.page, page.evaluate(SEEN))
    assert link_of(other) == link
    expect(notice(other)).to_have_count(0)


def table_of(atlas: AtlasPage) -> Locator:
    return atlas.attention.get_by_role("table", name="All heads in numbers")


def test_every_choice_of_the_walk_opens_elsewhere(
    pair: AtlasPage, open_page: Callable[..., AtlasPage], embedded_application: Any
) -> None:
    pair.step("Query, key, value").get_by_role("button", name="All heads, this token").click()
    step = pair.step("Predictions")
    step.get_by_label("how many predictions").select_option("3")
    sentence = step.get_by_role("group", name="The sentence as the model reads it")
    sentence.get_by_role("button", name="mat", exact=True).first.click()
    expect(sentence.get_by_role("button", pressed=True)).to_have_count(2)

    link = link_of(pair)
    other = open_page(embedded_application, link.removeprefix(embedded_application.url))
    expect(other.tokens.nth(TOKEN)).to_be_checked(timeout=SLOW)
    toggle = other.step("Query, key, value").get_by_role("button", name="All heads, this token")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    expect(other.step("Query, key, value")).to_contain_text("All 12 heads", timeout=SLOW)
    there = other.step("Predictions")
    read = there.get_by_role("group", name="The sentence as the model reads it")
    expect(read.get_by_role("button", pressed=True)).to_have_count(2, timeout=SLOW)
    expect(read.get_by_role("button", name="[MASK] in place of mat").first).to_be_visible()
    expect(there.get_by_label("how many predictions")).to_have_value("3")
    expect(there).to_contain_text("top 3 shown")

    switch = other.page.get_by_role("switch", name="Use MLM head for predictions")
    expect(switch).to_be_checked()
    switch.uncheck()
    expect(there.get_by_text("final hidden state").first).to_be_visible(timeout=SLOW)
    third = open_page(embedded_application, link_of(other).removeprefix(embedded_application.url))
    expect(third.tokens.nth(TOKEN)).to_be_checked(timeout=SLOW)
    expect(
        third.page.get_by_role("switch", name="Use MLM head for predictions")
    ).not_to_be_checked()
    expect(third.step("Predictions").get_by_text("final hidden state").first).to_be_visible(
        timeout=SLOW
    )


def test_that_no_token_is_focused_is_in_the_link(
    generated: AtlasPage, open_page: Callable[..., AtlasPage], embedded_application: Any
) -> None:
    generated.page.keyboard.press("Escape")
    expect(generated.token("it")).not_to_be_checked()
    link = link_of(generated)
    other = open_page(embedded_application, link.removeprefix(embedded_application.url))
    expect(other.token("it")).to_be_visible(timeout=SLOW)
    expect(other.tokens.and_(other.page.get_by_role("radio", checked=True))).to_have_count(0)


def test_hidden_words_and_the_part_of_the_map_end_with_their_text(pair: AtlasPage) -> None:
    page = pair.page
    pair.open_tab("Attention")
    part(pair, "Attention map").get_by_role("button", name="Zoom in").click()
    pair.open_tab("Walk")
    step = pair.step("Predictions")
    sentence = step.get_by_role("group", name="The sentence as the model reads it")
    sentence.get_by_role("button", name="mat", exact=True).first.click()
    expect(page).to_have_url(re.compile(r"window=\d+,\d+,\d+&hidden=4,7"))
    pair.generate("a dog sat", pair="")
    pair.expect_tokens("[CLS]", "a", "dog", "sat", "[SEP]")
    expect(page).not_to_have_url(re.compile("window|hidden"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"window=\d+,\d+,\d+&hidden=4,7"))
    expect(sentence.get_by_role("button", pressed=True)).to_have_count(2, timeout=SLOW)


def test_back_and_forward_walk_through_a_token_a_switch_and_a_zoom(pair: AtlasPage) -> None:
    page = pair.page
    pair.open_tab("Attention")
    map = part(pair, "Attention map")
    zoomed = ZOOMED
    share = pair.attention.get_by_role("button", name="tile", exact=True)
    select(pair.attention, "Colour by").select_option("distance")
    settle(page)
    pair.tokens.nth(6).click()
    settle(page)
    share.click()
    settle(page)
    map.get_by_role("button", name="Zoom in").click()
    expect(map).to_contain_text(zoomed)
    expect(page).to_have_url(re.compile("window="))

    page.go_back()
    expect(map).not_to_contain_text(zoomed)
    expect(share).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(share).to_have_attribute("aria-pressed", "false")
    expect(pair.tokens.nth(6)).to_be_checked()
    page.go_back()
    expect(pair.tokens.nth(TOKEN)).to_be_checked()
    expect(select(pair.attention, "Colour by")).to_have_value("distance")
    page.go_forward()
    expect(pair.tokens.nth(6)).to_be_checked()
    expect(share).to_have_attribute("aria-pressed", "false")
    page.go_forward()
    expect(share).to_have_attribute("aria-pressed", "true")
    page.go_forward()
    expect(map).to_contain_text(zoomed)


def test_back_brings_the_part_of_the_map_again_that_words_had_moved(pair: AtlasPage) -> None:
    """What follows from a step by itself, here the part among whole words, is no step."""
    page = pair.page
    pair.open_tab("Attention")
    map = part(pair, "Attention map")
    expect(map).to_contain_text("all 59", timeout=SLOW)
    settle(page)
    map.get_by_role("button", name="Zoom in").click()
    expect(page).to_have_url(re.compile("window="))
    pieces = re.search(r"window=[\d,]+", page.url)
    assert pieces
    settle(page)
    page.get_by_role("button", name="Whole words").click()
    among = map.get_by_role("img", name=re.compile(r"\d by \d+ words"))
    expect(among).to_be_visible(timeout=SLOW)
    expect(page).not_to_have_url(re.compile(pieces[0] + "$"))
    page.go_back()
    expect(map.get_by_role("img", name=re.compile(r"\d by \d+ tokens"))).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("button", name="Word pieces")).to_have_attribute("aria-pressed", "true")
    expect(map).to_contain_text(re.compile(rf"{pieces[0].rsplit(',')[-1]} of 5\d"))
    expect(page).to_have_url(re.compile(re.escape(pieces[0])))
    page.go_back()
    expect(map).to_contain_text("all 59")


def test_a_slider_that_is_drawn_is_one_step(pair: AtlasPage) -> None:
    page = pair.page
    pair.open_tab("Attention")
    slider = part(pair, "Attention flow").get_by_role("slider", name="Hide lines below")
    expect(slider).to_have_value("5")
    settle(page)
    before = page.evaluate("history.length")
    slider.focus()
    for _ in range(60):
        slider.press("ArrowRight")
        slider.press("ArrowLeft")
    slider.press("ArrowRight")
    expect(page).to_have_url(re.compile("least=0.03"))
    assert page.evaluate("history.length") == before + 1
    page.go_back()
    expect(slider).to_have_value("5")


def test_a_text_that_is_too_long_for_a_link_is_said_to_be_missing(atlas: AtlasPage) -> None:
    atlas.generate("cat " * 130_000)
    expect(atlas.tokens).to_have_count(512, timeout=SLOW)
    atlas.head(7).check()
    link = link_of(atlas)
    assert "cat" not in link
    assert "head=7" in link
    told = atlas.page.get_by_text("The link is without the text, which is too long")
    expect(told).to_be_visible()
    atlas.generate("a cat")
    link_of(atlas)
    expect(told).to_be_hidden()


START = "These parts are as at the start."
NONSENSE = [
    ("layer=abc", "The address asks for layer=abc; it can be a number from 1."),
    ("layer=99", "The address asks for layer 99; this model has 6. Layer 4 is shown instead."),
    ("head=13", "asks for head 13; a layer of this model has 12. Head 2 is shown instead."),
    ("head=0", "asks for head=0; it can be a number from 1."),
    ("token=-5", "asks for token=-5; it can be a number from 0, or none."),
    ("token=12", "token 12; this text has 12, counted from 0. “the” is focused instead."),
    ("scale=purple", "asks for scale=purple; it can be auto, linear, root or log."),
    ("colour=<script>alert(1)</script>", "asks for colour=<script>alert(1)</script>; it can be"),
    ("window=1,2", "asks for window=1,2; it can be a first row, a first column and how many"),
    ("window=3,3,400", "400 rows of the map that this text does not have; all are shown."),
    ("theme=pink", "asks for theme=pink; it can be dark or light."),
    ("tab=nowhere", "asks for tab=nowhere; it can be walk or attention."),
    ("tau=7", "asks for tau=7; it can be a weight above 0, up to 1."),
    ("model=../../etc", "asks for model=../../etc; it can be one of the list, a name on the hub"),
    ("show=banana", "asks for show=banana; it can be weights, scores, norms or difference."),
    ("heads=2,2", "asks for heads=2,2; it can be different heads, counted from 1"),
    ("flow=several&heads=2,44", "asks for the lines of head 44; a layer of this model has 12."),
    ("hidden=4,70", "asks to hide token 70; this text has 12, counted from 0."),
    ("least=-1&top=x", "least=-1; it can be a share from 0 to 1. The address asks for top=x;"),
    ("top_k=21", "asks for top_k=21; it can be a number of words from 1 to 20."),
    ("use_head=maybe", "asks for use_head=maybe; it can be 1 or 0."),
    ("colour=constructor&only=__proto__", "asks for colour=constructor; it can be nothing, "),
    ("pony=1", "The address asks for pony=1; there is nothing of that name."),
    ("__proto__=1&toString", "asks for __proto__=1; there is nothing of that name."),
    ("scale=%E0%A4%A", "asks for scale=�%A; it can be"),
    ("layer=%zz", "asks for layer=%zz; it can be a number from 1."),
    ("layer=" + "9" * 1_000_000, f"asks for layer={'9' * 32}…; it can be a number from 1."),
    ("x" * 1_000_000 + "=1", f"asks for {'x' * 32}…=1; there is nothing of that name."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("nonsense", "said"), NONSENSE, ids=[nonsense[:24] for nonsense, _ in NONSENSE]
)
def test_nonsense_gets_one_plain_notice_and_the_default(
    open_page: Callable[..., AtlasPage], embedded_application: Any, nonsense: str, said: str
) -> None:
    atlas = open_page(embedded_application, f"/#text={SENTENCE}&{nonsense}")
    atlas.expect_tokens("[CLS]", *SENTENCE.split(), "[SEP]")
    expect(notice(atlas)).to_contain_text(said)
    expect_at_first(atlas)
    dismiss = atlas.page.get_by_role("button", name="Dismiss this notice")
    expect(dismiss).to_have_count(1)
    dismiss.click()
    expect(notice(atlas)).to_have_count(0)


def expect_at_first(atlas: AtlasPage) -> None:
    """The view that the page opens with."""
    expect(atlas.layer(4)).to_be_checked()
    expect(atlas.head(2)).to_be_checked()
    expect(atlas.tokens.nth(1)).to_be_checked()
    expect(atlas.walk).to_be_visible()
    expect(atlas.model).to_have_value("embedded")


def test_much_nonsense_is_one_notice_and_what_makes_sense_is_shown(
    open_page: Callable[..., AtlasPage], embedded_application: Any
) -> None:
    bad = "head=x&token=y&scale=purple&tau=7&theme=pink&tab=nowhere"
    more = "&".join(f"unknown{k}=1" for k in range(20))
    atlas = open_page(embedded_application, f"/#text={SENTENCE}&layer=6&top_k=3&{bad}&{more}")
    expect(atlas.layer(6)).to_be_checked(timeout=SLOW)
    expect(atlas.step("Predictions").get_by_label("how many predictions")).to_have_value("3")
    said = notice(atlas)
    expect(said).to_have_count(1)
    expect(said).to_have_text(
        "The address asks for head=x; it can be a number from 1. "
        "The address asks for token=y; it can be a number from 0, or none. "
        "The address asks for tab=nowhere; it can be walk or attention. "
        "It also asks for theme=pink, tau=7, scale=purple, "
        + ", ".join(f"unknown{k}=1" for k in range(9))
        + f" and 11 more. {START}"
    )
    expect(atlas.page).not_to_have_url(re.compile("unknown|purple|pink"))


@pytest.mark.parametrize("junk", ["x" * 1_000_000, "%E0%A4%A", "&&&==&", "=", "a=b#c=d"])
def test_an_address_of_nothing_but_junk_opens_the_first_page(
    open_page: Callable[..., AtlasPage], embedded_application: Any, junk: str
) -> None:
    atlas = open_page(embedded_application, f"/#{junk}")
    expect(notice(atlas)).to_have_count(1 if junk.strip("&=") else 0)
    atlas.generate("a dog")
    atlas.expect_tokens("[CLS]", "a", "dog", "[SEP]")
    expect(atlas.page).to_have_url(re.compile("#text=a[+]dog&layer=4&head=2&token=1&"))


def test_an_address_is_followed_when_it_is_written_into_an_open_page(
    generated: AtlasPage, embedded_application: Any
) -> None:
    page = generated.page
    page.goto(f"{embedded_application.url}/#text={SENTENCE}&layer=99&head=7&tab=attention")
    generated.expect_head(4, 7)
    expect(notice(generated)).to_contain_text("this model has 6. Layer 4 is shown instead.")
    page.goto(f"{embedded_application.url}/#text={SENTENCE}&layer=2&head=7&tab=attention")
    generated.expect_head(2, 7)
    expect(notice(generated)).to_have_count(0)


def test_an_older_address_and_a_query_are_read_too(
    open_page: Callable[..., AtlasPage], embedded_application: Any
) -> None:
    """As they were before the choices inside the views were in them; others’ marks are let pass."""
    rest = "layer=2&head=5&token=2&tab=attention&show=norms&words=1&special=0&tau=0.05"
    for sign in "#?":
        atlas = open_page(
            embedded_application, f"/{sign}text={SENTENCE}&{rest}" + "&fbclid=x" * (sign == "?")
        )
        atlas.expect_head(2, 5)
        expect(atlas.token("cat")).to_be_checked()
        expect(select(atlas.attention, "Show")).to_have_value("norms")
        expect(atlas.page.get_by_role("button", name="Whole words")).to_have_attribute(
            "aria-pressed", "true"
        )
        expect(atlas.page.get_by_role("switch", name="Leave out [CLS]")).to_be_checked()
        expect(notice(atlas)).to_have_count(0)


READ = """async (looks) => {
  const { readLook, writeLook } = await import("./views/shared/look.js");
  const wrong = [];
  const read = (look) => {
    const written = new URLSearchParams(writeLook(look)).toString().replaceAll("%2C", ",");
    return readLook(new URLSearchParams(written), (name) => wrong.push(name));
  };
  return [looks.map(read), wrong];
}"""
READ_TEXTS = """async (queries) => {
  const { readLook } = await import("./views/shared/look.js");
  return queries.map((query) => {
    const wrong = [];
    return [readLook(new URLSearchParams(query), (name) => wrong.push(name)), wrong];
  });
}"""
TABLE = """async () => {
  const { LOOK, METRICS, ROLES, WRITTEN } = await import("./views/shared/look.js");
  return [LOOK, METRICS, ROLES, Object.keys(WRITTEN)];
}"""
TAKES = """async ([name, text]) => {
  const { WRITTEN } = await import("./views/shared/look.js");
  return WRITTEN[name].read(text);
}"""

some = st.lists(st.integers(0, 600), unique=True, max_size=12)
each: dict[str, st.SearchStrategy[Any]] = {
    "window": st.none() | st.tuples(*[st.integers(0, 511)] * 2, st.integers(1, 512)),
    "heads": some.map(tuple),
    "least": st.floats(0, 1),
    "top": st.integers(0, 99_999),
    "use_head": st.booleans(),
    "top_k": st.integers(1, MOST_WORDS),
    "hidden": st.none() | some.map(tuple),
} | {name: st.sampled_from(values) for name, values in CHOICES.items()}
looks = st.builds(Look, **each)
wild = st.sampled_from([one.name for one in fields(Look)])
texts = st.text(max_size=12) | st.from_regex(r"[-+0-9.,e]{1,8}", fullmatch=True)


def many(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """So many examples, for one visit to the browser."""
    found: list[Any] = []

    @settings(max_examples=count)
    @given(one=strategy)
    def collect(one: Any) -> None:
        found.append(one)

    collect()
    return found


def test_the_two_tables_of_the_look_are_one(atlas: AtlasPage) -> None:
    first, metrics, roles, names = atlas.page.evaluate(TABLE)
    assert first == plain(DEFAULT_LOOK)
    assert (metrics, roles) == (list(METRICS), list(ROLES))
    assert names == [one.name for one in fields(Look)]
    for name, values in CHOICES.items():
        for value in values:
            assert atlas.page.evaluate(TAKES, [name, value]) == value
    assert atlas.page.evaluate(TAKES, ["top_k", str(MOST_WORDS)]) == MOST_WORDS
    assert atlas.page.evaluate(TAKES, ["top_k", str(MOST_WORDS + 1)]) is None


def test_what_an_address_writes_of_a_look_it_reads_again(atlas: AtlasPage) -> None:
    wanted = [plain(look) for look in many(looks, 600)]
    assert len(wanted) > 300
    found, wrong = atlas.page.evaluate(READ, wanted)
    for look, read in zip(wanted, found, strict=True):
        assert read == look
    assert wrong == []


def test_whatever_is_asked_for_is_a_look_or_as_at_first(atlas: AtlasPage) -> None:
    """Python, which refuses what a look cannot have, takes all that is read."""
    first = plain(DEFAULT_LOOK)
    asked = many(st.lists(st.tuples(wild, texts), max_size=6), 800)
    assert len(asked) > 300
    for query, (read, wrong) in zip(asked, atlas.page.evaluate(READ_TEXTS, asked), strict=True):
        taken: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in read.items()}
        try:
            Look(**taken)
        except InvalidChoice as error:
            raise AssertionError(query) from error
        assert {name for name, value in read.items() if value != first[name]} <= dict(query).keys()
        assert all(read[name] == first[name] for name in wrong)
