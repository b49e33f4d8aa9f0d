"""Formulas of the walk: this model's own in place of their variables, and every symbol told."""

from __future__ import annotations

import re

import pytest

from attention_atlas.app.page import _attention, _walk
from attention_atlas.views.formulas import mathml
from attention_atlas.views.steps.step import explained


def variables(html: str) -> list[str]:
    return re.findall(r"<mi>(\w+)</mi>", html)


def slots(html: str) -> list[str]:
    return re.findall(r'<mn data-fact="([\w-]+)"></mn>', html)


def test_variables_give_way_to_the_models_own_and_the_rest_stays() -> None:
    formula, legend = explained("heads_added", own=["heads", "head-size", "hidden"]).children
    assert slots(str(formula)) == ["heads", "head-size", "head-size", "hidden"]
    assert variables(str(formula)) == ["o", "h", "c", "h", "W", "O", "h", "b", "O"]
    assert slots(str(legend)) == ["heads", "head-size", "hidden"]
    formula = str(explained("feed_forward", own=["activation"]))
    assert '<mi data-activation=""></mi>' in formula
    assert "ACT" not in formula
    assert mathml("heads_added") in str(explained("heads_added"))


def test_formulas_stand_one_below_the_other_with_one_legend() -> None:
    formula, legend = map(str, explained("scores", "softmax", "context").children)
    assert formula.count("<math") == 3
    symbols = re.findall(r"<dt>(.*?)</dt>", legend)
    assert len(symbols) == len(set(symbols)) == 8
    assert "the share of token j in what token i takes up" in legend


def test_what_does_not_stand_in_a_formula_is_refused() -> None:
    with pytest.raises(AssertionError, match=r"^softmax: nothing stands there for \['hidden'\]"):
        explained("softmax", own=["hidden"])


def test_every_formula_of_the_page_tells_its_symbols() -> None:
    html = str(_walk()) + str(_attention())
    legends = re.findall(r'<dl class="symbols">(.*?)</dl>', html, re.DOTALL)
    assert len(legends) == html.count('class="formula"') > 20
    assert all("<dt>" in legend for legend in legends)
