from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from attention_atlas.analysis.heads import HeadSummary, combine, summarise_layer
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.head_ladder import head_ladder


@pytest.mark.parametrize("part", ["before", "after"])
def test_a_ladder_holds_the_picture_of_every_head(tiny: Model, part: Literal["before", "after"]):
    layers = []
    traced = trace(tiny, "the cat", on_layer=lambda _, a: layers.append(summarise_layer(a)))
    summary: HeadSummary = combine(layers)
    picture = head_ladder(summary, part=part)
    assert picture.view == "head_ladder"
    assert picture.state == {"part": part}
    pixels = picture.arrays["thumbnails"]
    assert pixels.shape == (2, 3, 4, 4)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(
        pixels[1, 2], np.rint(traced.layers[1].attention[2] * np.float32(255))
    )
