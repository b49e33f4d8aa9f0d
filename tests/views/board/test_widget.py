from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

import attention_atlas as aa
from attention_atlas.errors import InvalidChoice
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace
from attention_atlas.views import Look, Shown
from attention_atlas.views.picture import encode

SENTENCE = "the cat sat on the mat"


@pytest.fixture(scope="module")
def of_tiny(tiny: Model) -> Trace:
    return aa.trace(tiny, "it played on")


def picture(widget: Any, id: str) -> dict[str, Any]:
    message = getattr(widget, f"_{id}")
    assert set(message) == {"picture"}, message
    return message["picture"]


def array(sent: dict[str, Any]) -> np.ndarray:
    kind = {"f4": "<f4", "f2": "<f2", "u1": "u1"}[sent["dtype"]]
    return np.frombuffer(base64.b64decode(sent["data"]), kind).reshape(sent["shape"])


def test_the_map_and_the_flow_hold_the_attention_of_the_chosen_layer(of_tiny: Trace):
    for make, id in ((aa.views.attention_map, "map"), (aa.views.attention_flow, "flow")):
        widget = make(of_tiny, layer=1, head=2)
        for layer in (1, 0):
            widget.layer = layer
            sent = picture(widget, f"{id}-picture")["arrays"]["attention"]
            np.testing.assert_array_equal(array(sent), of_tiny.layers[layer].attention)


def test_only_what_depends_on_a_choice_is_made_anew(of_tiny: Trace):
    widget: Any = aa.views.walk(of_tiny, token=2, layer=1, head=1)
    changed: list[str] = []
    widget.observe(lambda change: changed.append(change.name.removeprefix("_")))
    widget.head = 2
    assert set(changed) == {"head", "dot_product-picture", "projections-picture"}
    changed.clear()
    widget.token = 3
    assert "tokens-picture" not in changed
    assert {"token", "embeddings-sum", "stack-picture", "predictions-picture"} <= set(changed)


def test_the_walk_has_every_step_with_this_tokens_numbers(of_tiny: Trace):
    widget = aa.views.walk(of_tiny, token=2, layer=1, head=1)
    arrays = picture(widget, "add_norm_ffn-picture")["arrays"]
    expected = encode(of_tiny.layers[1].output[2])["data"]
    assert expected in {one["data"] for one in arrays.values()}
    assert {id.partition("-")[0] for id in widget._places} >= {
        "tokens", "embeddings", "projections", "dot_product", "heads_joined",
        "add_norm_attention", "feed_forward", "add_norm_ffn", "stack", "predictions",
    }  # fmt: skip


def test_the_atlas_holds_all_heads(embedded: Model):
    trace = aa.trace(embedded, SENTENCE)
    widget = aa.views.attention_atlas(trace)
    atlas = picture(widget, "atlas-picture")
    assert array(atlas["arrays"]["thumbnails"]).shape == (6, 12, 8, 8)
    entropy = np.stack([aa.metrics(layer.attention).entropy for layer in trace.layers])
    names = [choice["value"] for choice in atlas["state"]["choices"] if choice["kind"] == "metric"]
    sent = array(atlas["arrays"]["metrics"])[names.index("entropy")]
    np.testing.assert_allclose(sent, entropy, atol=1e-6)


def test_what_is_not_there_cannot_be_chosen(of_tiny: Trace):
    for wrong in ({"layer": 2}, {"head": 3}, {"token": 99}):
        with pytest.raises(InvalidChoice, match="There is no"):
            aa.views.attention_map(of_tiny, **wrong)
    widget: Any = aa.views.attention_map(of_tiny)
    for name, wrong_value in (("layer", 2), ("head", 3), ("token", 99)):
        with pytest.raises(InvalidChoice):
            setattr(widget, name, wrong_value)
    assert (widget.layer, widget.head, widget.token) == (0, 0, None)


def test_linked_widgets_go_along_with_each_other(of_tiny: Trace, embedded: Model):
    first = aa.views.attention_atlas(of_tiny, layer=1, head=2, token=1)
    second: Any = aa.views.attention_flow(of_tiny)
    third: Any = aa.views.attention_map(aa.trace(embedded, SENTENCE), layer=5, head=11)
    aa.views.link(first, second, third)
    assert (second.layer, second.head, second.token) == (1, 2, 1)
    assert (third.layer, third.head, third.token) == (1, 2, 1)
    second.head = 0
    assert (first.head, third.head) == (0, 0)
    third.layer = 5  # the others have no such layer, and stay
    assert (first.layer, second.layer) == (1, 1)
    sent = picture(second, "flow-picture")["state"]
    assert sent["layer"] == 1
    with pytest.raises(InvalidChoice, match="Two widgets or more"):
        aa.views.link(first)


def test_what_is_shown_and_how_is_kept(of_tiny: Trace):
    shown = Shown("norms", keep_special=False, words=True)
    widget: Any = aa.views.attention_map(of_tiny, shown=shown, look=Look(scale="log"))
    state = picture(widget, "map-picture")["state"]
    assert (state["measure"], state["words"], state["keep_special"]) == ("norms", True, False)
    assert widget.look["scale"] == "log"


def test_a_long_text_sends_the_chosen_head_only(embedded: Model):
    trace = aa.trace(embedded, "so " * 150)
    widget: Any = aa.views.attention_map(trace, layer=2, head=7)
    sent = picture(widget, "map-picture")
    assert sent["state"]["sent"] == [7]
    widget.head = 3
    assert picture(widget, "map-picture")["state"]["sent"] == [3]


def test_a_widget_has_a_still_picture_for_where_it_cannot_run(of_tiny: Trace):
    bundle, _ = aa.views.attention_map(of_tiny, layer=1, head=2)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    image = imread(io.BytesIO(base64.b64decode(bundle["image/png"])), format="png")
    assert image.shape[1] > 400
    assert bundle["text/plain"].startswith("attention_map(Trace('it played on'")


def test_a_saved_trace_shows_what_it_holds_and_says_what_it_lacks(of_tiny: Trace, tmp_path: Any):
    of_tiny.save(tmp_path / "it.npz")
    loaded = aa.load_trace(tmp_path / "it.npz")
    widget: Any = aa.views.walk(loaded, token=1, layer=1, head=1)
    pieces = [token["piece"] for token in picture(widget, "tokens-picture")["state"]["tokens"]]
    assert pieces == [token.text for token in of_tiny.tokens]
    assert "aa.load_trace" in getattr(widget, "_stack-picture")["error"]


def test_any_threshold_can_be_set_and_all_heads_are_measured_at_it(of_tiny: Trace):
    widget: Any = aa.views.attention_atlas(of_tiny)
    for tau in (0.07, 1 / 3, 0.01):  # of these only the last is among those that a slider offers
        widget.tau = tau
        sent = array(picture(widget, "atlas-picture")["arrays"]["metrics"])
        expected = [aa.metrics(layer.attention, threshold=tau).sparsity for layer in of_tiny.layers]
        np.testing.assert_allclose(sent[3], np.stack(expected), atol=1e-6)
    with pytest.raises(InvalidChoice, match="tau cannot be 2"):
        widget.tau = 2.0
