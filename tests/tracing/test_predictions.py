from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from transformers import BertModel

from attention_atlas.errors import InvalidChoice, NoPredictionHead, TraceCancelled
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing import predictions
from attention_atlas.tracing.trace import Prediction, Trace, trace
from checkpoints import make_checkpoint

TEXTS = [("the cat sat on the [MASK]", None), ("how old are you ?", "he is tired .")]


@pytest.fixture(params=["tiny", "embedded"])
def model(request: pytest.FixtureRequest) -> Model:
    return request.getfixturevalue(request.param)


def plainly(traced: Trace, position: int, *, masked: bool) -> torch.Tensor:
    """The probabilities (vocabulary,) at one position, from transformers alone."""
    ids = torch.tensor([[token.id for token in traced.tokens]])
    segments = torch.tensor([[token.segment for token in traced.tokens]])
    if masked:
        ids[0, position] = traced.model.tokenizer.get_vocab()["[MASK]"]
    with torch.no_grad():
        logits = traced.model.network(input_ids=ids, token_type_ids=segments).logits
    return logits[0, position].softmax(-1)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("text", TEXTS)
def test_predictions_are_those_of_a_plain_loop(
    model: Model, text: tuple[str, str | None], masked: bool
):
    traced = trace(model, *text)
    found = traced.predictions(top_k=7, masked=masked)
    assert len(found) == len(traced.tokens)
    for position, ours in enumerate(found):
        theirs = plainly(traced, position, masked=masked)
        best = theirs.topk(7)
        assert [p.probability for p in ours] == pytest.approx(best.values.tolist(), abs=1e-5)
        assert [p.probability for p in ours] == sorted((p.probability for p in ours), reverse=True)
        for prediction in ours:
            assert prediction.probability == pytest.approx(float(theirs[prediction.id]), abs=1e-5)
            assert prediction.text == model.tokenizer.convert_ids_to_tokens(prediction.id)


def test_positions_are_given_in_their_order(tiny: Model):
    traced = trace(tiny, "the cat sat on the mat")
    for masked in (False, True):
        everywhere = traced.predictions(3, masked=masked)
        chosen = traced.predictions(3, masked=masked, positions=(5, 2, -1, 2))
        assert [[p.id for p in found] for found in chosen] == [
            [p.id for p in everywhere[i]] for i in (5, 2, 7, 2)
        ]
        assert traced.predictions(3, masked=masked, positions=[]) == ()


def test_batches_do_not_change_what_is_found(tiny: Model, monkeypatch: pytest.MonkeyPatch):
    traced = trace(tiny, "the cat sat on the mat", "it was tired")
    at_once = {masked: traced.predictions(4, masked=masked) for masked in (False, True)}
    monkeypatch.setattr(predictions, "PASS_BYTES", 3 * predictions._bytes_of_one_text(tiny, 12))
    monkeypatch.setattr(predictions, "LOGIT_BYTES", 5 * 4 * tiny.vocabulary_size)
    for masked, steps in ((False, [5, 10, 12]), (True, [3, 6, 9, 12])):
        reported: list[tuple[int, int]] = []
        batched = traced.predictions(
            4, masked=masked, progress=lambda *given, seen=reported: seen.append(given)
        )
        assert reported == [(done, 12) for done in steps]
        for ours, theirs in zip(batched, at_once[masked], strict=True):
            assert [p.id for p in ours] == [p.id for p in theirs]
            probabilities = [p.probability for p in theirs]
            assert [p.probability for p in ours] == pytest.approx(probabilities, abs=1e-6)


def test_probabilities_are_shares_of_the_whole_vocabulary(tiny: Model):
    traced = trace(tiny, "the cat")
    for found in traced.predictions(top_k=10**9, masked=True):
        assert len(found) == len({p.id for p in found}) == tiny.vocabulary_size
        assert sum(p.probability for p in found) == pytest.approx(1, abs=1e-5)


