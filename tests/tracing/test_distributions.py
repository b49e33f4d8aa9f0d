from __future__ import annotations

import math
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import entropy
from transformers import BertModel

from attention_atlas.errors import InvalidChoice, NoPredictionHead, TraceCancelled
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing import masking
from attention_atlas.tracing.distributions import Candidate, distributions
from attention_atlas.tracing.lens import lens
from attention_atlas.tracing.masking import HiddenTraces
from attention_atlas.tracing.readout import readout
from attention_atlas.tracing.trace import Trace, trace
from checkpoints import make_checkpoint


def logits_of(traced: Trace, hidden: tuple[int, ...] = ()) -> np.ndarray:
    """The logits (n, vocabulary) that transformers alone gives, with some tokens masked."""
    ids = torch.tensor([[token.id for token in traced.tokens]])
    segments = torch.tensor([[token.segment for token in traced.tokens]])
    ids[0, list(hidden)] = traced.model.tokenizer.get_vocab()["[MASK]"]
    with torch.no_grad():
        logits = traced.model.network(input_ids=ids, token_type_ids=segments).logits
    return logits[0].double().numpy()


@pytest.mark.parametrize("hidden", [(), (2,), (2, 4)])
def test_a_distribution_is_that_of_transformers_logits(tiny: Model, hidden: tuple[int, ...]):
    traced = trace(tiny, "the cat sat on", "he is tired")
    z = logits_of(traced, hidden)
    read = traced.hide(hidden)
    for position, found in enumerate(distributions(read, top_k=4, asked=[7])):
        row = z[position]
        p = np.exp(row - row.max()) / np.exp(row - row.max()).sum()
        order = np.argsort(-row)
        assert [one.id for one in found.best] == order[:4].tolist()
        assert [one.rank for one in found.best] == [1, 2, 3, 4]
        for one in (*found.best, *found.asked):
            assert one.logit == pytest.approx(row[one.id], abs=1e-5)
            assert one.probability == pytest.approx(p[one.id], abs=1e-6)
            assert one.text == tiny.tokenizer.convert_ids_to_tokens(one.id)
        assert [one.id for one in found.asked] == [7]
        assert found.asked[0].rank == order.tolist().index(7) + 1
        assert found.maximum == pytest.approx(row.max(), abs=1e-5)
        assert found.exp_sum == pytest.approx(np.exp(row - row.max()).sum(), rel=1e-5)
        assert found.entropy == pytest.approx(entropy(p), abs=1e-5)
        assert 0 < found.entropy < math.log(tiny.vocabulary_size)


def test_each_position_is_asked_for_its_own_piece_also_when_it_is_masked(tiny: Model):
    traced = trace(tiny, "the cat sat")
    found = distributions(traced, masked=True, positions=[3, 1])
    assert [one.asked[0].id for one in found] == [traced.tokens[3].id, traced.tokens[1].id]
    plainly = traced.predictions(masked=True, positions=[3, 1])
    for ours, theirs in zip(found, plainly, strict=True):
        assert [one.id for one in ours.best] == [one.id for one in theirs]
        probabilities = [one.probability for one in theirs]
        assert [one.probability for one in ours.best] == pytest.approx(probabilities, abs=1e-6)


def test_a_candidate_says_what_it_is():
    assert repr(Candidate("cat", 7, 0.31214, 2.5, 2)) == "Candidate(2, 'cat', 0.3121)"


def test_hidden_tokens_are_masks_where_they_stood(tiny: Model):
    traced = trace(tiny, "the cat sat", "a dog")
    read = traced.hide([2, -2])
    texts = "[CLS] the [MASK] sat [SEP] a [MASK] [SEP]".split()
    assert [token.text for token in read.tokens] == texts
    for before, after in zip(traced.tokens, read.tokens, strict=True):
        assert (after.span, after.original, after.segment) == (
            before.span, before.original, before.segment
        )  # fmt: skip
    assert (read.text, read.pair) == (traced.text, traced.pair)
    assert [token.text for token in traced.tokens[2:4]] == ["cat", "sat"]
    typed = trace(tiny, "the [MASK] sat", "a [MASK]")
    np.testing.assert_allclose(read.hidden_states, typed.hidden_states, atol=1e-6)
    np.testing.assert_allclose(read.layers[1].attention, typed.layers[1].attention, atol=1e-6)
    np.testing.assert_array_equal(read.embeddings.word, typed.embeddings.word)
    assert traced.hide([]) is traced


def test_what_cannot_be_hidden(tiny: Model, tmp_path: Path):
    with pytest.raises(InvalidChoice) as caught:
        trace(tiny, "the cat").hide([4])
    assert str(caught.value) == (
        "There is no position 4: the text has 4 tokens. Choose positions from 0 to 3."
    )
    model = load_model(str(make_checkpoint(tmp_path)), device="cpu")
    model.tokenizer.mask_token = None
    with pytest.raises(InvalidChoice) as caught:
        trace(model, "the cat").hide([1])
    assert str(caught.value) == (
        f"The tokenizer of {model.name} has no mask token, so no token can be hidden. "
        "Use the trace as it is."
    )


