"""Any numbers in the analyses: an answer, NaN, or a plain refusal; never a hang."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from attention_atlas.analysis.head_contributions import head_contributions
from attention_atlas.analysis.heads import combine, rank, summarise_layer, thumbnails
from attention_atlas.analysis.max_flow import flow_bound, max_flow
from attention_atlas.analysis.metrics import metrics
from attention_atlas.analysis.nearest import nearest, row_norms
from attention_atlas.analysis.neurons import neurons
from attention_atlas.analysis.norm_weighted import norm_weighted
from attention_atlas.analysis.positions import cosines
from attention_atlas.analysis.principal import principal_plane
from attention_atlas.analysis.residual import add_norm
from attention_atlas.analysis.roles import mean_distance
from attention_atlas.analysis.rollout import rollout, with_residual
from attention_atlas.analysis.sparsity_curve import sparsity_curve, thresholds
from attention_atlas.analysis.special_tokens import without
from attention_atlas.errors import AttentionAtlasError
from attention_atlas.views.picture import EXACT_UP_TO, encode
from fuzzing import examples

KINDS = ("equal", "zeros", "one", "random", "subnormal", "large", "NaN", "infinite", "anything")


@st.composite
def weights(draw: st.DrawFn, layers: int = 2) -> np.ndarray:
    """(layers or heads, n, n) float32 of a kind that has its own trap, n from 1."""
    n = draw(st.integers(1, 6))
    shape = (layers, n, n)
    kind = draw(st.sampled_from(KINDS))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    made = {
        "equal": np.full(shape, 1 / n),
        "zeros": np.zeros(shape),
        "one": np.broadcast_to(np.eye(n), shape),
        "random": rng.dirichlet(np.ones(n), size=(layers, n)),
        "subnormal": np.full(shape, 1e-42),
        "large": np.full(shape, 3e38),
        "NaN": np.full(shape, np.nan),
        "infinite": np.where(rng.random(shape) < 0.3, np.inf, 1 / n),
    }
    if kind == "anything":
        found = draw(arrays.arrays(np.float32, shape, elements=st.floats(width=32)))
    else:
        found = made[kind].astype(np.float32)
    form = draw(st.sampled_from(["plain", "reversed", "sliced"]))
    if form == "reversed":
        found = np.asfortranarray(found)[::-1]
    if form == "sliced":
        found = np.repeat(found, 2, axis=1)[:, ::2]
    found.flags.writeable = False
    return found


def _flow(of: np.ndarray) -> Any:
    n = of.shape[-1]
    return max_flow(of, [0], list(range(n))), flow_bound(of, [0], list(range(n)))


def _nearest(of: np.ndarray) -> Any:
    table = of.reshape(-1, of.shape[-1])
    return nearest(table, row_norms(table), 0, k=99)


def _vectors(of: np.ndarray) -> Any:
    a, b = of[0, 0], of[-1, 0]
    return (
        add_norm(a, b, a, b, 1e-12),
        neurons(a, of[0], b, 99),
        head_contributions(of[0], of[0].repeat(len(of[0]), 1), of[0, :, 0]),
    )


ANALYSES: dict[str, Callable[[np.ndarray], Any]] = {
    "metrics": metrics,
    "heads": lambda of: combine([summarise_layer(of), summarise_layer(of)]),
    "thumbnails": lambda of: thumbnails(of, 3),
    "rank": lambda of: rank(of[:, 0]),
    "rollout": lambda of: (rollout(of), with_residual(of)),
    "max flow": _flow,
    "distance": mean_distance,
    "principal plane": principal_plane,
    "cosines": lambda of: cosines(of[0]),
    "sparsity curve": lambda of: sparsity_curve([of], thresholds(of.shape[-1])),
    "without": lambda of: without(of, np.arange(of.shape[-1]) % 2 == 0),
    "norm weighted": lambda of: norm_weighted(of, of, np.moveaxis(of, 0, 1)),
    "nearest": _nearest,
    "vectors": _vectors,
    "encode": encode,
    "half floats": lambda of: encode(of.astype(np.float16)),
}


@pytest.mark.parametrize("name", list(ANALYSES))
@examples(50)
@given(of=weights())
def test_any_weights_have_an_answer(name: str, of: np.ndarray) -> None:
    before = of.tobytes()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=RuntimeWarning, message="(overflow|invalid)")
        try:
            ANALYSES[name](of)
        except AttentionAtlasError:
            return
    assert of.tobytes() == before


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, 1e-42, 0])
def test_a_large_array_of_one_value_is_sent(value: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sent = encode(np.full(EXACT_UP_TO + 1, value, dtype=np.float32))
    assert sent["shape"] == [EXACT_UP_TO + 1]
