"""Every tensor is held to what transformers and its modules themselves give, at 1e-5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn
from torch.nn import functional

from attention_atlas.models.model import Model
from attention_atlas.tracing.tensors import TENSORS, tensor
from attention_atlas.tracing.trace import Trace, trace

LONG = "the cat sat on the mat because it was tired , and the dog is playing . " * 40
TEXTS = {
    "one sentence": ("the cat sat on the mat", None),
    "a pair": ("how old are you ?", "what is your age ?"),
    "a mask": ("the cat [MASK] on the [MASK] .", None),
    "a mask in a pair": ("the [MASK] sat", "it was [MASK] [SEP] and"),
    "full length": (LONG, None),
    "full length of a pair": (LONG, LONG[:700]),
}
MODULES = {
    "attention_output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "intermediate": "intermediate",
    "ffn_output": "output.dense",
    "output": "output.LayerNorm",
}


@dataclass(frozen=True)
class Case:
    traced: Trace
    outputs: Any
    """What transformers returns."""
    modules: dict[str, tuple[Any, Any]]
    """The inputs and the output of every module, by its name in the network."""


# How a pair is shortened does not depend on the model; one that reads 512 tokens takes long.
CASES = [(name, text) for name in ("tiny", "embedded") for text in TEXTS]
CASES.remove(("embedded", "full length of a pair"))


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}, {case[1]}")
def case(request: pytest.FixtureRequest) -> Case:
    model: Model = request.getfixturevalue(request.param[0])
    text, pair = TEXTS[request.param[1]]
    modules = {}
    handles = [
        module.register_forward_hook(
            lambda _, inputs, output, name=name: modules.__setitem__(name, (inputs, output))
        )
        for name, module in model.network.named_modules()
    ]
    encoder = model.parts.encoder
    prefix = next(name for name, module in model.network.named_modules() if module is encoder)
    encoded = model.tokenizer(
        text,
        pair,
        truncation=True,
        max_length=model.max_tokens,
        return_token_type_ids=True,
        return_tensors="pt",
    )
    with torch.no_grad():
        outputs = encoder(**encoded, output_attentions=True, output_hidden_states=True)
    for handle in handles:
        handle.remove()
    traced = trace(model, text, pair)
    own = {name.removeprefix(f"{prefix}."): heard for name, heard in modules.items()}
    assert [token.id for token in traced.tokens] == encoded.input_ids[0].tolist()
    assert [token.segment for token in traced.tokens] == encoded.token_type_ids[0].tolist()
    return Case(traced, outputs, own)


def close(ours: np.ndarray, theirs: torch.Tensor | np.ndarray) -> None:
    assert_allclose(ours, np.asarray(theirs), atol=1e-5, rtol=1e-5)


def test_full_length_is_full_length(tiny: Model, embedded: Model):
    assert len(trace(tiny, LONG).tokens) == tiny.max_tokens == 37
    assert len(trace(embedded, LONG).tokens) == embedded.max_tokens == 512


def test_hidden_states(case: Case):
    close(case.traced.hidden_states, torch.cat(case.outputs.hidden_states))


def test_attentions(case: Case):
    assert len(case.outputs.attentions) == len(case.traced.layers)
    for layer, attention in zip(case.traced.layers, case.outputs.attentions, strict=True):
        close(layer.attention, attention[0])


def test_attentions_handed_over_during_the_pass(case: Case):
    handed: list[tuple[int, np.ndarray]] = []
    traced = case.traced
    trace(traced.model, traced.text, traced.pair, on_layer=lambda *given: handed.append(given))
    assert [layer for layer, _ in handed] == list(range(len(traced.layers)))
    for (_, ours), theirs in zip(handed, case.outputs.attentions, strict=True):
        assert ours.dtype == np.float32
        assert not ours.flags.writeable
        close(ours, theirs[0])


def test_embeddings(case: Case):
    embeddings = case.traced.embeddings
    close(embeddings.word, case.modules["embeddings.word_embeddings"][1][0])
    close(embeddings.position, case.modules["embeddings.position_embeddings"][1][0])
    close(embeddings.segment, case.modules["embeddings.token_type_embeddings"][1][0])
    (entering,), leaving = case.modules["embeddings.LayerNorm"]
    close(embeddings.sum, entering[0])
    close(embeddings.output, leaving[0])


def test_queries_keys_and_values_are_the_projections_cut_into_heads(case: Case):
    d_h = case.traced.model.head_size
    for layer in case.traced.layers:
        for name in ("query", "key", "value"):
            theirs = case.modules[f"encoder.layer.{layer.index}.attention.self.{name}"][1][0]
            for head, ours in enumerate(getattr(layer, name)):
                close(ours, theirs[:, head * d_h : (head + 1) * d_h])


def test_contexts_are_what_the_output_projection_reads(case: Case):
    for layer in case.traced.layers:
        module = f"encoder.layer.{layer.index}.attention.output.dense"
        ((joined,), _) = case.modules[module]
        close(np.concatenate(list(layer.context), axis=-1), joined[0])


def test_the_rest_of_the_layer_is_what_its_modules_gave(case: Case):
    for layer in case.traced.layers:
        for name, module in MODULES.items():
            close(getattr(layer, name), case.modules[f"encoder.layer.{layer.index}.{module}"][1][0])


def test_every_tensor_of_the_table_has_its_shape_and_is_read_only(case: Case):
    traced = case.traced
    for entry in TENSORS:
        array = entry.of(traced, layer=-1)
        assert array.shape == entry.shape(traced.model, len(traced.tokens)), entry.path
        assert array.dtype == np.float32, entry.path
        assert not array.flags.writeable, entry.path
        assert np.array_equal(eval(entry.path, {"trace": traced, "l": -1}), array)


def test_the_chain_from_the_ids_to_the_first_layer(case: Case):
    traced = case.traced
    embeddings = traced.embeddings
    close(embeddings.word + embeddings.position + embeddings.segment, embeddings.sum)
    close(embeddings.output, normed(traced.model.parts.embedding_norm, embeddings.sum))
    assert np.array_equal(embeddings.output, traced.hidden_states[0])
    word = table(traced.model.parts.word_embeddings)
    assert np.array_equal(embeddings.word, word[[token.id for token in traced.tokens]])
    position = table(traced.model.parts.position_embeddings)
    assert np.array_equal(embeddings.position, position[[t.position for t in traced.tokens]])
    segment = table(traced.model.parts.segment_embeddings)
    assert np.array_equal(embeddings.segment, segment[[t.segment for t in traced.tokens]])


def test_the_chain_through_each_layer(case: Case):
    traced = case.traced
    for layer, parts in zip(traced.layers, traced.model.parts.layers, strict=True):
        assert np.array_equal(layer.input, traced.hidden_states[layer.index])
        scores = layer.query @ layer.key.swapaxes(-1, -2) / np.sqrt(traced.model.head_size)
        close(layer.scores, scores)
        close(layer.attention, torch.from_numpy(layer.scores.copy()).softmax(-1))
        close(layer.attention.sum(axis=-1), np.ones(layer.attention.shape[:-1]))
        close(layer.context, layer.attention @ layer.value)
        joined = np.concatenate(list(layer.context), axis=-1)
        close(layer.attention_output, linear(parts.attention_projection, joined))
        residual = layer.input + layer.attention_output
        close(layer.attention_norm, normed(parts.attention_norm, residual))
        wide = linear(parts.intermediate.dense, layer.attention_norm)
        close(layer.intermediate, functional.gelu(torch.from_numpy(wide)))
        close(layer.ffn_output, linear(parts.ffn_projection, layer.intermediate))
        close(layer.output, normed(parts.ffn_norm, layer.attention_norm + layer.ffn_output))
        close(layer.output, traced.hidden_states[layer.index + 1])


def table(module: Any) -> np.ndarray:
    return module.weight.detach().numpy()


def linear(module: Any, inputs: np.ndarray) -> np.ndarray:
    return inputs @ module.weight.detach().numpy().T + module.bias.detach().numpy()


def normed(module: Any, inputs: np.ndarray) -> np.ndarray:
    assert isinstance(module, nn.LayerNorm)
    inputs = inputs.astype(np.float64)
    spread = np.sqrt(inputs.var(axis=-1, keepdims=True) + module.eps)
    unit = (inputs - inputs.mean(axis=-1, keepdims=True)) / spread
    return unit * module.weight.detach().numpy() + module.bias.detach().numpy()


def test_the_table_names_each_tensor_once():
    paths = [entry.path for entry in TENSORS]
    assert len(set(paths)) == len(paths)
    assert all(entry.summary.endswith(".") for entry in TENSORS)
    assert tensor("query").axes == ("heads", "tokens", "head size")
    assert tensor("output", "embeddings").path == "trace.embeddings.output"
