"""The figures of text and tables: tokens, map, arcs, dot product, stack, predictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.figures.making import figure
from attention_atlas.views.figures.view_figure import Chosen
from attention_atlas.views.head_ladder.figure import figure as ladder
from attention_atlas.views.look import Look
from attention_atlas.views.weights import summary_of
from checkpoints import make_checkpoint
from printed import Printed


@pytest.fixture
def traced(tiny: Model) -> Trace:
    return trace(tiny, "the playing cat", "a zzz")


@pytest.fixture(scope="module")
def cat(embedded: Model) -> Trace:
    return trace(embedded, "the cat sat on the mat because it was tired")


@pytest.mark.parametrize("columns", [1, 2])
def test_tokens_are_all_there_with_word_id_and_place(traced: Trace, columns: int):
    view = figure("tokens", traced, token=2)
    printed = Printed(view, columns)
    texts = printed.texts()
    for token in traced.tokens:
        assert token.text in texts
        assert str(token.id) in texts
    assert "playing" in texts  # the word over its pieces
    assert len(printed.boxes("tile")) == 5  # play ##ing, z ##z ##z
    np.testing.assert_array_equal(view.numbers["id"].values, [token.id for token in traced.tokens])
    spans = view.numbers["characters"].values
    assert spans[2].tolist() == [4, 8]
    assert spans[0].tolist() == [-1, -1]


def test_of_many_tokens_those_about_the_followed_one_are_printed(embedded: Model):
    traced = trace(embedded, "the cat sat on the mat " * 60)
    view = figure("tokens", traced, token=200)
    texts = Printed(view, 2).texts()
    assert "200" in texts
    assert "5" not in texts
    assert any(text.startswith("Printed are the tokens at positions ") for text in texts)
    assert len(view.numbers["id"].values) == len(traced.tokens)


def test_nearest_words_have_bars_as_long_as_their_cosine(cat: Trace):
    view = figure("nearest-words", cat, token=2)
    table = cat.model.parts.word_embeddings.weight.detach().numpy()
    own = table[cat.tokens[2].id]
    cosines = table @ own / np.linalg.norm(table, axis=1) / np.linalg.norm(own)
    cosines[cat.tokens[2].id] = -2
    best = np.sort(cosines)[::-1][:8]
    np.testing.assert_allclose(view.numbers["cosine"].values, best, atol=1e-6)
    widths = Printed(view).widths("bar")
    np.testing.assert_allclose(widths / widths[0], best / best[0], rtol=1e-4)


def test_the_map_keeps_distances_on_both_axes(cat: Trace):
    view = figure("token-map", cat, 3, token=8)
    points = view.numbers["points"].values[4]
    printed = Printed(view)
    dots = printed.dots("segment A").get_offsets()
    scale = np.ptp(dots[:, 0]) / np.ptp(points[:, 0])
    np.testing.assert_allclose(
        dots[:, 0] - dots[0, 0], scale * (points[:, 0] - points[0, 0]), atol=1e-4
    )
    np.testing.assert_allclose(
        dots[:, 1] - dots[0, 1], -scale * (points[:, 1] - points[0, 1]), atol=1e-4
    )
    trail = printed.dots("trail").get_offsets()
    assert len(trail) == 7
    np.testing.assert_allclose(trail[4], dots[8], atol=1e-6)
    assert "After layer 4 of 6" in printed.texts()


def test_arcs_are_as_thick_as_the_weights(cat: Trace):
    view = figure("arcs", cat, 3, 1, 8)
    weights = cat.layers[3].attention[1]
    np.testing.assert_array_equal(view.numbers["attention"].values, weights)
    printed = Printed(view)
    row = np.delete(weights[8], 8)
    picked = printed.lines("picked")
    np.testing.assert_allclose(
        np.sort(picked.get_linewidths()), 0.6 + 2.9 * np.sort(row[row >= 0.03]), rtol=1e-5
    )
    rest = np.delete(weights - np.diag(np.diag(weights)), 8, axis=0)
    assert len(printed.lines("others").get_segments()) == (rest >= 0.05).sum()
    for token in cat.tokens:
        assert token.text in printed.texts()


def test_arcs_begin_and_end_over_their_tokens(cat: Trace):
    printed = Printed(figure("arcs", cat, 3, 1, 8))
    assert int(cat.layers[3].attention[1][8].argmax()) == 2
    picked = printed.lines("picked")
    thickest = picked.get_segments()[int(np.argmax(picked.get_linewidths()))]
    places = [printed.places(text) for text in ("cat", "it")]
    ends = sorted([thickest[0][0], thickest[-1][0]])
    for end, found in zip(ends, places, strict=True):
        assert any(end == pytest.approx(x) for x, _ in found)


def test_the_walk_through_the_softmax_follows_number_by_number(cat: Trace):
    view = figure("scaled-dot-product", cat, 3, 1, 8)
    seen = cat.layers[3]
    np.testing.assert_array_equal(view.numbers["attention"].values, seen.attention[1, 8])
    np.testing.assert_array_equal(view.numbers["score"].values, seen.scores[1, 8])
    np.testing.assert_array_equal(view.numbers["value"].values, seen.value[1])
    np.testing.assert_allclose(
        view.numbers["raw"].values, seen.key[1] @ seen.query[1, 8], rtol=1e-4, atol=1e-5
    )
    printed = Printed(view)
    np.testing.assert_array_equal(printed.numbers("query")[0], seen.query[1, 8])
    np.testing.assert_array_equal(printed.numbers("context")[0], seen.context[1, 8])
    np.testing.assert_allclose(printed.numbers("so far 11")[0], seen.context[1, 8], atol=1e-5)
    widths = printed.widths("bar")
    weights = seen.attention[1, 8]
    np.testing.assert_allclose(
        widths[weights > 0.02] / widths.max(), weights[weights > 0.02] / weights.max(), rtol=1e-4
    )
    best = int(weights.argmax())
    assert printed.line("Compare:").split()[:4] == ["Compare:", "it", "with", cat.tokens[best].text]
    assert printed.line("on").split()[1] == f"{seen.key[1][4] @ seen.query[1, 8]:.3f}".replace(
        "-", "−"
    )


def test_of_a_long_text_the_other_keys_are_added_up(embedded: Model):
    traced = trace(embedded, "the cat sat on the mat " * 8)
    view = figure("scaled-dot-product", traced, 3, 1, 8)
    assert len(view.numbers["attention"].values) == len(traced.tokens) == 50
    said = Printed(view).said()
    assert "30 other keys" in said
    assert "those of all 50" in said


def test_the_stack_has_a_line_for_each_layer(cat: Trace):
    view = figure("stack", cat, 3, token=8)
    norms = np.linalg.norm(cat.hidden_states[:, 8], axis=1)
    np.testing.assert_allclose(view.numbers["length"].values, norms, rtol=1e-5)
    printed = Printed(view)
    widths = printed.widths("length")
    np.testing.assert_allclose(widths / widths.max(), norms / norms.max(), rtol=1e-4)
    before, after = cat.hidden_states[:-1, 8], cat.hidden_states[1:, 8]
    change = 1 - (before * after).sum(1) / np.linalg.norm(before, axis=1) / np.linalg.norm(
        after, axis=1
    )
    np.testing.assert_allclose(view.numbers["change"].values, change, atol=1e-5)
    assert printed.colour("Layer 4") == printed.colour("it") != printed.colour("Layer 3")


@pytest.mark.parametrize("columns", [1, 2])
def test_predictions_are_those_of_the_masked_sentence(cat: Trace, columns: int):
    view = figure("predictions", cat, token=8, look=Look(top_k=3))
    read = cat.hide([8])
    logits = cat.model.network.cls(torch.tensor(read.hidden_states[-1, 8])).detach().double()
    best = logits.softmax(-1).topk(3)
    probability = view.numbers["probability"]
    np.testing.assert_allclose(probability.values[:3], best.values.numpy(), rtol=1e-4)
    printed = Printed(view, columns)
    widths = printed.widths("bar")
    np.testing.assert_allclose(widths[:3] / widths[0], best.values / best.values[0], rtol=1e-3)
    assert "[MASK]" in printed.said()
    assert "hidden: “it”" in view.caption
    assert f"{100 * best.values[0]:.1f}\u202f%" in printed.texts()


def test_what_is_hidden_and_how_many_words_follow_the_look(cat: Trace):
    view = figure("predictions", cat, token=8, look=Look(top_k=2, hidden=(2, 6)))
    assert "hidden: “cat”, “mat”" in view.caption
    assert Printed(view).said().count("[MASK]") == 2
    none = figure("predictions", cat, token=8, look=Look(hidden=()))
    assert "no token hidden" in none.caption
    assert "[MASK]" not in Printed(none).said()


def test_without_its_head_the_state_is_shown(cat: Trace):
    view = figure("predictions", cat, token=8, look=Look(use_head=False))
    np.testing.assert_array_equal(view.numbers["hidden_state"].values, cat.hidden_states[-1, 8])
    np.testing.assert_array_equal(
        Printed(view).numbers("hidden_state")[0], cat.hidden_states[-1, 8]
    )
    for name in ("lens", "two-candidates"):
        off = figure(name, cat, token=8, look=Look(use_head=False))
        assert off.numbers == {}
        assert "The head is switched off above" in Printed(off).said()


def test_the_lens_ends_with_the_prediction(cat: Trace):
    view = figure("lens", cat, 3, token=8)
    words, prediction = view.numbers["word"].values, figure("predictions", cat, token=8)
    assert words.shape == (7, 5)
    assert words[-1].tolist() == list(prediction.numbers["probability"].labels[0][:5])
    np.testing.assert_allclose(
        view.numbers["probability"].values[-1],
        prediction.numbers["probability"].values[:5],
        rtol=1e-5,
    )
    texts = Printed(view, 2).texts()
    assert all(word in texts for word in words.ravel())
    narrow = Printed(view, 1).said()
    assert "Printed are the first 2 of 5 guesses." in narrow


def test_each_word_is_masked_in_turn(cat: Trace):
    view = figure("masked-in-turn", cat, token=8, look=Look(top_k=4))
    assert view.numbers["probability"].values.shape == (10, 4)
    one = figure("predictions", cat, token=3, look=Look(top_k=4))
    row = [token.text for token in cat.tokens[1:-1]].index("sat")
    np.testing.assert_allclose(
        view.numbers["probability"].values[row], one.numbers["probability"].values[:4], rtol=1e-4
    )
    printed = Printed(view)
    widths = printed.widths("bar")
    p = view.numbers["probability"].values[:, 0]
    np.testing.assert_allclose(widths / widths.max(), p / p.max(), rtol=1e-3)
    right = sum(
        guess == token.text
        for guess, token in zip(view.numbers["guess"].values[:, 0], cat.tokens[1:-1], strict=True)
    )
    assert f"{right} of 10 right at the first guess" in printed.texts()


def test_of_a_long_text_the_words_about_the_token_are_masked(tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path, max_tokens=80)), device="cpu")
    view = figure("masked-in-turn", trace(model, "the cat sat " * 30), token=70)
    hidden = view.numbers["token"].values
    assert len(hidden) == 32
    assert 70 in hidden
    assert "32 word pieces about position 70 of 80" in view.caption


def test_two_candidates_add_up_to_their_difference(cat: Trace):
    view = figure("two-candidates", cat, token=8)
    t, weights = view.numbers["transformed"].values, view.numbers["weights"].values
    bias, logits = view.numbers["bias"].values, view.numbers["logit"].values
    products = t * (weights[0] - weights[1])
    assert products.sum() + bias[0] - bias[1] == pytest.approx(logits[0] - logits[1], abs=1e-4)
    printed = Printed(view)
    np.testing.assert_allclose(printed.numbers("products")[0], products, atol=1e-6)
    assert printed.line("difference of the logits").split()[-1] == f"{logits[0] - logits[1]:.3f}"
    largest = int(np.abs(products).argmax())
    assert f"[{largest}]" in printed.texts()
    listed = products[np.argsort(-np.abs(products))[:8]]
    rest = np.array([*listed, products.sum() - listed.sum(), bias[0] - bias[1]])
    bars = printed.widths("signed")
    np.testing.assert_allclose(bars / bars.max(), np.abs(rest) / np.abs(rest).max(), rtol=1e-3)


def test_the_ladder_has_each_head_of_each_layer(tiny: Model):
    traced = trace(tiny, "the cat sat")
    view = ladder(traced, Chosen(1, 2))
    thumbnails = summary_of(traced, Chosen().shown).thumbnails
    np.testing.assert_array_equal(view.numbers["thumbnails"].values, thumbnails)
    printed = Printed(view)
    assert printed.names() == {f"{layer}.{head}" for layer in (1, 2) for head in (1, 2, 3)}
    np.testing.assert_array_equal(printed.numbers("2.3"), thumbnails[1, 2])
    assert len(printed.boxes("chosen")) == 1