def test_stopping_between_batches(tiny: Model, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(predictions, "PASS_BYTES", 1)
    traced = trace(tiny, "the cat sat")
    cancel = threading.Event()
    done: list[int] = []

    def stop_after_two(so_far: int, _total: int) -> None:
        done.append(so_far)
        if so_far == 2:
            cancel.set()

    with pytest.raises(TraceCancelled):
        traced.predictions(masked=True, progress=stop_after_two, cancel=cancel)
    assert done == [1, 2]


def test_stopping_without_masking(tiny: Model):
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(TraceCancelled):
        trace(tiny, "the cat sat").predictions(cancel=cancel)


def test_a_checkpoint_without_a_head(tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path, architecture=BertModel)), device="cpu")
    traced = trace(model, "the cat")
    for masked in (False, True):
        with pytest.raises(NoPredictionHead) as caught:
            traced.predictions(masked=masked)
        assert str(caught.value) == (
            f"{model.name} has no masked-language-model head, so it cannot predict words. "
            "Everything else works; choose a BertForMaskedLM checkpoint to see predictions."
        )


def test_a_tokenizer_without_a_mask_token(tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path)), device="cpu")
    model.tokenizer.mask_token = None
    traced = trace(model, "the cat")
    assert len(traced.predictions()) == 4
    with pytest.raises(InvalidChoice) as caught:
        traced.predictions(masked=True)
    assert str(caught.value) == (
        f"masked=True needs a mask token, and the tokenizer of {model.name} has none. "
        "Use masked=False to see the predictions for the text as it is."
    )


@pytest.mark.parametrize("top_k", [0, -1, True])
def test_top_k_is_a_whole_number_from_1(tiny: Model, top_k: int):
    with pytest.raises(InvalidChoice) as caught:
        trace(tiny, "the cat").predictions(top_k=top_k)
    assert str(caught.value) == (
        f"top_k is how many predictions to give for each position, and was {top_k!r}. "
        "Choose a whole number from 1."
    )


@pytest.mark.parametrize("position", [4, -5])
@pytest.mark.parametrize("masked", [False, True])
def test_a_position_that_is_not_there(tiny: Model, masked: bool, position: int):
    with pytest.raises(InvalidChoice) as caught:
        trace(tiny, "the cat").predictions(masked=masked, positions=[0, position])
    assert str(caught.value) == (
        f"There is no position {position}: the text has 4 tokens. Choose positions from 0 to 3."
    )


def test_a_prediction_says_what_it_is():
    assert repr(Prediction("##able", 3085, 0.83119)) == "Prediction('##able', 0.8312)"


MEASURE = """
import resource, sys
import attention_atlas as aa

scale = 1 if sys.platform == "darwin" else 1024
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale

model = aa.load_model(sys.argv[1], device="cpu")
traced = aa.trace(model, "cat " * 600)
before = peak()
found = traced.predictions(masked=True, positions=range(0, 512, 40))
print(len(traced.tokens), len(found), peak() - before)
"""


def test_512_tokens_masked_in_turn_stay_below_a_gigabyte(tmp_path: Path):
    # As wide as bert-base, one layer deep: what a pass needs does not grow with its depth.
    folder = make_checkpoint(
        tmp_path, layers=1, heads=12, head_size=64, intermediate=3072, max_tokens=512
    )
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(folder)], capture_output=True, text=True, check=True
    )
    tokens, positions, grown = map(int, done.stdout.split())
    assert (tokens, positions) == (512, 13)
    assert grown < 600e6  # the peak before hides some of it; the promise is 1 GB


def test_logits_are_formed_for_a_few_positions_at_a_time(
    tiny: Model, monkeypatch: pytest.MonkeyPatch
):
    sizes: list[int] = []
    head = tiny.parts.prediction_head
    assert head is not None
    forward = head.forward
    monkeypatch.setattr(
        head, "forward", lambda states: (sizes.append(states.shape[0]), forward(states))[1]
    )
    monkeypatch.setattr(predictions, "LOGIT_BYTES", 10 * 4 * tiny.vocabulary_size)
    traced = trace(tiny, "the cat sat on the mat " * 9)
    assert [len(found) for found in traced.predictions(2)] == [2] * 37
    assert sizes == [10, 10, 10, 7]
