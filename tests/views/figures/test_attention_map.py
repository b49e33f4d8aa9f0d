from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.figures.making import figure
from attention_atlas.views.figures.paper import Paper
from attention_atlas.views.look import Look
from attention_atlas.views.weights import Shown
from checkpoints import make_checkpoint


@pytest.fixture(scope="module")
def cat(tiny: Model) -> Trace:
    return trace(tiny, "the unaffable cat sat")


@pytest.fixture(scope="module")
def long(embedded: Model) -> Trace:
    return trace(embedded, "the quick brown fox jumps over a lazy dog " * 64)


def map_of(drawn: Figure):
    """The axes that hold the map: the one with ticks."""
    return next(
        axes
        for axes in drawn.findobj(lambda one: hasattr(one, "get_xticks"))
        if len(axes.get_yticks())
    )


def labels(axis) -> list[str]:
    return [label.get_text().lstrip("\u200e") for label in axis.get_ticklabels()]


def test_the_cells_are_the_weights_of_the_head(cat: Trace):
    axes = map_of(figure("attention-map", cat, layer=1, head=2).matplotlib())
    cells = axes.images[0].get_array()
    np.testing.assert_array_equal(cells, cat.layers[1].attention[2])
    assert not np.ma.getmaskarray(cells).any()
    texts = [token.text for token in cat.tokens]
    assert labels(axes.yaxis) == texts
    assert labels(axes.xaxis) == texts
    assert axes.images[0].get_cmap() is Paper().sequential()
    assert (axes.images[0].norm(0.0), axes.images[0].norm(1.0)) == (0, 1)
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first row is at the top


def test_the_numbers_are_those_of_the_tensor_in_full(cat: Trace):
    view = figure("attention-map", cat, layer=1, head=2, look=Look(window=(1, 2, 3)))
    np.testing.assert_array_equal(view.numbers["attention"].values, cat.layers[1].attention[2])
    assert view.numbers["attention"].axes == ("from", "to")
    axes = map_of(view.matplotlib())
    np.testing.assert_array_equal(axes.images[0].get_array(), cat.layers[1].attention[2][1:4, 2:5])
    assert labels(axes.yaxis) == [token.text for token in cat.tokens[1:4]]
    assert labels(axes.xaxis) == [token.text for token in cat.tokens[2:5]]
    assert "rows 2 to 4 and columns 3 to 5 of 8" in view.caption


def test_scores_lie_evenly_about_the_middle_of_the_diverging_map(cat: Trace):
    view = figure("attention-map", cat, layer=1, head=2, shown=Shown("scores"))
    image = map_of(view.matplotlib()).images[0]
    scores = cat.layers[1].scores
    np.testing.assert_array_equal(image.get_array(), scores[2])
    assert image.get_cmap() is Paper().diverging()
    assert image.norm(0.0) == pytest.approx(0.5)
    assert image.norm.vmax == pytest.approx(np.abs(scores).max())  # of all heads of the layer
    assert "raw scores" in view.caption


def test_the_focused_row_is_framed_and_named_in_the_accent_colour(cat: Trace):
    axes = map_of(figure("attention-map", cat, token=3).matplotlib())
    frames = [one for one in axes.patches if isinstance(one, Rectangle)]
    assert [(one.get_xy(), one.get_width(), one.get_height()) for one in frames] == [
        ((-0.5, 2.5), 8, 1)
    ]
    accent = Paper().colours.accent
    assert to_hex(frames[0].get_edgecolor()) == accent
    coloured = [to_hex(label.get_color()) == accent for label in axes.yaxis.get_ticklabels()]
    assert coloured == [k == 3 for k in range(8)]
    assert not map_of(figure("attention-map", cat).matplotlib()).patches


