from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.heads_joined import heads_joined
from checkpoints import make_checkpoint


def test_the_heads_stand_side_by_side_as_they_are_joined(tiny: Model):
    traced = trace(tiny, "the cat sat")
    picture = heads_joined(traced, 1, 2)
    layer = traced.layers[1]
    assert picture.arrays["context"].shape == (3, 7)
    for head in range(3):
        np.testing.assert_array_equal(picture.arrays["context"][head], layer.context[head, 2])
    np.testing.assert_array_equal(picture.arrays["attention_output"], layer.attention_output[2])
    assert picture.state["token"] == "cat"
    assert picture.state["layer"] == 1


def test_what_the_heads_add_and_the_bias_are_the_output(tiny: Model):
    of = heads_joined(trace(tiny, "the cat sat"), 1, 2).arrays
    assert of["parts"].shape == (3, 21)
    np.testing.assert_allclose(
        of["parts"].sum(axis=0) + of["bias"], of["attention_output"], atol=1e-5
    )


def test_the_numbers_are_those_of_the_vectors_beside_them(tiny: Model):
    picture = heads_joined(trace(tiny, "the cat sat"), 1, 2)
    of = picture.arrays
    vectors = [*of["parts"], of["bias"]]
    output = of["attention_output"].astype(np.float64)
    assert picture.state["length"] == pytest.approx(np.sqrt((output**2).sum()), rel=1e-6)
    assert of["norms"] == pytest.approx([np.linalg.norm(vector) for vector in vectors], rel=1e-5)
    along = [vector @ output / (output @ output) for vector in vectors]
    assert of["along"] == pytest.approx(along, rel=1e-4)
    # As heads_joined.js prints them, the shares still add up.
    assert sum(round(100 * float(share), 1) for share in of["along"]) == pytest.approx(100, abs=0.3)


@pytest.mark.parametrize(("layers", "heads", "head_size"), [(1, 1, 5), (24, 16, 3)])
def test_one_head_or_many(tmp_path: Path, layers: int, heads: int, head_size: int):
    folder = make_checkpoint(tmp_path, layers=layers, heads=heads, head_size=head_size)
    picture = heads_joined(trace(load_model(str(folder), device="cpu"), "the cat"), layers - 1, 1)
    assert picture.arrays["context"].shape == (heads, head_size)
    assert picture.arrays["norms"].shape == (heads + 1,)


def test_a_layer_or_a_token_that_is_not_there_is_refused(tiny: Model):
    traced = trace(tiny, "the cat")
    with pytest.raises(InvalidChoice):
        heads_joined(traced, 2, 0)
    with pytest.raises(InvalidChoice) as refused:
        heads_joined(traced, 0, 4)
    assert str(refused.value) == "There is no token 4: the text has 4. Choose 0 to 3."
