from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import attention_atlas.views
from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.figures.making import figure
from attention_atlas.views.figures.paper import Paper
from attention_atlas.views.figures.registry import FIGURES

VIEWS = Path(next(iter(attention_atlas.views.__path__)))


@pytest.fixture(scope="module")
def cat(tiny: Model) -> Trace:
    return trace(tiny, "the cat sat")


@pytest.mark.parametrize("name", FIGURES)
def test_every_name_leads_to_a_figure(name: str):
    entry = FIGURES[name]
    module = importlib.import_module(f"attention_atlas.views.{entry.module}")
    assert callable(getattr(module, entry.function))
    assert entry.depends <= {"layer", "head", "token", "tau"}
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)


def test_an_unknown_view_is_refused_with_the_names_there_are(cat: Trace):
    with pytest.raises(InvalidChoice) as refused:
        figure("heatmap", cat)
    assert str(refused.value) == (
        f"There is no view 'heatmap'. Choose one of {', '.join(FIGURES)}."
    )
    assert "attention-map" in str(refused.value)


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"head": 3}, "There is no head 3: each layer of"),
        ({"token": 5}, "There is no token 5: the text has 5. Choose 0 to 4."),
        ({"token": -1}, "There is no token -1: the text has 5. Choose 0 to 4."),
        ({"tau": 1.5}, "tau cannot be 1.5. Give a weight from 0 to 1."),
        ({"layer": 2}, "layer 2"),
    ],
)
def test_what_the_model_and_the_text_do_not_have_is_refused(cat: Trace, choice: dict, said: str):
    with pytest.raises(InvalidChoice, match=re.escape(said)):
        figure("attention-map", cat, **choice)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_colours_are_those_of_the_style_sheets(theme):
    colours = Paper(1, theme).colours
    sheet = (VIEWS / "shared" / "theme.css").read_text("utf-8")
    block = re.search(rf'\[data-theme="{theme}"\] \{{(.*?)\n\}}', sheet, flags=re.S)
    assert block is not None
    css = dict(re.findall(r"--([\w-]+): (#\w{6});", block[1]))
    names = {
        "negative": "neg",
        "positive": "pos",
        "rule_2": "rule-2",
        "ink_2": "ink-2",
        "ink_3": "ink-3",
    }
    for name in (
        "surface", "rule", "rule_2", "ink", "ink_2", "ink_3", "accent", "data", "negative",
        "positive", "alert",
    ):  # fmt: skip
        assert getattr(colours, name) == css[names.get(name, name)], name
    assert colours.ground == ("#ffffff" if theme == "light" else css["ground"])
    flow = (VIEWS / "flow" / "flow.css").read_text("utf-8")
    dark, light = (
        dict(re.findall(r"--head-(\d+): (#\w{6});", part))
        for part in flow.split('[data-theme="light"]', 1)
    )
    own = light if theme == "light" else dark
    assert colours.heads == tuple(own[str(k)] for k in range(1, 13))
    assert Paper(1, theme).head(12) == colours.heads[0]
