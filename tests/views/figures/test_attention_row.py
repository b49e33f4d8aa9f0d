from __future__ import annotations

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.figures.making import figure
from attention_atlas.views.figures.view_figure import ViewFigure
from attention_atlas.views.weights import Shown, numbers


@pytest.fixture(scope="module")
def cat(embedded: Model) -> Trace:
    return trace(embedded, "The cat sat on the mat because it was tired and old.")


def bars(view: ViewFigure) -> list[Rectangle]:
    drawn = view.matplotlib(caption=False)
    return [one for one in drawn.findobj(Rectangle) if one.get_height() == 0.5]


def texts(view: ViewFigure) -> list[str]:
    found = view.matplotlib(caption=False).findobj(lambda one: hasattr(one, "get_fontsize"))
    return [one.get_text() for one in found if one.get_text()]


def test_the_bars_are_the_row_strongest_first(cat: Trace):
    view = figure("attention-row", cat, layer=3, head=1, token=2)
    row = cat.layers[3].attention[1][2]
    strongest = np.sort(row)[::-1]
    widths = np.array([bar.get_width() for bar in bars(view)])
    assert len(widths) == 12
    np.testing.assert_allclose(widths / widths[0], strongest[:12] / strongest[0], rtol=1e-4)
    found = texts(view)
    assert {"Where", "cat", "looks"} <= set(found)
    assert found.index("[CLS]") < found.index("it")  # in the order of the bars
    assert f"{strongest[0]:.3f}" in found
    assert f"3 more, together {strongest[12:].sum():.3f}" in found
    np.testing.assert_array_equal(view.numbers["attention"].values, row)
    assert view.numbers["attention"].axes == ("to",)


def test_differences_stand_on_both_sides_of_0(cat: Trace):
    view = figure("attention-row", cat, layer=3, head=1, token=2, shown=Shown("difference"))
    row = numbers(cat, 3, [1], Shown("difference"))[0][2]
    order = np.argsort(-np.abs(row))[:12]
    drawn = bars(view)
    assert [bar.get_width() < 0 for bar in drawn] == [bool(x < 0) for x in row[order]]
    np.testing.assert_allclose([bar.get_x() for bar in drawn], drawn[0].get_x())


def test_without_a_focus_it_is_the_first_word(cat: Trace):
    assert figure("attention-row", cat).title == "Where the looks"
    assert "“the” at position 1" in figure("attention-row", cat).caption


def test_a_token_that_is_left_out_is_refused(cat: Trace):
    with pytest.raises(InvalidChoice) as refused:
        figure("attention-row", cat, token=0, shown=Shown(keep_special=False))
    assert str(refused.value) == (
        "[CLS] is left out, so it has no row. Focus a word, or keep the special tokens."
    )
