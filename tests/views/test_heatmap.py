from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.colour import Theme, diverging, sequential
from attention_atlas.views.heatmap import heatmap
from attention_atlas.views.heatmap.heatmap import frame
from attention_atlas.views.weights import Measure, Shown

SENTENCE = "the cat sat on the mat"
TOKENS = ["[CLS]", "the", "cat", "sat", "on", "the", "mat", "[SEP]"]


def test_a_cell_is_the_weight_from_its_row_to_its_column(embedded: Model):
    traced = trace(embedded, SENTENCE)
    figure: Any = heatmap(traced, 4, 7)
    (drawn,) = figure.data
    assert drawn.type == "heatmap"
    np.testing.assert_array_equal(drawn.z, traced.layers[4].attention[7])
    assert (drawn.zmin, drawn.zmax) == (0, 1)
    assert figure.layout.title.text == "Layer 5, head 8"
    assert figure.layout.xaxis.title.text == "to"
    assert figure.layout.yaxis.title.text == "from"
    assert drawn.colorbar.title.text == "weight"


def test_it_can_be_of_words_and_without_special_tokens(tiny: Model):
    figure: Any = heatmap(trace(tiny, "it played"), 1, 2, Shown("weights", False, True))
    (drawn,) = figure.data
    assert list(figure.layout.xaxis.ticktext) == ["it", "played"]
    assert drawn.hovertext[1][0] == "played → it"
    np.testing.assert_allclose(drawn.z.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(("measure", "called"), [("scores", "score"), ("difference", "difference")])
def test_what_may_be_below_0_has_the_ground_at_0(tiny: Model, measure: Measure, called: str):
    (drawn,) = heatmap(trace(tiny, SENTENCE), 0, 1, Shown(measure)).data
    cells: Any = drawn
    assert cells.z.min() < 0
    assert cells.zmax == -cells.zmin == np.abs(cells.z).max()
    assert cells.colorbar.title.text == called
    colours = diverging("dark")
    assert cells.colorscale[0] == (0, "rgb({}, {}, {})".format(*colours[0]))
    assert cells.colorscale[-1] == (1, "rgb({}, {}, {})".format(*colours[255]))


def test_norms_go_from_0_to_the_longest(tiny: Model):
    (drawn,) = heatmap(trace(tiny, SENTENCE), 0, 1, Shown("norms")).data
    cells: Any = drawn
    assert (cells.zmin, cells.zmax) == (0, cells.z.max())
    assert cells.colorscale[-1] == (1, "rgb({}, {}, {})".format(*sequential("dark")[255]))
    assert cells.colorbar.title.text == "norm"


def test_the_first_token_is_at_the_top_left_and_cells_are_square(tiny: Model):
    layout: Any = heatmap(trace(tiny, SENTENCE), 0, 0).layout
    assert layout.yaxis.autorange == "reversed"
    assert layout.xaxis.side == "top"
    assert layout.yaxis.scaleanchor == "x"


def test_a_word_that_occurs_twice_has_two_rows_and_two_columns(tiny: Model):
    figure: Any = heatmap(trace(tiny, SENTENCE), 0, 0)
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert axis.tickmode == "array"
        assert list(axis.tickvals) == [0, 1, 2, 3, 4, 5, 6, 7]
        assert list(axis.ticktext) == TOKENS
    # Plotly would merge rows of the same name, had the rows names rather than places.
    assert (figure.data[0].x, figure.data[0].y) == (None, None)


def test_a_cell_says_its_two_tokens_and_its_weight(tiny: Model):
    (drawn,) = heatmap(trace(tiny, SENTENCE), 1, 2).data
    hover: Any = drawn
    assert hover.hovertemplate == "%{hovertext} <b>%{z:.3f}</b><extra></extra>"
    assert np.shape(hover.hovertext) == (8, 8)
    assert hover.hovertext[2][3] == "cat → sat"
    assert hover.hovertext[3][2] == "sat → cat"
    assert hover.hovertext[0][7] == "[CLS] → [SEP]"


def test_a_token_is_never_read_as_html():
    figure: Any = frame(["<b>", "&amp;", '"'])
    assert list(figure.layout.xaxis.ticktext) == ["&lt;b&gt;", "&amp;amp;", '"']


def test_a_token_of_html_is_harmless_under_the_pointer_too(tiny: Model):
    traced = trace(tiny, "< >")
    assert [token.text for token in traced.tokens] == ["[CLS]", "<", ">", "[SEP]"]
    (drawn,) = heatmap(traced, 0, 0).data
    hover: Any = drawn
    assert hover.hovertext[1][2] == "&lt; → &gt;"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_colours_are_those_of_weights_everywhere(tiny: Model, theme: Theme):
    figure: Any = heatmap(trace(tiny, "the cat"), 0, 0, theme=theme)
    colours = sequential(theme)
    scale = figure.data[0].colorscale
    assert len(scale) == 64
    assert scale[0] == (0, "rgb({}, {}, {})".format(*colours[0]))
    assert scale[-1] == (1, "rgb({}, {}, {})".format(*colours[255]))
    assert all(text == "rgb({}, {}, {})".format(*colours[round(at * 255)]) for at, text in scale)
    # The ground of the figure is nearer to the colour of weight 0 than to that of weight 1.
    ground = np.array([int(figure.layout.plot_bgcolor[k : k + 2], 16) for k in (1, 3, 5)])
    ends = np.abs(colours[[0, 255]].astype(int) - ground).sum(axis=1)
    assert ends[0] < ends[1] / 10
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor


@pytest.mark.parametrize(
    ("n", "positions", "gap"),
    [(40, range(40), 1), (41, range(0, 41, 2), 0), (512, range(0, 512, 13), 0)],
)
def test_a_long_text_has_at_most_forty_labels_an_axis(n: int, positions: range, gap: int):
    figure: Any = frame([f"t{i}" for i in range(n)])
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert list(axis.tickvals) == list(positions)
        assert list(axis.ticktext) == [f"t{i}" for i in positions]
        assert len(axis.tickvals) <= 40
    assert (figure.data[0].xgap, figure.data[0].ygap) == (gap, gap)


def test_a_layer_counted_from_the_end_is_called_by_its_number(embedded: Model):
    traced = trace(embedded, "the cat")
    figure: Any = heatmap(traced, -1, 0)
    assert figure.layout.title.text == "Layer 6, head 1"
    np.testing.assert_array_equal(figure.data[0].z, traced.layers[5].attention[0])


def test_a_layer_or_a_head_that_is_not_there_is_refused(tiny: Model):
    traced = trace(tiny, "the cat")
    with pytest.raises(InvalidChoice) as refused:
        heatmap(traced, 2, 0)
    assert str(refused.value) == (
        f"There is no layer 2: {tiny.name} has 2 layers. "
        "Choose 0 to 1, or count from the end with -1."
    )
    with pytest.raises(InvalidChoice) as refused:
        heatmap(traced, 0, -1)
    assert str(refused.value) == (
        f"There is no head -1: each layer of {tiny.name} has 3. Choose 0 to 2."
    )
