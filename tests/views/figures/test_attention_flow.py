from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.figures.making import figure
from attention_atlas.views.figures.paper import Paper
from attention_atlas.views.figures.view_figure import ViewFigure
from attention_atlas.views.look import Look
from attention_atlas.views.weights import Shown


@pytest.fixture(scope="module")
def cat(tiny: Model) -> Trace:
    return trace(tiny, "the cat sat", "a dog")


@pytest.fixture(scope="module")
def long(embedded: Model) -> Trace:
    return trace(embedded, "the quick brown fox jumps over a lazy dog " * 64)


def curves(view: ViewFigure) -> list[PathCollection]:
    drawn = view.matplotlib()
    return drawn.findobj(PathCollection)


def texts(view: ViewFigure) -> list[str]:
    found = view.matplotlib(caption=False).findobj(lambda one: hasattr(one, "get_fontsize"))
    return [one.get_text() for one in found if one.get_text()]


def test_there_is_a_line_for_each_weight_and_none_below_the_least(cat: Trace):
    attention = cat.layers[1].attention[2]
    everything = figure("attention-flow", cat, layer=1, head=2, look=Look(least=0))
    (lines,) = curves(everything)
    assert len(lines.get_paths()) == attention.size == 64
    some = figure("attention-flow", cat, layer=1, head=2, look=Look(least=0.15))
    assert sum(len(one.get_paths()) for one in curves(some)) == (attention >= 0.15).sum() > 0


def test_a_line_leads_from_its_row_to_its_column_and_is_as_wide_as_its_weight(cat: Trace):
    attention = cat.layers[1].attention[2]
    (lines,) = curves(figure("attention-flow", cat, layer=1, head=2, look=Look(least=0)))
    row = 0.17
    widths = np.zeros((8, 8))
    for path, width in zip(lines.get_paths(), lines.get_linewidths(), strict=True):
        start, stop = path.vertices[0][1], path.vertices[-1][1]
        i, j = round(start / row - 0.5), round(stop / row - 0.5)
        assert (start, stop) == pytest.approx(((i + 0.5) * row, (j + 0.5) * row))
        assert path.vertices[0][0] < path.vertices[-1][0]
        widths[i, j] = width
    expected = (0.5 + 9 * attention) * row * 72 / 27  # painting.js: 0.5 + 9 × share, 27 px a row
    np.testing.assert_allclose(widths, expected, rtol=1e-5)


def test_the_focused_tokens_lines_are_in_the_accent_colour_with_their_numbers(cat: Trace):
    view = figure("attention-flow", cat, layer=1, head=2, token=2, look=Look(least=0, top=3))
    others, own = curves(view)
    assert len(others.get_paths()) == 3 * 7
    assert {to_hex(colour) for colour in own.get_edgecolors()} == {Paper().colours.accent}
    strongest = np.sort(cat.layers[1].attention[2][2])[::-1][:3]
    found = texts(view)
    for weight in strongest:
        assert f"{weight:.3f}"[1:] in found
    assert "the strongest 3 of each" in view.caption


def test_several_heads_have_their_own_colours_and_a_legend(cat: Trace):
    view = figure("attention-flow", cat, layer=1, look=Look(flow="several", heads=(0, 2), least=0))
    first, second = curves(view)
    assert {to_hex(colour) for colour in first.get_edgecolors()} == {Paper().head(0)}
    assert {to_hex(colour) for colour in second.get_edgecolors()} == {Paper().head(2)}
    assert {"heads", "1", "3"} <= set(texts(view))
    numbers = view.numbers["attention"]
    assert numbers.axes == ("head", "from", "to")
    assert list(numbers.labels[0] or []) == ["head 1", "head 3"]
    np.testing.assert_array_equal(numbers.values, cat.layers[1].attention[[0, 2]])
    chosen = figure("attention-flow", cat, layer=1, head=2, look=Look(flow="several"))
    assert list(chosen.numbers["attention"].labels[0] or []) == ["head 1", "head 2", "head 3"]


def test_the_mean_is_over_the_heads_of_the_layer(cat: Trace):
    view = figure("attention-flow", cat, layer=1, head=2, look=Look(flow="mean"))
    np.testing.assert_allclose(
        view.numbers["attention"].values, cat.layers[1].attention.mean(axis=0), rtol=1e-6
    )
    assert "mean over the layer’s 3 heads" in view.caption
    assert "head 3" not in view.caption


def test_only_lines_between_the_sentences_that_are_asked_for(cat: Trace):
    segments = np.array([token.segment for token in cat.tokens])
    (lines,) = curves(figure("attention-flow", cat, look=Look(part="AB", least=0)))
    assert len(lines.get_paths()) == (segments == 0).sum() * (segments == 1).sum()


def test_what_is_below_the_mean_is_dashed_and_blue(cat: Trace):
    view = figure("attention-flow", cat, shown=Shown("difference"), look=Look(least=0))
    (lines,) = curves(view)
    attention = cat.layers[0].attention
    difference = attention[0] - attention.mean(axis=0)
    below = [to_hex(colour) == Paper().colours.negative for colour in lines.get_edgecolors()]
    assert sum(below) == (difference < 0).sum()
    dashed = [pattern[1] is not None for pattern in lines.get_linestyles()]
    assert dashed == below


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"shown": Shown("scores")}, "Scores have no flow"),
        ({"shown": Shown("difference"), "look": Look(flow="mean")}, "cancel out"),
        ({"look": Look(flow="several", heads=(0, 7))}, "There is no head 7"),
    ],
)
def test_what_has_no_flow_is_refused(cat: Trace, more: dict, said: str):
    with pytest.raises(InvalidChoice, match=said):
        figure("attention-flow", cat, **more)


def test_a_long_text_is_refused_with_what_to_choose_instead(long: Trace):
    with pytest.raises(InvalidChoice) as refused:
        figure("attention-flow", long)
    assert str(refused.value) == (
        "The lines between 512 units of text cannot be read in print: a page has room for 68 rows. "
        "Zoom the attention map to at most 68 rows (window, in Python and in the command), or "
        "choose the attention map, or the row of one token."
    )


def test_of_a_long_text_the_zoomed_part_is_drawn(long: Trace):
    view = figure("attention-flow", long, token=35, look=Look(window=(30, 10, 20), least=0))
    lines = curves(view)
    assert sum(len(one.get_paths()) for one in lines) == 20 * 20
    assert "from 31–50 to 11–30 of 512" in view.caption
    np.testing.assert_array_equal(view.numbers["attention"].values, long.layers[0].attention[0])
