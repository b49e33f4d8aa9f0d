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
from attention_atlas.views.figures.making import figure
from attention_atlas.views.figures.paper import Paper
from attention_atlas.views.figures.registry import FIGURES
from attention_atlas.views.figures.saving import to_bytes
from attention_atlas.views.figures.tables import RISKY
from attention_atlas.views.look import DEFAULT_LOOK, Look, look_of, plain
from attention_atlas.views.weights import MEASURES, Shown
from fuzzing import NUMBERS, TEXTS, WORDS_OF_LOOKS, examples, json_values

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


LAYERS = st.integers(-1, 2) | NUMBERS
CHOICES = st.fixed_dictionaries(
    {
        "layer": st.sampled_from([0, 1]) | LAYERS,
        "head": st.sampled_from([0, 2]) | LAYERS,
        "token": st.none() | st.integers(0, 3) | NUMBERS,
        "tau": st.sampled_from([0.01, 0.5]) | NUMBERS,
        "look": ASKED.map(look_of),
        "shown": st.builds(Shown, st.sampled_from(MEASURES), st.booleans(), st.booleans()),
    }
)


@pytest.mark.parametrize("kind", ["csv", "npz", "svg"])
@examples(90)
@given(which=st.integers(0, 5), view=st.sampled_from([*FIGURES, "no-view"]), chosen=CHOICES)
def test_any_choice_is_a_figure_or_a_sentence(
    traces: list[Trace], kind: str, which: int, view: str, chosen: dict[str, Any]
) -> None:
    try:
        made = figure(view, traces[which], **chosen)
        data = to_bytes(made, kind, Paper(1, "light"))
    except AttentionAtlasError as error:
        assert str(error)
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


@examples(60)
@given(text=TEXTS, pair=st.none() | TEXTS)
def test_any_text_is_a_table_that_no_spreadsheet_runs_and_a_picture_that_xml_can_hold(
    embedded: Model, text: str, pair: str | None
) -> None:
    try:
        traced = trace(embedded, text, pair)
    except EmptyText:
        return
    made = figure("tokens", traced, token=1)
    data = to_bytes(made, "csv", Paper())
    rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))
    for cell in (cell for row in rows for cell in row):
        if cell.startswith(RISKY[:-1]):  # a number may be negative
            float(cell)
    drawn = ElementTree.fromstring(to_bytes(made, "svg", Paper()))
    plain_one = ElementTree.fromstring(
        to_bytes(figure("tokens", trace(embedded, "the cat"), token=1), "svg", Paper())
    )
    assert {one.tag for one in drawn.iter()} == {one.tag for one in plain_one.iter()}


def test_what_is_as_at_first_is_a_look() -> None:
    assert look_of(plain(DEFAULT_LOOK)) == DEFAULT_LOOK
