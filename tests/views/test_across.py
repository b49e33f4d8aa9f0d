from __future__ import annotations

import gc
import json
import threading
import weakref

import numpy as np
import pytest

from attention_atlas.analysis.max_flow import max_flow
from attention_atlas.analysis.rollout import rollout
from attention_atlas.analysis.special_tokens import without
from attention_atlas.errors import InvalidChoice, TraceCancelled
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.across import across
from attention_atlas.views.across.layers import layer_means, layers_of
from attention_atlas.views.across_flow import across_flow
from attention_atlas.views.steps.across import PYTHON
from attention_atlas.views.weights import Shown


def means_of(traced: Trace) -> np.ndarray:
    return np.stack([layer.attention.mean(axis=0) for layer in traced.layers])


def test_from_is_a_row_of_each_layers_rollout_and_to_is_a_column(tiny: Model):
    traced = trace(tiny, "the cat sat", "a dog")
    rolled = rollout(means_of(traced))
    taken = across(traced, 2)
    assert taken.view == "across"
    np.testing.assert_allclose(taken.arrays["rollout"], rolled[:, 2], atol=1e-6)
    np.testing.assert_allclose(taken.arrays["rollout"].sum(axis=1), 1, atol=1e-5)
    given = across(traced, 2, direction="to")
    np.testing.assert_allclose(given.arrays["rollout"], rolled[:, :, 2], atol=1e-6)
    assert given.state["direction"] == "to"
    texts = ["[CLS]", "the", "cat", "sat", "[SEP]", "a", "dog", "[SEP]"]
    assert [unit["text"] for unit in taken.state["units"]] == texts
    assert {name: taken.state[name] for name in ("direction", "focused", "tokens", "focus")} == {
        "direction": "from",
        "focused": "cat",
        "tokens": [2],
        "focus": 2,
    }


def test_the_measure_does_not_matter_because_only_weights_are_followed(tiny: Model):
    traced = trace(tiny, "the cat sat")
    np.testing.assert_array_equal(
        across(traced, 1, Shown("scores")).arrays["rollout"], across(traced, 1).arrays["rollout"]
    )


def test_without_special_tokens_each_layer_is_renormalised(tiny: Model):
    traced = trace(tiny, "the cat sat")
    keep = np.array([False, True, True, True, False])
    expected = np.stack([without(layer.attention, keep).mean(axis=0) for layer in traced.layers])
    shown = Shown(keep_special=False)
    np.testing.assert_allclose(layer_means(traced, shown), expected, atol=1e-6)
    picture = across(traced, 2, shown)
    np.testing.assert_allclose(
        picture.arrays["rollout"], rollout(expected.astype(np.float32))[:, 1], atol=1e-6
    )
    assert picture.state["focus"] == 1
    assert picture.state["left_out"] == ["[CLS]", "[SEP]"]
    assert picture.state["keep_special"] is False


@pytest.mark.parametrize("view", [across, across_flow])
def test_a_focused_token_that_is_left_out_has_no_numbers(tiny: Model, view):
    picture = view(trace(tiny, "the cat"), 0, Shown(keep_special=False))
    assert picture.state["focus"] is None
    assert picture.state["focused"] == "[CLS]"
    assert picture.arrays == {}


def test_a_text_of_which_nothing_is_left(tiny: Model):
    assert across(trace(tiny, "[SEP] [SEP]"), 1, Shown(keep_special=False)).state["focus"] is None


