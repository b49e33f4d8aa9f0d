"""Norm-weighted attention, against the vectors themselves, made from transformers' modules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import attention_atlas as aa
from attention_atlas.analysis.norm_weighted import norm_weighted


@pytest.mark.parametrize("layer", [0, 1])
def test_it_is_the_length_of_what_each_token_hands_over(tiny: aa.Model, layer: int):
    trace = aa.trace(tiny, "the cat sat on the mat")
    network: Any = tiny.network
    module = network.bert.encoder.layer[layer].attention
    ids = torch.tensor([[token.id for token in trace.tokens]])
    with torch.inference_mode():
        output = network.bert(ids, output_attentions=True, output_hidden_states=True)
        values = module.self.value(output.hidden_states[layer])[0]
        projection = module.output.dense.weight
        weights = output.attentions[layer][0]
        n, vectors = len(trace.tokens), torch.empty(3, 8, 8, 21)
        for head in range(3):
            own = slice(7 * head, 7 * head + 7)
            for i in range(n):
                for j in range(n):
                    handed = weights[head, i, j] * values[j, own]
                    vectors[head, i, j] = projection[:, own] @ handed
        joined = vectors.sum(dim=(0, 2)) + module.output.dense.bias
    # These vectors and the bias are all there is to the attention's output.
    seen = trace.layers[layer]
    np.testing.assert_allclose(joined.numpy(), seen.attention_output, atol=1e-5)
    weight = projection.detach().numpy().reshape(21, 3, 7)
    found = norm_weighted(seen.attention, seen.value, weight)
    np.testing.assert_allclose(found, vectors.norm(dim=-1).numpy(), rtol=1e-4, atol=1e-6)
    assert found.dtype == np.float32


def test_a_token_that_hands_over_nothing_has_none_however_much_it_is_looked_at():
    attention = np.array([[[0.9, 0.1], [0.5, 0.5]]])
    value = np.array([[[0.0, 0.0], [3.0, 4.0]]])
    weight = np.array([[[2.0, 0.0]], [[0.0, 1.0]], [[0.0, 0.0]]])
    length = np.hypot(2 * 3, 4)
    expected = [[[0, 0.1 * length], [0, 0.5 * length]]]
    np.testing.assert_allclose(norm_weighted(attention, value, weight), expected)
