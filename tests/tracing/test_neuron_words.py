from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import attention_atlas as aa
from attention_atlas.errors import InvalidChoice, NoPredictionHead
from attention_atlas.models.model import Model
from attention_atlas.tracing.neuron_words import neuron_words
from attention_atlas.tracing.trace import trace
from checkpoints import make_checkpoint


def test_a_factor_is_the_quotient_of_the_two_predictions(tiny: Model):
    """Here with transformers' own layer, whose W₂ loses the row of the unit."""
    traced = trace(tiny, "the cat sat on it")
    network: Any = tiny.network
    layer = network.bert.encoder.layer[1]
    with torch.inference_mode():
        attended = torch.tensor(traced.layers[1].attention_norm[2])[None]
        units = layer.intermediate(attended)
        whole = network.cls(layer.output(units, attended)).softmax(-1)[0]
        for unit in (0, 7):
            without = units.clone()
            without[0, unit] = 0
            cut = network.cls(layer.output(without, attended)).softmax(-1)[0]
            factors = (whole / cut).numpy()
            (found,) = neuron_words(traced, 1, 2, [unit], top_k=3)
            assert found.neuron == unit
            order = np.argsort(factors)
            names = tiny.tokenizer.convert_ids_to_tokens
            assert [word.text for word in found.up] == names(order[::-1][:3].tolist())
            assert [word.text for word in found.down] == names(order[:3].tolist())
            assert [word.factor for word in found.up] == pytest.approx(
                factors[order[::-1][:3]].tolist(), rel=1e-3
            )
            assert [word.factor for word in found.down] == pytest.approx(
                factors[order[:3]].tolist(), rel=1e-3
            )


def test_in_the_last_layer_it_is_the_effect_on_the_models_own_prediction(tiny: Model):
    traced = trace(tiny, "the cat sat")
    network: Any = copy.deepcopy(tiny.network)
    (found,) = neuron_words(traced, 1, 3, [4], top_k=1)
    words = {p.text: p.probability for p in traced.predictions(10_000, positions=[3])[0]}
    network.bert.encoder.layer[1].output.dense.weight[:, 4] = 0
    ids = torch.tensor([[token.id for token in traced.tokens]])
    with torch.inference_mode():
        cut = network(input_ids=ids).logits[0, 3].softmax(-1)
    word = found.up[0]
    (id_,) = tiny.tokenizer.convert_tokens_to_ids([word.text])
    assert words[word.text] / cut[id_].item() == pytest.approx(word.factor, rel=1e-3)


def test_up_is_above_one_and_down_is_below(tiny: Model):
    traced = trace(tiny, "the cat sat")
    for words in neuron_words(traced, 0, 1, range(11), top_k=1000):
        assert all(word.factor > 1 for word in words.up)
        assert all(word.factor < 1 for word in words.down)
        assert len(words.up) + len(words.down) <= tiny.vocabulary_size
        assert words.up
        assert words.down


def test_without_a_head_it_says_so(tmp_path: Path):
    from transformers import BertModel

    model = aa.load_model(make_checkpoint(tmp_path, architecture=BertModel), device="cpu")
    with pytest.raises(NoPredictionHead) as refused:
        neuron_words(trace(model, "the cat"), 0, 1, [0])
    assert str(refused.value) == (
        f"{model.name} has no masked-language-model head, so it cannot be said which words a "
        "unit makes likelier. Choose a BertForMaskedLM checkpoint to see them."
    )


def test_a_unit_that_is_not_there_is_refused(tiny: Model):
    traced = trace(tiny, "the cat")
    with pytest.raises(InvalidChoice) as refused:
        neuron_words(traced, 0, 1, [11])
    assert str(refused.value) == (
        f"There is no unit 11: each layer of {tiny.name} has 11. Choose 0 to 10."
    )
    with pytest.raises(InvalidChoice) as refused:
        neuron_words(traced, 0, 1, [0] * 65)
    assert str(refused.value) == "65 units are too many at once. Choose at most 64."
