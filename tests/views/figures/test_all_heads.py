"""The figures of all heads: the atlas, the metrics of one among them, and the table."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.text import Text

import attention_atlas as aa
from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.figures.making import figure
from attention_atlas.views.figures.paper import Paper
from attention_atlas.views.figures.view_figure import ViewFigure
from attention_atlas.views.look import Look
from attention_atlas.views.weights import WEIGHTS, summary_of


@pytest.fixture(scope="module")
def cat(tiny: Model) -> Trace:
    return trace(tiny, "the cat sat on the mat")


def tiles(view: ViewFigure) -> dict[str, AxesImage]:
    images = view.matplotlib().findobj(AxesImage)
    return {one.get_gid(): one for one in images if one.get_gid()}


def texts(view: ViewFigure) -> list[str]:
    return [
        one.get_text() for one in view.matplotlib(caption=False).findobj(Text) if one.get_text()
    ]


def test_each_head_has_its_thumbnail_in_its_place(cat: Trace):
    found = tiles(figure("head-atlas", cat, layer=1, head=2))
    assert len(found) == 6
    for layer in range(2):
        for head in range(3):
            image = found[f"head-{layer + 1}-{head + 1}"]
            weights = cat.layers[layer].attention[head]
            np.testing.assert_allclose(image.get_array(), weights, atol=0.5 / 255 + 1e-6)
    left = {name: image.get_extent()[0] for name, image in found.items()}
    top = {name: image.get_extent()[3] for name, image in found.items()}
    assert left["head-1-1"] < left["head-1-2"] < left["head-1-3"]
    assert left["head-2-3"] == left["head-1-3"]
    assert top["head-1-1"] < top["head-2-1"]


def test_frames_have_the_colour_of_the_number_and_a_legend_of_its_ends(cat: Trace):
    view = figure("head-atlas", cat, look=Look(colour="entropy"))
    entropy = aa.metrics(np.stack([layer.attention for layer in cat.layers])).entropy
    frames = [
        one
        for one in view.matplotlib(caption=False).findobj(Rectangle)
        if one.get_width() == pytest.approx(0.5) and one.get_facecolor()[3] == 1
    ]
    assert len(frames) == 6
    place = (entropy - entropy.min()) / (entropy.max() - entropy.min())
    expected = [to_hex(Paper().sequential()(0.06 + 0.78 * x)) for x in place.ravel()]
    assert [to_hex(one.get_facecolor()) for one in frames] == expected
    assert {f"{entropy.min():.3f}", f"{entropy.max():.3f}", "focus (entropy)"} <= set(texts(view))
    np.testing.assert_allclose(view.numbers["entropy"].values, entropy, rtol=1e-6)


def test_whole_tiles_hide_the_pattern(cat: Trace):
    assert not tiles(figure("head-atlas", cat, look=Look(colour="median", painted="tile")))


def test_heads_stand_in_the_order_of_a_number(cat: Trace):
    view = figure("head-atlas", cat, look=Look(colour="sparsity", arrange="highest"))
    sparsity = summary_of(cat, WEIGHTS).metrics.sparsity.ravel()
    found = tiles(view)
    read = sorted(
        found, key=lambda name: (found[name].get_extent()[3], found[name].get_extent()[0])
    )
    order = [3 * (int(name[5]) - 1) + int(name[7]) - 1 for name in read]
    assert order == sorted(range(6), key=lambda k: (-sparsity[k], k))
    assert {"1·1", "2·3"} <= set(texts(view))


def test_only_the_heads_of_a_role_stand_out(embedded: Model):
    traced = trace(embedded, "the cat sat on the mat")
    found = tiles(figure("head-atlas", traced, look=Look(only="previous")))
    summary = summary_of(traced, WEIGHTS)
    ratios = np.stack([np.nan_to_num(role.ratio) for role in summary.roles.values()])
    names = list(summary.roles)
    strongest = ratios.argmax(axis=0)
    belongs = (strongest == names.index("previous")) & (ratios.max(axis=0) >= 2)
    assert 0 < belongs.sum() < 72
    faint = {name for name, image in found.items() if image.get_alpha() is not None}
    assert len(faint) == 72 - belongs.sum()


@pytest.mark.parametrize(
    ("look", "said"),
    [
        (Look(colour="beauty"), "Heads cannot be coloured by 'beauty'"),
        (Look(only="beauty"), "only cannot be 'beauty'"),
        (Look(only="punctuation"), "No head is like that in this text"),
    ],
)
def test_what_no_head_has_is_refused(cat: Trace, look: Look, said: str):
    with pytest.raises(InvalidChoice, match=said):
        figure("head-atlas", cat, look=look)


def test_the_cards_have_the_metrics_of_the_head_and_its_standing(cat: Trace):
    view = figure("metrics", cat, layer=1, head=2, tau=0.1)
    attention = np.stack([layer.attention for layer in cat.layers])
    every = aa.metrics(attention, threshold=0.1)
    found = texts(view)
    for name in ("confidence_max", "confidence_avg", "entropy", "sparsity", "median", "uniformity"):
        values = getattr(every, name)
        assert f"{values[1, 2]:.3f}" in found, name
        np.testing.assert_allclose(
            view.numbers["values"].values[list(view.numbers["values"].labels[0] or []).index(name)],
            values,
            rtol=1e-5,
        )
    rank = 1 + int((every.entropy > every.entropy[1, 2]).sum())
    ending = {1: "st", 2: "nd", 3: "rd"}.get(rank, "th")
    assert f"{rank}{ending} of 6" in found
    assert "τ = 0.1" in view.caption
    for axes in view.matplotlib().findobj(lambda one: hasattr(one, "get_xlim")):
        if axes.get_gid() != "Focus (entropy)":
            continue
        span = np.ptp(every.entropy)
        ticks, own = [one for one in axes.collections if isinstance(one, LineCollection)][1:]
        places = sorted(path.vertices[0][0] for path in ticks.get_paths())
        np.testing.assert_allclose(
            places, np.sort((every.entropy.ravel() - every.entropy.min()) / span), atol=1e-5
        )
        here = (every.entropy[1, 2] - every.entropy.min()) / span
        assert own.get_paths()[0].vertices[0][0] == pytest.approx(here, abs=1e-5)
        assert to_hex(own.get_edgecolor()[0]) == Paper().colours.accent
        break
    else:
        pytest.fail("there are no ticks of the entropy")


def test_the_table_has_a_heat_map_of_each_metric(cat: Trace):
    view = figure("heads-table", cat, layer=1, head=2)
    summary = summary_of(cat, WEIGHTS)
    maps = {
        axes.get_gid(): axes.images[0].get_array()
        for axes in view.matplotlib().findobj(lambda one: hasattr(one, "images"))
        if getattr(axes, "images", None) and axes.get_gid()
    }
    assert len(maps) == 6
    for name, values in maps.items():
        np.testing.assert_array_equal(values, getattr(summary.metrics, name))
    np.testing.assert_array_equal(view.numbers["distance"].values, summary.distance)
    np.testing.assert_array_equal(view.numbers["shares"].values[1], summary.roles["previous"].share)


def test_the_first_heads_of_a_column_are_listed(cat: Trace):
    view = figure("heads-table", cat, look=Look(sort="entropy", sort_first="highest"))
    entropy = summary_of(cat, WEIGHTS).metrics.entropy
    names = [text for text in texts(view) if text.startswith("layer ")]
    order = np.argsort(-entropy.ravel(), kind="stable")
    assert names == [f"layer {k // 3 + 1} head {k % 3 + 1}" for k in order]
    drawn = view.matplotlib(caption=False).findobj(Rectangle)
    widths = np.array([one.get_width() for one in drawn if one.get_height() == 0.5])
    np.testing.assert_allclose(
        widths / widths[0], np.sort(entropy.ravel())[::-1] / entropy.max(), rtol=1e-4
    )
    with pytest.raises(InvalidChoice, match="Heads cannot be sorted by 'punctuation'"):
        figure("heads-table", cat, look=Look(sort="punctuation"))
