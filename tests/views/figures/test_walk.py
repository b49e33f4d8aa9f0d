"""What holds for every figure of the walk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from transformers import BertModel

from attention_atlas.errors import InvalidChoice, NoPredictionHead
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace, trace
from attention_atlas.views.choice import first_word
from attention_atlas.views.figures.making import figure
from checkpoints import make_checkpoint
from printed import Printed

WALK = (
    "tokens embeddings nearest-words positions token-map projections scaled-dot-product arcs"
    " heads-joined add-norm-attention feed-forward add-norm-ffn stack lens predictions"
    " masked-in-turn two-candidates"
).split()
HOSTILE = "$x$ </script> _a_ \\frac שלום مرحبا 😀 你好 e\u0301"


@pytest.fixture(scope="module")
def headless(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("headless")
    return load_model(str(make_checkpoint(folder, architecture=BertModel)), device="cpu")


@pytest.fixture(scope="module")
def hostile(embedded: Model) -> Trace:
    return trace(embedded, HOSTILE)


@pytest.mark.parametrize("view", WALK)
def test_every_text_has_its_own_place_and_is_no_mathematics(view: str, hostile: Trace):
    view_figure = figure(view, hostile, 3, 1, 4)
    for columns in (1, 2):
        printed = Printed(view_figure, columns)
        assert printed.overlapping() == []
        assert printed.outside() == []
        assert not any(text.get_parse_math() for text in printed.written())


@pytest.mark.parametrize("view", WALK)
def test_one_word_is_enough_in_either_theme(view: str, tiny: Model):
    view_figure = figure(view, trace(tiny, "cat"), 1, 2)
    light, dark = Printed(view_figure, 1), Printed(view_figure, 1, "dark")
    assert light.texts() == dark.texts() != []
    grounds = [printed.figure.get_facecolor()[:3] for printed in (light, dark)]
    for printed, ground in zip((light, dark), grounds, strict=True):
        contrasts = [abs(sum(to_rgb(t.get_color())) - sum(ground)) for t in printed.written()]
        assert min(contrasts) > 0.8


@pytest.mark.parametrize("view", WALK)
def test_where_no_token_is_focused_the_first_word_is_followed(view: str, tiny: Model):
    traced = trace(tiny, "the cat", "a dog sat")
    assert first_word(traced) == 1
    one, other = figure(view, traced, 1, 2), figure(view, traced, 1, 2, 1)
    assert one.caption == other.caption
    assert one.to_bytes("csv") == other.to_bytes("csv")
    assert Printed(one).overlapping() == []


@pytest.mark.parametrize("view", WALK)
def test_labels_fit_their_arrays(view: str, tiny: Model):
    view_figure = figure(view, trace(tiny, "the cat sat on"), 1, 2, 2)
    assert view_figure.numbers
    for name, numbers in view_figure.numbers.items():
        assert len(numbers.axes) == len(numbers.labels) == numbers.values.ndim, name
        for size, labels in zip(numbers.values.shape, numbers.labels, strict=True):
            assert labels is None or len(labels) == size, name
        assert numbers.about.endswith("."), name


@pytest.mark.parametrize("view", WALK)
def test_the_caption_says_what_the_figure_is_of(view: str, tiny: Model):
    caption = figure(view, trace(tiny, "the cat sat on"), 1, 2, 2).caption
    assert caption.startswith("“the cat sat on” — ")
    whole = ("tokens", "embeddings", "nearest-words", "positions", "predictions", "masked-in-turn")
    assert ("layer 2" in caption) == (view not in (*whole, "two-candidates"))
    assert ("head 3" in caption) == (view in ("projections", "scaled-dot-product", "arcs"))
    assert ("“cat”" in caption) == (view != "masked-in-turn")


@pytest.mark.parametrize("view", WALK)
def test_a_long_text_stays_on_one_page(view: str, long: Trace):
    view_figure = figure(view, long, 0, 3, 300)
    for columns in (1, 2):
        printed = Printed(view_figure, columns)
        assert printed.figure.get_size_inches()[1] < 10
        assert printed.overlapping() == []
        assert printed.outside() == []


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """512 tokens × 768, in one layer of twelve heads."""
    folder = make_checkpoint(
        tmp_path_factory.mktemp("long"), layers=1, heads=12, head_size=64, max_tokens=512
    )
    return trace(load_model(str(folder), device="cpu"), "the cat playing on the mat " * 100)


@pytest.mark.parametrize("view", WALK)
def test_without_a_prediction_head_it_is_said_plainly(view: str, headless: Model):
    traced = trace(headless, "the cat sat")
    if view == "masked-in-turn":
        with pytest.raises(NoPredictionHead, match="has no masked-language-model head"):
            figure(view, traced)
        return
    said = " ".join(Printed(figure(view, traced), 2).texts())
    assert ("no masked-language-model head" in said) == (
        view in ("lens", "predictions", "two-candidates", "feed-forward")
    )


@pytest.mark.parametrize("view", WALK)
def test_what_is_no_number_is_hatched_or_named(view: str, tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path)), device="cpu")
    with torch.no_grad():
        model.network.bert.encoder.layer[0].output.dense.bias[2] = float("nan")
    traced = trace(model, "the cat sat")
    assert np.isnan(traced.hidden_states[1]).all()
    if view == "token-map":
        with pytest.raises(InvalidChoice, match="not finite numbers"):
            figure(view, traced, 1, 2)
        return
    printed = Printed(figure(view, traced, 1, 2))
    if view in ("tokens", "embeddings", "nearest-words", "positions"):  # these come before
        assert "NaN" not in printed.said()
    elif view == "arcs":
        assert "no finite numbers" in printed.said()
    else:
        assert "NaN" in printed.said()


@pytest.mark.parametrize("view", WALK)
def test_a_token_that_is_not_there_is_refused(view: str, tiny: Model):
    with pytest.raises(InvalidChoice, match=r"There is no token 5: the text has 5\. Choose 0 to 4"):
        figure(view, trace(tiny, "the cat sat"), 0, 0, 5)
