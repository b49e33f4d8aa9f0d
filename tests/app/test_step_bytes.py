"""What the steps of the walk send: at most 300 kB each, and only what a change concerns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import pytest
from benchmarks.walk import (
    MOST_BYTES,
    PICTURES,
    Chosen,
    opens_with,
    recipes,
    size,
    table_in_turn,
    text_of,
)

from attention_atlas.app.exploring import explore
from attention_atlas.app.page import page
from attention_atlas.app.settings import Settings
from attention_atlas.app.state import Exploration
from attention_atlas.models.model import Model
from attention_atlas.views.look import MOST_WORDS

IN_TURN = "masked_in_turn-picture"
"""Drawn a few words at a time, and so not by the painter."""
OF_HEAD = {"projections-picture", "dot_product-picture"}
OF_LAYER = OF_HEAD | {
    "heads_joined-picture",
    "add_norm_attention-picture",
    "feed_forward-picture",
    "add_norm_ffn-picture",
}
OF_TOKEN = (OF_LAYER - {"projections-picture"}) | {
    "embeddings-sum",
    "embeddings-nearest",
    "stack-picture",
    "predictions-picture",
    "predictions-two_candidates",
    "predictions-lens",
}


class Places(HTMLParser):
    """The ids of the places of pictures inside the walk."""

    def __init__(self) -> None:
        super().__init__()
        self.panel = ""
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("role") == "tabpanel":
            self.panel = given.get("id") or ""
        if "data-view" in given and self.panel == "walk":
            self.found.add(given.get("id") or "")


@pytest.fixture(scope="module")
def longest(embedded: Model) -> Exploration:
    exploration = explore(embedded, text_of(512), None)
    assert len(exploration.trace.tokens) == 512
    return exploration


def test_each_picture_of_the_walk_is_looked_at(tiny: Model):
    places = Places()
    places.feed(page(Settings(model="embedded")).render()["html"])
    assert places.found - {IN_TURN} == set(PICTURES)
    assert set(recipes(Chosen(explore(tiny, "the cat sat", None)))) == set(PICTURES)


@pytest.mark.parametrize(
    "options",
    [{}, {"projected": "token", "top_k": MOST_WORDS}, {"use_head": False}],
    ids=["as it opens", "the most that can be chosen", "without the head"],
)
def test_no_step_sends_more_than_300_kb(longest: Exploration, options: Mapping[str, Any]):
    made = recipes(Chosen(longest, options=dict(options)))
    sent: Counter[str] = Counter()
    for place, (depends, make) in made.items():
        sent[opens_with(place)] += size(make(*depends()))
    assert {step: n for step, n in sent.items() if n > MOST_BYTES} == {}


def test_the_table_of_each_word_masked_in_turn_stays_small(longest: Exploration):
    whole = table_in_turn(longest.trace)[-1]
    assert len(whole.state["rows"]) == 510
    assert size(whole) <= MOST_BYTES


@pytest.mark.parametrize(
    ("change", "again"), [("token", OF_TOKEN), ("head", OF_HEAD), ("layer", OF_LAYER)]
)
def test_a_change_redraws_only_what_it_concerns(tiny: Model, change: str, again: set[str]):
    chosen = Chosen(explore(tiny, "the cat sat", None))
    made = recipes(chosen)
    before = {place: depends() for place, (depends, _) in made.items()}
    chosen.change(change)
    after = {place: depends() for place, (depends, _) in made.items()}
    assert {place for place in made if before[place] != after[place]} == again
