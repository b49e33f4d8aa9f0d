from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch

from attention_atlas.errors import InvalidChoice
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import trace
from attention_atlas.views.nearest_words import nearest_words
from checkpoints import make_checkpoint


def expected(model: Model, piece: str) -> list[tuple[str, float]]:
    weight: Any = model.parts.word_embeddings.weight
    row = model.tokenizer.convert_tokens_to_ids(piece)
    similar = torch.cosine_similarity(weight.detach(), weight.detach()[row][None])
    best = [i for i in similar.argsort(descending=True).tolist() if i != row][:8]
    return [(model.tokenizer.convert_ids_to_tokens(i), float(similar[i])) for i in best]


@pytest.mark.parametrize(("token", "piece"), [(0, "[CLS]"), (2, "cat"), (4, "##aff")])
def test_the_words_are_those_of_a_plain_sort(tiny: Model, token: int, piece: str):
    picture = nearest_words(trace(tiny, "the cat unaffable"), token)
    words = picture.state["words"]
    assert (picture.view, picture.state["token"]) == ("nearest_words", piece)
    assert [word["text"] for word in words] == [text for text, _ in expected(tiny, piece)]
    for word, (_, cosine) in zip(words, expected(tiny, piece), strict=True):
        assert word["cosine"] == pytest.approx(cosine, abs=1e-5)
    assert picture.state["vocabulary"] == len(tiny.tokenizer)


def test_pieces_and_special_tokens_are_marked(tiny: Model):
    seen = [nearest_words(trace(tiny, "the cat sat on the mat"), i).state for i in range(8)]
    words = [word for state in seen for word in state["words"]]
    assert {word["piece"] for word in words} == {True, False}
    assert {word["special"] for word in words} == {True, False}
    for word in words:
        assert word["piece"] is word["text"].startswith("##")
        assert word["special"] is word["text"].startswith("[")


def test_the_embedded_model_knows_its_cats(embedded: Model):
    words = nearest_words(trace(embedded, "a cat"), 2).state["words"]
    assert len(words) == 8
    assert "cats" in [word["text"] for word in words[:3]]
    cosines = [word["cosine"] for word in words]
    assert cosines == sorted(cosines, reverse=True)


def test_nothing_is_kept_of_a_model_that_is_gone(tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path)), device="cpu")
    nearest_words(trace(model, "the cat"), 1)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_a_token_that_is_not_there_is_refused(tiny: Model):
    with pytest.raises(InvalidChoice) as refused:
        nearest_words(trace(tiny, "the cat"), 4)
    assert str(refused.value) == "There is no token 4: the text has 4. Choose 0 to 3."
