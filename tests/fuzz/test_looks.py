"""Whatever is asked of the views: a picture, a figure, or one plain sentence."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import fields
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_atlas.errors import AttentionAtlasError, EmptyText
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.figures import fonts
from attention_atlas.views.figures.making import figure
from attention_atlas.views.figures.paper import Paper
from attention_atlas.views.figures.registry import FIGURES
from attention_atlas.views.figures.saving import to_bytes
from attention_atlas.views.figures.tables import RISKY
from attention_atlas.views.look import DEFAULT_LOOK, Look, look_of, plain
from attention_atlas.views.weights import MEASURES, Shown
from fuzzing import NUMBERS, TEXTS, WORDS_OF_LOOKS, examples, json_values, usually

TEXTS_TRACED = (
    ("the cat sat on the mat", None),
    ("the unaffable cat", "a dog"),
    ("[SEP][SEP]", "[SEP]"),
    ("a", None),
    ("<b> =1 ﷺ \u202e שלום $x$ \uffff\x1b", "😀" * 3),
    ("the cat " * 30, "a dog " * 30),
)
INDICES = st.lists(st.integers(0, 9) | NUMBERS, max_size=4)
ASKED = st.dictionaries(
    st.sampled_from([one.name for one in fields(Look)]),
    st.sampled_from(WORDS_OF_LOOKS) | NUMBERS | INDICES | json_values(4),
    max_size=8,
)


@pytest.fixture(scope="module")
def traces(tiny: Model) -> list[Trace]:
    return [trace(tiny, *texts) for texts in TEXTS_TRACED]


@examples(400)
@given(asked=ASKED | st.dictionaries(TEXTS, json_values(), max_size=3))
def test_any_look_is_a_look_that_json_and_python_can_hold(asked: dict[str, Any]) -> None:
    look = look_of(asked)
    assert hash(look) == hash(look_of(plain(look)))
    assert look_of(json.loads(json.dumps(plain(look), allow_nan=False))) == look
    for name in ("top", "top_k"):
        assert type(getattr(look, name)) is int
    assert type(look.use_head) is bool
    assert isinstance(look.colour, str)
    assert isinstance(look.only, str)
    assert isinstance(look.sort, str)
    assert math.isfinite(look.least)


# A layer is a whole number by its signature, and beartype refuses the rest here.
LAYERS = usually(st.integers(0, 1), st.integers())
CHOICES = st.fixed_dictionaries(
    {
        "layer": LAYERS,
        "head": usually(st.integers(0, 2), NUMBERS),
        "token": usually(st.none() | st.integers(0, 2), NUMBERS),
        "tau": usually(st.floats(0, 1), NUMBERS),
        "look": ASKED.map(look_of),
        "shown": st.builds(Shown, st.sampled_from(MEASURES), st.booleans(), st.booleans()),
    }
)


@pytest.mark.parametrize("kind", ["csv", "npz", "svg"])
@examples(30)
@given(which=st.integers(0, 5), view=st.sampled_from([*FIGURES, "no-view"]), chosen=CHOICES)
def test_any_choice_is_a_figure_or_a_sentence(
    traces: list[Trace], kind: str, which: int, view: str, chosen: dict[str, Any]
) -> None:
    try:
        made = figure(view, traces[which], **chosen)
        data = to_bytes(made, kind, Paper(1, "light"))
    except AttentionAtlasError:
        return
    if kind == "csv":
        header, *rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
        assert rows
        assert {len(row) for row in rows} == {len(header)}
    elif kind == "npz":
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            assert str(arrays["caption"][0]) == made.caption
    else:
        assert ElementTree.fromstring(data).tag == "{http://www.w3.org/2000/svg}svg"


@examples(80)
@given(text=TEXTS, pair=st.none() | TEXTS)
def test_any_text_is_a_table_that_no_spreadsheet_runs(
    tiny: Model, text: str, pair: str | None
) -> None:
    try:
        traced = trace(tiny, text, pair)
    except EmptyText:
        return
    data = to_bytes(figure("tokens", traced, token=1), "csv", Paper())
    rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))
    for cell in (cell for row in rows for cell in row):
        if cell.startswith(RISKY[:-1]):  # a number may be negative
            float(cell)


@examples(12)
@given(text=TEXTS, pair=st.none() | TEXTS)
def test_any_text_is_a_picture_that_xml_can_hold(
    tiny: Model, kinds_of_elements: set[str], text: str, pair: str | None
) -> None:
    try:
        traced = trace(tiny, text, pair)
    except EmptyText:
        return
    drawn = ElementTree.fromstring(to_bytes(figure("tokens", traced, token=1), "svg", Paper()))
    assert {one.tag for one in drawn.iter()} <= kinds_of_elements


@pytest.fixture(scope="module")
def kinds_of_elements(tiny: Model) -> set[str]:
    """What a figure of harmless words is made of."""
    made = figure("tokens", trace(tiny, "the unaffable cat ᚠ"), token=1)
    return {one.tag for one in ElementTree.fromstring(to_bytes(made, "svg", Paper())).iter()}


@pytest.mark.parametrize("letter", ["각", "\u0301", "\uffff"])
def test_a_word_of_100_000_letters_is_cut_before_its_type_is_set(
    tiny: Model, letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took twenty seconds, in which nobody else's figure was drawn."""
    longest = 0
    measure = fonts._width

    def watched(text: str, *rest: Any) -> float:
        nonlocal longest
        longest = max(longest, len(text))
        return measure(text, *rest)

    monkeypatch.setattr(fonts, "_width", watched)
    traced = trace(tiny, f"the {letter * 100_000} cat")
    to_bytes(figure("tokens", traced, token=2), "svg", Paper())
    assert 0 < longest < 20_000


def test_what_is_as_at_first_is_a_look() -> None:
    assert look_of(plain(DEFAULT_LOOK)) == DEFAULT_LOOK
