from __future__ import annotations

import numpy as np
import pytest
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from attention_atlas.analysis.max_flow import max_flow
from attention_atlas.analysis.rollout import rollout
from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.figures.making import figure
from attention_atlas.views.figures.paper import Paper
from attention_atlas.views.look import Look
from attention_atlas.views.weights import Shown


@pytest.fixture(scope="module")
def cat(tiny: Model) -> Trace:
    return trace(tiny, "the cat sat on the mat")


@pytest.fixture(scope="module")
def means(cat: Trace) -> np.ndarray:
    return np.stack([layer.attention.mean(axis=0) for layer in cat.layers])


@pytest.mark.parametrize("direction", ["from", "to"])
def test_the_cells_are_the_rollout_of_the_token(cat: Trace, means: np.ndarray, direction):
    view = figure("rollout", cat, token=3, look=Look(direction=direction))
    rolled = rollout(means)
    expected = rolled[:, 3] if direction == "from" else rolled[:, :, 3]
    np.testing.assert_allclose(view.numbers["rollout"].values, expected, rtol=1e-5)
    assert view.numbers["rollout"].axes == ("layer", "token")
    axes = next(
        one
        for one in view.matplotlib().findobj(lambda one: hasattr(one, "images"))
        if getattr(one, "images", None) and len(one.get_yticks())
    )
    np.testing.assert_allclose(axes.images[0].get_array(), expected, rtol=1e-5)
    others = np.delete(expected, 3, axis=1)
    assert axes.images[0].norm.vmax == pytest.approx(others.max())
    names = [label.get_text() for label in axes.yaxis.get_ticklabels()]
    assert names == ["1", "2"]
    assert [label.get_text() for label in axes.xaxis.get_ticklabels()] == [
        token.text for token in cat.tokens
    ]


def test_the_three_ways_stand_beside_each_other(cat: Trace, means: np.ndarray):
    view = figure("max-flow", cat, token=3)
    flow = max_flow(means, [3], list(range(8))).ravel()
    np.testing.assert_allclose(view.numbers["flow"].values, flow, atol=1e-5)
    np.testing.assert_allclose(view.numbers["raw"].values, means[-1][3], rtol=1e-5)
    rolled = rollout(means)[-1][3]
    np.testing.assert_allclose(view.numbers["rollout"].values, rolled, rtol=1e-5)
    drawn = view.matplotlib(caption=False)
    order = np.argsort(-rolled, kind="stable")
    named = [one.get_text() for one in drawn.findobj(Text) if one.get_text()]
    assert f"{rolled[order[0]]:.3f}" in named
    accent = [one for one in drawn.findobj(Text) if one.get_color() == Paper().colours.accent]
    assert [one.get_text() for one in accent] == ["sat"]
    for axes in drawn.findobj(lambda one: hasattr(one, "patches")):
        if getattr(axes, "get_gid", lambda: None)() != "maximum flow":
            continue
        bars = [one.get_width() for one in axes.patches if isinstance(one, Rectangle)]
        np.testing.assert_allclose(
            np.array(bars) / bars[0], flow[order] / flow[order[0]], atol=1e-4
        )
        break
    else:
        pytest.fail("the flow has no bars")


def test_flows_that_are_not_found_are_no_numbers(embedded: Model):
    traced = trace(embedded, "the quick brown fox jumps over a lazy dog " * 64)
    view = figure("max-flow", traced, token=3)
    flow = view.numbers["flow"].values
    assert 0 < np.isfinite(flow).sum() <= 12
    assert len(flow) == 512


@pytest.mark.parametrize("view", ["rollout", "max-flow"])
def test_without_a_focus_the_first_word_is_followed(cat: Trace, view: str):
    assert "“the” takes from each token" in figure(view, cat).caption
    with pytest.raises(InvalidChoice) as refused:
        figure(view, cat, token=0, shown=Shown(keep_special=False))
    assert str(refused.value) == (
        "[CLS] is left out, so nothing is followed from or to it. Focus a word, or keep the "
        "special tokens."
    )
