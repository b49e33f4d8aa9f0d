"""The figures of vectors: embeddings, positions, Q K V, heads joined, Add & Norm, feed-forward."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.colour import diverging
from attention_atlas.views.figures.making import figure
from attention_atlas.views.figures.strips import top98
from attention_atlas.views.look import Look
from checkpoints import make_checkpoint
from printed import Printed


@pytest.fixture
def traced(tiny: Model) -> Trace:
    return trace(tiny, "the cat sat", "a dog")


@pytest.mark.parametrize("columns", [1, 2])
def test_embeddings_are_the_trace_s_vectors(traced: Trace, columns: int):
    view = figure("embeddings", traced, token=6)
    printed = Printed(view, columns)
    made = traced.embeddings
    for name in ("word", "position", "segment", "sum", "output"):
        vector = getattr(made, name)[6]
        np.testing.assert_array_equal(view.numbers[name].values, vector)
        np.testing.assert_array_equal(printed.numbers(name), vector[None])
        assert view.numbers[name].values.dtype == np.float32
    assert printed.line("Sum").split()[-1] == f"{np.linalg.norm(made.sum[6]):.2f}"
    assert "8 tokens × 21" in printed.texts()


def test_parts_of_a_sum_share_one_scale_and_a_layernorm_has_its_own(traced: Trace):
    printed = Printed(figure("embeddings", traced, token=6))
    made = traced.embeddings
    shared = top98(made.word[6], made.position[6], made.segment[6], made.sum[6])
    for name in ("word", "position", "segment", "sum"):
        assert printed.image(name).get_clim() == (-shared, shared)
    own = top98(made.output[6])
    assert printed.image("output").get_clim() == (-own, own)
    assert own != shared


def test_colours_are_those_of_the_screen(traced: Trace):
    for theme in ("light", "dark"):
        image = Printed(figure("embeddings", traced, token=6), 2, theme).image("word")
        colours = image.get_cmap()(np.arange(256), bytes=True)[:, :3]
        np.testing.assert_allclose(colours, diverging(theme), atol=1)


def test_segments_stand_beside_each_other_only_in_a_pair(tiny: Model, traced: Trace):
    view = figure("embeddings", traced, token=6)
    np.testing.assert_array_equal(view.numbers["segment_b"].values, traced.embeddings.segment[7])
    assert "Segment A is added to 5 tokens, segment B to 3 tokens" in Printed(view).said()
    alone = figure("embeddings", trace(tiny, "the cat sat"), token=1)
    assert "segment_a" not in alone.numbers
    assert "Segment B" not in Printed(alone).said()


def test_vectors_wider_than_the_paper_show_their_largest(tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path, heads=12, head_size=128)), device="cpu")
    view = figure("embeddings", trace(model, "cat"), token=1)
    values = view.numbers["word"].values
    assert values.shape == (1536,)
    shown = Printed(view, 1).numbers("word")[0]
    assert 600 < len(shown) < 1000  # at 300 dots an inch
    assert np.abs(shown).max() == np.abs(values).max()
    assert set(shown.tolist()) <= set(values.tolist())


def test_what_is_not_finite_is_hatched_cell_by_cell(embedded: Model):
    traced = trace(embedded, "cat")
    sum_ = traced.embeddings.sum.copy()
    sum_[1, 7] = np.nan
    sum_[1, 20:23] = np.inf
    strange = replace(traced, embeddings=replace(traced.embeddings, sum=sum_))
    printed = Printed(figure("embeddings", strange, token=1))
    mask = np.ma.getmaskarray(printed.numbers("sum"))[0]
    assert np.flatnonzero(mask).tolist() == [7, 20, 21, 22]
    assert printed.line("Sum").endswith("NaN")


def test_positions_are_the_model_s_own_and_their_cosines(traced: Trace):
    view = figure("positions", traced, token=6)
    table = traced.embeddings.position
    np.testing.assert_array_equal(view.numbers["learned"].values, table)
    norms = np.linalg.norm(table, axis=1)
    cosines = table @ table.T / np.outer(norms, norms)
    printed = Printed(view)
    np.testing.assert_allclose(printed.numbers("learned"), cosines, atol=1e-6)
    np.testing.assert_array_equal(printed.numbers("learned table"), table)
    n, d = table.shape
    angles = np.arange(n)[:, None] / 10000 ** (np.arange(0, d, 2) / d)
    np.testing.assert_allclose(
        view.numbers["sinusoidal"].values[:, 0::2], np.sin(angles), atol=1e-6
    )
    assert f"neighbours {np.diagonal(cosines, 1).mean():.2f}" in printed.texts()
    assert len(printed.boxes("row")) == 4
    assert len(printed.boxes("column")) == 2


@pytest.mark.parametrize("columns", [1, 2])
def test_query_key_value_of_a_head(traced: Trace, columns: int):
    view = figure("projections", traced, 1, 2, 6)
    printed = Printed(view, columns)
    seen = traced.layers[1]
    for name in ("query", "key", "value"):
        tensor = getattr(seen, name)[2]
        assert tensor.shape == (8, 7)
        np.testing.assert_array_equal(view.numbers[name].values, tensor)
        np.testing.assert_array_equal(printed.numbers(name), tensor)
        np.testing.assert_allclose(
            view.numbers[f"{name}_length"].values, np.linalg.norm(tensor, axis=1), rtol=1e-6
        )
    lengths = np.concatenate(
        [np.linalg.norm(getattr(seen, n)[2], axis=1) for n in ("query", "key", "value")]
    )
    widths = printed.widths("length")
    np.testing.assert_allclose(widths / widths.max(), lengths / lengths.max(), rtol=1e-5)
    assert view.numbers["query"].labels[0] == tuple(token.text for token in traced.tokens)
    assert "8 tokens × 7" in printed.texts()


def test_query_key_value_of_a_token_in_all_heads(traced: Trace):
    view = figure("projections", traced, 1, 2, 6, look=Look(projected="token"))
    printed = Printed(view)
    np.testing.assert_array_equal(printed.numbers("key"), traced.layers[1].key[:, 6])
    assert view.numbers["key"].axes == ("head", "dimension")
    assert "3 heads × 7" in printed.texts()
    assert "head 3" not in view.caption
    assert "all heads of one token" in view.caption


def test_heads_joined_add_up(traced: Trace):
    view = figure("heads-joined", traced, 1, 2, 6)
    seen = traced.layers[1]
    parts = view.numbers["parts"].values
    np.testing.assert_allclose(
        parts.sum(axis=0) + view.numbers["bias"].values, seen.attention_output[6], atol=1e-5
    )
    printed = Printed(view)
    for head in range(3):
        shown = printed.numbers(f"context {head + 1}")[0]
        np.testing.assert_array_equal(shown, seen.context[head, 6])
        np.testing.assert_array_equal(printed.numbers(f"head {head + 1}")[0], parts[head])
    np.testing.assert_array_equal(printed.numbers("= output"), seen.attention_output[6][None])
    lengths = [*np.linalg.norm(parts, axis=1), np.linalg.norm(view.numbers["bias"].values)]
    lengths.append(np.linalg.norm(seen.attention_output[6]))
    widths = printed.widths("bar")
    np.testing.assert_allclose(widths / widths.max(), lengths / max(lengths), rtol=1e-4)
    assert view.numbers["along"].values.sum() == pytest.approx(1, abs=1e-5)
    assert len(printed.boxes("chosen")) == 1


@pytest.mark.parametrize(
    ("view", "carried", "found", "output"),
    [
        ("add-norm-attention", "input", "attention_output", "attention_norm"),
        ("add-norm-ffn", "attention_norm", "ffn_output", "output"),
    ],
)
def test_add_and_norm(traced: Trace, view: str, carried: str, found: str, output: str):
    made = figure(view, traced, 1, token=6)
    seen = traced.layers[1]
    old, new = getattr(seen, carried)[6], getattr(seen, found)[6]
    for name, vector in (("carried", old), ("found", new), ("output", getattr(seen, output)[6])):
        np.testing.assert_array_equal(made.numbers[name].values, vector)
        np.testing.assert_array_equal(Printed(made).numbers(name), vector[None])
    total = old.astype(np.float64) + new
    printed = Printed(made)
    assert printed.line("old").endswith(
        f"{100 * old @ total / (total @ total):.1f}\u202f%".replace("-", "−")
    )
    np.testing.assert_allclose(
        made.numbers["moments"].values[:2], [total.mean(), total.var()], rtol=1e-4
    )
    k = int(np.abs(getattr(seen, output)[6]).argmax())
    result = f"{abs(float(getattr(seen, output)[6][k])):.3f}"
    assert any(text.endswith(result) for text in printed.texts())
    assert f"Dimension {k}, the largest of the result" in printed.said()


def test_feed_forward_shows_every_unit(embedded: Model):
    traced = trace(embedded, "the cat sat on the mat")
    view = figure("feed-forward", traced, 3, token=2)
    units = traced.layers[3].intermediate[2]
    printed = Printed(view)
    np.testing.assert_array_equal(view.numbers["intermediate"].values, units)
    np.testing.assert_array_equal(printed.numbers("units").ravel(), units)
    np.testing.assert_array_equal(printed.numbers("out")[0], traced.layers[3].ffn_output[2])
    assert view.numbers["share"].values.sum() == pytest.approx(1, abs=1e-4)
    assert f"{(units > 0).sum()} of 1,536 units are active" in printed.said()
    strongest = np.argsort(-np.abs(units), kind="stable")[:8]
    before = view.numbers["before"].values[strongest]
    dots = printed.dots("strongest").get_offsets()
    order = np.argsort(before)
    np.testing.assert_array_equal(np.argsort(dots[:, 0]), order)
    spread = np.ptp(dots[:, 0]) / np.ptp(before)
    np.testing.assert_allclose(
        dots[:, 0] - dots[:, 0].min(), spread * (before - before.min()), atol=1e-4
    )
    assert sum(box.get_height() > 0 for box in printed.boxes("units")) > 20


def test_units_that_fill_no_whole_row_are_all_there(tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path, intermediate=131)), device="cpu")
    traced = trace(model, "the cat")
    view = figure("feed-forward", traced, 1, token=1)
    printed = Printed(view)
    shown = np.concatenate([printed.numbers("units").ravel(), printed.numbers("last units")[0]])
    np.testing.assert_array_equal(shown, traced.layers[1].intermediate[1])
