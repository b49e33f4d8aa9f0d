"""Which views a trace has that was loaded without its model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from attention_atlas.errors import NeedsModel
from attention_atlas.models.about import about
from attention_atlas.models.model import Model
from attention_atlas.tracing.loading import load_trace
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.across.across import across
from attention_atlas.views.across_flow.across_flow import across_flow
from attention_atlas.views.add_norm.add_norm import add_norm
from attention_atlas.views.attention_explorer.attention_explorer import attention_explorer
from attention_atlas.views.dot_product.dot_product import dot_product
from attention_atlas.views.embeddings.embeddings import all_embeddings, embeddings
from attention_atlas.views.feed_forward.feed_forward import feed_forward
from attention_atlas.views.head_atlas.head_atlas import head_atlas
from attention_atlas.views.heads_joined.heads_joined import heads_joined
from attention_atlas.views.heads_table.heads_table import heads_table
from attention_atlas.views.layer_stack.layer_stack import layer_stack
from attention_atlas.views.lens.lens import lens
from attention_atlas.views.nearest_words.nearest_words import nearest_words
from attention_atlas.views.picture import Picture
from attention_atlas.views.positions.positions import positions
from attention_atlas.views.predictions.predictions import predictions
from attention_atlas.views.projections.projections import projections
from attention_atlas.views.token_map.token_map import token_map
from attention_atlas.views.token_table.token_table import token_table
from attention_atlas.views.two_candidates.two_candidates import two_candidates
from attention_atlas.views.weights import Shown, summary_of

ALIKE: list[Callable[[Trace], Picture]] = [
    lambda t: across(t, 2, Shown(keep_special=False)),
    lambda t: across_flow(t, 2, Shown(words=True), "to"),
    lambda t: attention_explorer(t, 1, None, Shown("difference", keep_special=False)),
    lambda t: attention_explorer(t, 1, [2, 0], Shown("scores")),
    lambda t: dot_product(t, 1, 2, 3),
    lambda t: embeddings(t, 3),
    all_embeddings,
    lambda t: head_atlas(summary_of(t, Shown(keep_special=False))),
    lambda t: heads_table(summary_of(t, Shown())),
    positions,
    lambda t: predictions(t, 3, use_head=False),
    lambda t: lens(t, 3, use_head=False),
    lambda t: projections(t, 1, head=2, token=None),
    token_map,
    token_table,
]
OF_THE_MODEL: list[Callable[[Trace], Picture]] = [
    lambda t: add_norm(t, 1, 3, "ffn"),
    lambda t: attention_explorer(t, 1, None, Shown("norms")),
    lambda t: feed_forward(t, 1, 3),
    lambda t: heads_joined(t, 1, 3),
    lambda t: layer_stack(t, 3),
    lambda t: lens(t, 3),
    lambda t: nearest_words(t, 3),
    lambda t: predictions(t, 3),
    lambda t: two_candidates(t, 3),
]


@pytest.fixture(scope="module")
def fresh(tiny: Model) -> Trace:
    return trace(tiny, "the unaffable cat sat", "a dog")


@pytest.fixture(scope="module")
def loaded(fresh: Trace, tmp_path_factory: pytest.TempPathFactory) -> Trace:
    path: Path = tmp_path_factory.mktemp("saved") / "x.npz"
    fresh.save(path)
    return load_trace(path)


@pytest.mark.parametrize("view", ALIKE)
def test_views_of_numbers_are_the_same(
    fresh: Trace, loaded: Trace, view: Callable[[Trace], Picture]
):
    assert view(loaded).to_message() == view(fresh).to_message()


@pytest.mark.parametrize("view", OF_THE_MODEL)
def test_views_of_weights_say_what_they_need(loaded: Trace, view: Callable[[Trace], Picture]):
    with pytest.raises(NeedsModel) as caught:
        view(loaded)
    assert f'aa.load_trace("{loaded.model.path}", model=aa.load_model(' in str(caught.value)  # type: ignore[attr-defined]


def test_a_model_that_is_not_at_hand_is_told_of_by_its_sizes(fresh: Trace, loaded: Trace):
    assert about(loaded.model).facts == about(fresh.model).facts[:-1]
    assert about(loaded.model).paragraphs[0] == (
        f"The checkpoint {fresh.model.name}, of which the file of the trace has only the sizes."
    )
