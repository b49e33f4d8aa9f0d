from __future__ import annotations

import dataclasses
import gc
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers import BertModel
from transformers.models.bert.modeling_bert import BertLayer

from attention_atlas.errors import InvalidChoice, TraceCancelled
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.capture import Twin
from attention_atlas.tracing.layer_cache import LayerCache
from attention_atlas.tracing.layers import LayerTrace, LayerTraces, computed
from attention_atlas.tracing.tensors import tensor
from attention_atlas.tracing.trace import Trace, trace
from checkpoints import make_checkpoint


class StumbleError(Exception):
    pass


def hooks_of(network: nn.Module) -> list[tuple[int, int]]:
    return [(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in network.modules()]


@pytest.fixture
def unchanged(tiny: Model) -> Iterator[None]:
    """What every test with it must leave as it found it."""
    weights = {name: tensor.clone() for name, tensor in tiny.network.state_dict().items()}
    before = (hooks_of(tiny.network), torch.is_grad_enabled(), torch.is_inference_mode_enabled())
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    yield
    after = (hooks_of(tiny.network), torch.is_grad_enabled(), torch.is_inference_mode_enabled())
    assert after == before
    assert (torch.get_num_threads(), torch.get_default_dtype()) == (threads, dtype)
    assert not tiny.network.training
    for name, now in tiny.network.state_dict().items():
        assert torch.equal(now, weights[name])


@pytest.mark.usefixtures("unchanged")
def test_a_trace_leaves_the_network_as_it_was(tiny: Model):
    traced = trace(tiny, "the cat", on_layer=lambda *_: None)
    assert [layer.index for layer in traced.layers] == [0, 1]
    traced.predictions(masked=True)


@pytest.mark.usefixtures("unchanged")
def test_an_error_in_the_observer_is_passed_on(tiny: Model):
    def stumble(layer: int, _attention: np.ndarray) -> None:
        raise StumbleError(layer)

    with pytest.raises(StumbleError, match="0"):
        trace(tiny, "the cat", on_layer=stumble)


@pytest.mark.usefixtures("unchanged")
def test_a_pass_is_cancelled_between_layers(tiny: Model):
    cancel = threading.Event()
    seen = []

    def see_and_cancel(layer: int, _attention: np.ndarray) -> None:
        seen.append(layer)
        cancel.set()

    with pytest.raises(TraceCancelled) as caught:
        trace(tiny, "the cat", on_layer=see_and_cancel, cancel=cancel)
    assert str(caught.value) == "The pass through the network was stopped before its end."
    assert seen == [0]


def test_a_pass_that_is_no_longer_wanted_does_not_begin(tiny: Model):
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(TraceCancelled):
        trace(tiny, "the cat", on_layer=lambda *_: pytest.fail("it ran"), cancel=cancel)


def test_a_twin_shares_every_tensor_and_no_hook(tiny: Model):
    twin = Twin(tiny.network)
    originals, twins = dict(tiny.network.named_modules()), dict(twin.module.named_modules())
    assert originals.keys() == twins.keys()
    assert all(twin[module] is twins[name] is not module for name, module in originals.items())
    ours = dict(tiny.network.state_dict(keep_vars=True))
    assert all(ours[name] is t for name, t in twin.module.state_dict(keep_vars=True).items())
    heard = []
    twin.hear(tiny.parts.word_embeddings, lambda *given: heard.append(given))
    tiny.parts.word_embeddings(torch.tensor([1]))
    assert heard == []
    twin[tiny.parts.word_embeddings](torch.tensor([1]))
    assert len(heard) == 1


def test_the_attention_of_the_pass_is_not_kept(tiny: Model):
    given = []
    traced = trace(tiny, "the cat", on_layer=lambda _, a: given.append(weakref.ref(a)))
    gc.collect()
    assert [reference() for reference in given] == [None, None]
    assert traced.hidden_states.shape == (3, 4, 21)


def test_a_trace_is_frozen(tiny: Model):
    traced = trace(tiny, "the cat")
    layer = traced.layers[0]
    for thing, name in ((traced, "text"), (layer, "query"), (traced.tokens[0], "id")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(thing, name, None)
    with pytest.raises(ValueError, match="read-only"):
        layer.query[0, 0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        traced.hidden_states.fill(0)


def test_layers_are_counted_as_in_python(tiny: Model):
    layers = trace(tiny, "the cat").layers
    assert len(layers) == 2
    assert layers[-1] is layers[1]
    assert layers[np.int64(1)] is layers[1]
    assert [layer.index for layer in layers] == [0, 1]
    assert [layer.index for layer in reversed(layers)] == [1, 0]
    assert [layer.index for layer in layers[1:]] == [1]
    assert layers[0] in layers


@pytest.mark.parametrize("index", [2, 99, -3])
def test_a_layer_that_is_not_there(tiny: Model, index: int):
    with pytest.raises(InvalidChoice) as caught:
        trace(tiny, "the cat").layers[index]
    assert str(caught.value) == (
        f"There is no layer {index}: {tiny.name} has 2 layers. "
        "Choose 0 to 1, or count from the end with -1."
    )


def test_a_tensor_that_is_not_there():
    with pytest.raises(InvalidChoice) as caught:
        tensor("query", "embeddings")
    assert str(caught.value) == (
        "There is no tensor 'query' in 'embeddings'. "
        "Choose one of word, position, segment, sum, output."
    )


def test_as_many_layers_are_kept_as_there_is_room_for(tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path, layers=5)), device="cpu")
    traced = trace(model, "the cat sat")
    one = traced.layers[0].nbytes
    make = computed(model, traced._states, traced.hidden_states)
    layers = LayerTraces(model, make, LayerCache(int(2.5 * one)))
    first = layers[0]
    assert layers[0] is first
    layers[3]
    layers[0]
    layers[4]
    assert layers.kept == [0, 4]
    again = LayerTraces(model, make, LayerCache(1))
    again[2]
    again[1]
    assert again.kept == [1]


def test_a_layer_knows_its_size(tiny: Model):
    traced = trace(tiny, "the cat")
    n, d, d_ff, heads = 4, 21, 11, 3
    # query, key, value and context together are as wide as four hidden states
    numbers = 4 * n * d + 2 * heads * n * n + 4 * n * d + n * d_ff
    assert traced.layers[0].nbytes == 4 * numbers


def test_looking_at_a_layer_runs_that_layer_only(tiny: Model, monkeypatch: pytest.MonkeyPatch):
    traced = trace(tiny, "the cat")
    ran = []
    forward = BertLayer.forward

    def note(layer: BertLayer, *given: Any) -> Any:
        ran.append(layer.attention.self.layer_idx)
        return forward(layer, *given)

    monkeypatch.setattr(BertLayer, "forward", note)
    traced.layers[1]
    traced.layers[1]
    assert ran == [1]


def test_reprs_say_what_it_is(tiny: Model):
    name = tiny.name
    traced = trace(tiny, "the [MASK] §", "a cat")
    assert repr(traced) == (
        f"Trace('the [MASK] §' + 'a cat', 8 tokens, {name!r}: 2 layers × 3 heads, d = 21)"
    )
    assert repr(trace(tiny, "the cat " * 30)) == (
        "Trace('the cat the cat the cat the cat the cat…', 37 tokens (25 left out), "
        f"{name!r}: 2 layers × 3 heads, d = 21)"
    )
    assert repr(traced.tokens[1:4]) == (
        "(Token(1, 'the', id=5), Token(2, '[MASK]', id=4, special), "
        "Token(3, '[UNK]', id=1, unknown '§'))"
    )
    assert repr(traced.tokens[6]) == "Token(6, 'cat', id=7, segment=1)"
    assert repr(traced.layers) == "LayerTraces(2 layers)"
    assert repr(traced.layers[1]) == "LayerTrace(1: 3 heads, 8 tokens × 21)"
    assert repr(traced.embeddings) == "Embeddings(8 tokens × 21)"


@pytest.mark.parametrize("activation", ["relu", "gelu_new"])
def test_other_activations_and_checkpoints_without_a_head(tmp_path: Path, activation: str):
    folder = make_checkpoint(tmp_path, architecture=BertModel, activation=activation)
    model = load_model(str(folder), device="cpu")
    traced = trace(model, "the cat", "a dog")
    for layer in traced.layers:
        assert np.allclose(layer.output, traced.hidden_states[layer.index + 1], atol=1e-6)
        assert (layer.intermediate >= 0).all() == (activation == "relu")


def test_a_config_that_asks_for_outputs_is_not_obeyed(tiny: Model, monkeypatch: pytest.MonkeyPatch):
    config = tiny.parts.encoder.config
    monkeypatch.setattr(config, "output_hidden_states", True)
    monkeypatch.setattr(config, "return_dict", False, raising=False)
    before = hooks_of(tiny.network)
    assert isinstance(trace(tiny, "the cat"), Trace)
    assert hooks_of(tiny.network) == before


def test_many_threads_trace_with_one_network_at_once(tiny: Model):
    words = [
        "the",
        "a",
        "cat",
        "dog",
        "mat",
        "sat",
        "on",
        "it",
        "was",
        "tired",
        "because",
        "and",
        "he",
        "she",
    ]
    texts = [(" ".join(words[i:]), " ".join(words[:i])) for i in range(len(words))]
    alone = [everything(tiny, *text) for text in texts]
    together: list[list[np.ndarray] | None] = [None] * len(texts)
    start = threading.Barrier(len(texts))

    def work(i: int) -> None:
        start.wait()
        for _ in range(3):
            together[i] = everything(tiny, *texts[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for ours, theirs in zip(together, alone, strict=True):
        assert ours is not None
        assert [a.shape for a in ours] == [a.shape for a in theirs]
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)


def everything(model: Model, text: str, pair: str) -> list[np.ndarray]:
    handed: list[np.ndarray] = []
    traced = trace(model, text, pair, on_layer=lambda _, attention: handed.append(attention))
    found = traced.predictions(2, masked=True, positions=[1, 2])
    inside = [
        getattr(layer, field.name)
        for layer in traced.layers
        for field in dataclasses.fields(LayerTrace)
        if field.name != "index"
    ]
    guesses = np.array([[p.probability for p in position] for position in found])
    return [*handed, traced.hidden_states, traced.embeddings.sum, *inside, guesses]


def test_threads_that_look_at_one_layer_of_one_trace_share_its_run(tiny: Model):
    traced = trace(tiny, "the cat sat on the mat")
    ran: list[int] = []
    make = computed(tiny, traced._states, traced.hidden_states)
    layers = LayerTraces(tiny, lambda layer: (ran.append(layer), make(layer))[1])
    start = threading.Barrier(8)
    seen: list[LayerTrace] = []

    def look() -> None:
        start.wait()
        seen.append(layers[1])

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert {id(layer) for layer in seen} == {id(layers[1])}
    assert ran == [1]