def test_words_and_special_tokens_follow_the_switches(cat: Trace):
    view = figure("attention-map", cat, shown=Shown("weights", keep_special=False, words=True))
    assert labels(map_of(view.matplotlib()).yaxis) == ["the", "unaffable", "cat", "sat"]
    assert "[CLS], [SEP] and padding left out" in view.caption
    assert "pieces of a word taken together" in view.caption
    assert view.numbers["attention"].values.shape == (4, 4)
    np.testing.assert_allclose(view.numbers["attention"].values.sum(axis=1), 1, rtol=1e-5)


def test_what_is_no_number_is_hatched_and_what_has_nothing_is_blank(tmp_path):
    damaged = load_model(str(make_checkpoint(tmp_path)), device="cpu")
    with torch.no_grad():
        damaged.parts.layers[0].query.bias[7 * 2] = float("nan")  # of head 3 of layer 1
    traced = trace(damaged, "the cat")
    attention = traced.layers[0].attention
    assert np.isfinite(attention[1]).all()
    assert np.isnan(attention[2]).all()
    axes = map_of(figure("attention-map", traced, head=2).matplotlib())
    hatches = [one for one in axes.collections if isinstance(one, PolyCollection)]
    assert [one.get_hatch() for one in hatches] == ["/////"]
    assert len(hatches[0].get_paths()) == 4  # one for each row
    assert np.ma.getmaskarray(axes.images[0].get_array()).all()
    whole = map_of(figure("attention-map", traced, head=1).matplotlib())
    assert not [one for one in whole.collections if isinstance(one, PolyCollection)]


@pytest.mark.parametrize("columns", [1, 2])
def test_512_tokens_are_thinned_until_no_two_labels_touch(long: Trace, columns):
    assert len(long.tokens) == 512
    view = figure("attention-map", long, layer=2, head=3, token=100)
    drawn = view.matplotlib(columns)
    axes = map_of(drawn)
    drawn.canvas.draw()
    for axis, edge in ((axes.yaxis, "y"), (axes.xaxis, "x")):
        assert 20 < len(axis.get_ticklabels()) < 200
        boxes = [label.get_window_extent() for label in axis.get_ticklabels()]
        starts = sorted((getattr(box, f"{edge}0"), getattr(box, f"{edge}1")) for box in boxes)
        # The box of a line has room above and below its letters: they may share a fifth of it.
        for (low, high), (next_low, _) in pairwise(starts):
            assert next_low >= high - 0.2 * (high - low)
    assert "100" in [str(tick) for tick in axes.get_yticks()]
    np.testing.assert_array_equal(axes.images[0].get_array(), long.layers[2].attention[3])
    assert "square root" in view.caption
    said = [text.get_text() for text in drawn.findobj(lambda one: hasattr(one, "get_text"))]
    assert any("token is named" in text for text in said)
    inside(drawn)


@pytest.mark.parametrize("columns", [1, 2])
def test_nothing_reaches_over_the_edge(cat: Trace, columns):
    inside(figure("attention-map", cat, token=2).matplotlib(columns))


def inside(drawn: Figure) -> None:
    """Every text lies on the sheet, to within a dot."""
    drawn.canvas.draw()
    sheet = drawn.bbox
    for text in drawn.findobj(lambda one: hasattr(one, "get_fontsize")):
        if not text.get_text().strip() or not text.get_visible():
            continue
        box = text.get_window_extent()
        assert box.x0 >= sheet.x0 - 1, text
        assert box.x1 <= sheet.x1 + 1, text


def test_a_window_that_is_not_in_the_text_is_refused(cat: Trace):
    with pytest.raises(InvalidChoice) as refused:
        figure("attention-map", cat, look=Look(window=(5, 0, 4)))
    assert str(refused.value) == (
        "The part of the map that begins at row 5 and column 0 with 4 of each does not lie in this "
        "text of 8. Counted from 0, begin at 0 to 7 and stay within 8."
    )


def test_a_text_of_which_nothing_is_left_is_refused(tiny: Model):
    with pytest.raises(InvalidChoice, match="No word takes part"):
        figure("attention-map", trace(tiny, "[SEP]"), shown=replace(Shown(), keep_special=False))