def test_the_pieces_of_a_word_are_one(tiny: Model):
    traced = trace(tiny, "the playing cat")
    assert [token.text for token in traced.tokens[2:4]] == ["play", "##ing"]
    for token in (2, 3):
        picture = across(traced, token, Shown(words=True))
        assert picture.state["focused"] == "playing"
        assert picture.state["tokens"] == [2, 3]
        assert picture.arrays["rollout"].shape == (2, 5)
        np.testing.assert_allclose(picture.arrays["rollout"].sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("direction", ["from", "to"])
def test_the_last_layer_in_three_ways(tiny: Model, direction):
    traced = trace(tiny, "the cat sat", "a dog")
    picture = across_flow(traced, 2, direction=direction)
    means, n = means_of(traced), len(traced.tokens)
    turn = (lambda m: m[2]) if direction == "from" else (lambda m: m[:, 2])
    arrays = picture.arrays
    np.testing.assert_allclose(arrays["rollout"], turn(rollout(means)[-1]), atol=1e-6)
    np.testing.assert_allclose(arrays["raw"], turn(means[-1]), atol=1e-6)
    order = arrays["order"].astype(int)
    assert sorted(order) == list(range(n))
    assert (np.diff(arrays["rollout"][order]) <= 0).all()
    flows = max_flow(means, range(n), range(n))
    np.testing.assert_allclose(arrays["flow"], turn(flows)[order], atol=1e-6)
    mixed = 0.5 * means + 0.5 * np.eye(n)
    bound = np.minimum.outer(mixed[-1].sum(axis=1), mixed[0].sum(axis=0))
    assert picture.state["bounded"] == (np.abs(turn(flows) - turn(bound)) < 1e-5).sum()
    assert picture.state["layer"] == 1


def test_in_a_long_text_only_the_flows_of_those_listed_are_found(embedded: Model):
    traced = trace(embedded, "cat " * 300)
    picture = across_flow(traced, 9)
    assert picture.arrays["rollout"].shape == (302,)
    assert picture.arrays["flow"].shape == (picture.state["listed"],) == (12,)
    message = [picture.to_message(), across(traced, 9).to_message()]
    assert len(json.dumps(message)) < 150_000


def test_one_token_of_its_own(tiny: Model):
    traced = trace(tiny, "cat")
    shown = Shown(keep_special=False)
    np.testing.assert_array_equal(across(traced, 1, shown).arrays["rollout"], [[1], [1]])
    np.testing.assert_array_equal(across_flow(traced, 1, shown).arrays["flow"], [1])


def test_all_layers_are_gone_through_once_and_let_go_with_the_trace(tiny: Model):
    traced = trace(tiny, "the cat sat")
    kept = layers_of(traced, Shown())
    assert layers_of(traced, Shown("norms")) is kept
    other = layers_of(traced, Shown(words=True))
    assert other is not kept
    across_flow(traced, 1, Shown(words=True))
    assert other.flows
    gone = weakref.ref(other)
    del traced, kept, other
    gc.collect()
    assert gone() is None


def test_a_flow_that_was_stopped_is_not_kept(tiny: Model):
    traced = trace(tiny, "the cat sat")
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(TraceCancelled):
        across_flow(traced, 1, cancel=stopped)
    assert across_flow(traced, 1).arrays["flow"].shape == (5,)


def test_what_cannot_be_chosen_is_refused(tiny: Model):
    traced = trace(tiny, "the cat sat")
    with pytest.raises(InvalidChoice) as refused:
        across(traced, 1, direction="up")  # pyright: ignore[reportArgumentType]
    assert str(refused.value) == (
        "There is no direction 'up' across layers. Choose one of from, to."
    )
    with pytest.raises(InvalidChoice, match="There is no token 9"):
        across_flow(traced, 9)


def test_the_lines_of_python_give_what_is_shown(tiny: Model):
    traced = trace(tiny, "the cat sat")
    names: dict[str, object] = {"trace": traced}
    values = []
    for line in PYTHON:
        filled = line.replace("{token}", "2")
        if "=" in filled or "import" in filled:
            exec(filled, names)
        else:
            values.append(eval(filled, names))
    np.testing.assert_allclose(values[0], across(traced, 2).arrays["rollout"], atol=1e-6)
    to = across(traced, 2, direction="to")
    np.testing.assert_allclose(values[1], to.arrays["rollout"], atol=1e-6)
    flow = across_flow(traced, 2).arrays
    np.testing.assert_allclose(values[2][0][flow["order"].astype(int)], flow["flow"], atol=1e-6)