def test_recent_readings_are_kept_and_share_one_pass(tiny: Model, monkeypatch: pytest.MonkeyPatch):
    traced = trace(tiny, "the cat sat on the mat")
    passes: list[frozenset[int]] = []
    hide = masking.hide

    def counted(trace: Trace, positions: frozenset[int], cancel: threading.Event) -> Trace:
        passes.append(positions)
        return hide(trace, positions, cancel)

    monkeypatch.setattr(masking, "hide", counted)
    kept = HiddenTraces()
    sets = [frozenset({i}) for i in range(1, 7)]
    for hidden in (sets[0], sets[1], sets[0]):
        kept.want(traced, hidden)
        threads = [threading.Thread(target=kept.read, args=(traced, hidden)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert passes == sets[:2]
    for hidden in sets:
        kept.want(traced, hidden)
        assert kept.read(traced, hidden).tokens[min(hidden)].text == "[MASK]"
    assert len(kept._kept) == masking.KEPT
    assert kept.read(traced, frozenset()) is traced


def test_what_is_no_longer_wanted_is_not_read(tiny: Model):
    traced, other = trace(tiny, "the cat sat"), trace(tiny, "a dog")
    kept = HiddenTraces()
    kept.want(traced, frozenset({1}))
    kept.want(traced, frozenset({2}))
    with pytest.raises(TraceCancelled):
        kept.read(traced, frozenset({1}))
    kept.read(traced, frozenset({2}))
    kept.want(other, frozenset())
    with pytest.raises(TraceCancelled):
        kept.read(traced, frozenset({2}))


def test_a_newer_wish_stops_the_pass_for_an_older(tiny: Model, monkeypatch: pytest.MonkeyPatch):
    traced = trace(tiny, "the cat sat")
    kept = HiddenTraces()
    hide = masking.hide

    def slow(trace: Trace, positions: frozenset[int], cancel: threading.Event) -> Trace:
        kept.want(trace, frozenset({3}))
        return hide(trace, positions, cancel)

    monkeypatch.setattr(masking, "hide", slow)
    kept.want(traced, frozenset({1}))
    with pytest.raises(TraceCancelled):
        kept.read(traced, frozenset({1}))


@pytest.mark.parametrize("hidden", [(), (2, 4)])
def test_the_lens_is_the_head_on_each_hidden_state_and_ends_in_the_prediction(
    tiny: Model, hidden: tuple[int, ...]
):
    traced = trace(tiny, "the cat sat on the mat", "it was").hide(hidden)
    rows = traced.lens(2, top_k=3)
    assert len(rows) == tiny.layers + 1
    with torch.no_grad():
        z = tiny.network.cls(torch.tensor(traced.hidden_states[:, 2]))
    for row, plainly in zip(rows, z.softmax(-1), strict=True):
        best = plainly.topk(3)
        assert [one.id for one in row.best] == best.indices.tolist()
        assert [one.probability for one in row.best] == pytest.approx(
            best.values.tolist(), abs=1e-6
        )
    (prediction,) = traced.predictions(top_k=3, positions=[2])
    assert [one.id for one in rows[-1].best] == [one.id for one in prediction]
    assert [one.probability for one in rows[-1].best] == pytest.approx(
        [one.probability for one in prediction], abs=1e-6
    )
    asked = lens(traced, 2, 1, [11])
    assert [row.asked[0].id for row in asked] == [11] * 3


def test_the_lens_ends_in_what_transformers_says_on_the_model_people_have(embedded: Model):
    traced = trace(embedded, "paris is the capital of [MASK] .")
    (mask,) = traced.typed_specials
    z = logits_of(traced)[mask]
    last = traced.lens(mask, top_k=5)[-1]
    assert [one.id for one in last.best] == np.argsort(-z)[:5].tolist()
    assert [one.logit for one in last.best] == pytest.approx(np.sort(z)[::-1][:5], abs=1e-4)


HEADS = {"tied": {}, "untied": {"tie_word_embeddings": False}}


@pytest.mark.parametrize("kind", [*HEADS, "without bias"])
def test_a_logit_is_what_its_readout_adds_up_to(kind: str, tmp_path: Path):
    folder = make_checkpoint(tmp_path, **HEADS.get(kind, {}))
    model = load_model(str(folder), device="cpu")
    if kind == "without bias":
        model.network.cls.predictions.decoder.register_parameter("bias", None)
    traced = trace(model, "the cat sat").hide([2])
    ids = [9, 5, 40]
    apart = readout(traced, 2, ids)
    assert apart.transformed.shape == (21,)
    assert apart.weights.shape == (3, 21)
    assert (apart.bias is None) == (kind == "without bias")
    with torch.no_grad():
        z = model.network.cls(torch.tensor(traced.hidden_states[-1, 2]))[ids]
    bias = 0 if apart.bias is None else apart.bias
    np.testing.assert_allclose(apart.weights @ apart.transformed + bias, z, atol=1e-5)
    words = model.network.bert.embeddings.word_embeddings.weight[ids].numpy()
    assert np.array_equal(words, apart.weights) == (kind != "untied")


def test_there_is_no_such_word(tiny: Model):
    with pytest.raises(InvalidChoice) as caught:
        readout(trace(tiny, "the cat"), 1, [3, tiny.vocabulary_size])
    size = tiny.vocabulary_size
    assert str(caught.value) == (
        f"There is no word {size}: the vocabulary has {size}. Choose 0 to {size - 1}."
    )


def test_without_a_head_there_is_nothing_to_read(tmp_path: Path):
    model = load_model(str(make_checkpoint(tmp_path, architecture=BertModel)), device="cpu")
    traced = trace(model, "the cat")
    for read in (
        lambda: distributions(traced),
        lambda: traced.lens(1),
        lambda: readout(traced, 1, [1]),
    ):
        with pytest.raises(NoPredictionHead):
            read()
    assert traced.hide([1]).tokens[1].text == "[MASK]"
