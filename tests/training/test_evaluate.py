"""The cloze, the pronouns, and the card: the files are what they should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertForMaskedLM

import attention_atlas as aa
from training import cloze, heads
from training.card import notice_for, with_figures
from training.recipe import Recipe


def test_the_cloze_can_be_answered(embedded: aa.Model) -> None:
    asked = cloze.read()
    assert len({each.sentence for each in asked}) == len(asked) >= 100
    vocabulary = embedded.tokenizer.get_vocab()
    for each in asked:
        assert len(set(each.answers)) == len(each.answers)
        assert all(answer in vocabulary for answer in each.answers), each


@pytest.mark.parametrize("line", ["no mask\tword", "two [MASK] [MASK]\tword", "[MASK] alone", ""])
def test_a_line_that_cannot_be_asked_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "cloze.tsv").write_text(f"A [MASK].\tcat\n{line}\n")
    with pytest.raises(ValueError, match="line 2"):
        cloze.read(tmp_path / "cloze.tsv")


def test_an_answer_is_right_first_among_five_or_not(embedded: aa.Model) -> None:
    network = embedded.network
    assert isinstance(network, BertForMaskedLM)
    sentence = "He opened the [MASK] and walked in."
    words = embedded.tokenizer(sentence, return_tensors="pt")
    with torch.inference_mode():
        logits = network(**words).logits[0, words.input_ids[0].tolist().index(103)]
    likeliest = embedded.tokenizer.convert_ids_to_tokens(logits.topk(6).indices.tolist())
    for place, (first, among_five) in {0: (1, 1), 4: (0, 1), 5: (0, 0)}.items():
        asked = cloze.Cloze(sentence, (likeliest[place],))
        [found] = cloze.answers(network, embedded.tokenizer, [asked])
        assert found.words == tuple(likeliest[:5])
        assert (found.first, found.among_five) == (first, among_five)


def test_each_pronoun_and_noun_is_one_token_and_its_weight_the_models(embedded: aa.Model) -> None:
    links = heads.pronoun_links(embedded)
    assert len(links) >= 20
    link = links[0]
    assert (link.sentence.split()[8], link.noun) == ("was", "cat")
    trace = aa.trace(embedded, link.sentence)
    assert trace.tokens[8].text == link.pronoun == "it"
    assert link.weights.shape == (6, 12)
    assert link.weights[2, 5] == pytest.approx(trace.layers[2].attention[5, 8, 2])


def test_head_roles_weigh_each_text_by_its_words(embedded: aa.Model) -> None:
    texts = ["a dog saw a dog", "the end of a long story"]
    found = heads.head_roles(embedded, texts)
    shares = []
    for text in texts:
        trace = aa.trace(embedded, text)
        for query in range(1, len(trace.tokens)):
            shares.append([each.attention[:, query, query - 1] for each in trace.layers])
    expected = np.mean(shares, axis=0)
    assert found["previous"].share == pytest.approx(expected, abs=1e-6)
    layer, head = found["previous"].strongest
    assert found["previous"].share[layer - 1, head - 1] == found["previous"].share.max()


def test_the_card_gets_its_figures_and_keeps_the_rest() -> None:
    role = {
        "mean share": 0.25,
        "ratio to uniform": 2.5,
        "strongest share": 0.9,
        "strongest head": (2, 9),
    }
    names = ("first", "separator", "itself", "previous", "next", "same word", "punctuation")
    pronouns = {
        "sentences": 24,
        "some head looks first at the noun": 20,
        "best head": (3, 6),
        "its mean weight": 0.31,
    }
    figures = {
        "held-out": {"masks": 25555, "loss": 3.5, "top-1": 0.4321, "top-5": 0.6},
        "cloze": {"sentences": 118, "top-1": 0.5, "top-5": 0.9},
        "heads": {"roles": dict.fromkeys(names, role), "pronouns": pronouns},
    }
    blocks = "".join(
        f"<!-- {name}: written by training/export.py -->\nold\n<!-- end -->\nkept\n"
        for name in ("recipe", "figures", "heads")
    )
    card = with_figures("# Title\n" + blocks, {"this model": figures}, Recipe(), 15_300_000)
    assert "old" not in card
    assert card.startswith("# Title\n")
    assert card.count("kept") == 3
    assert "15.3 million tokens in 5,200 steps" in card
    assert "| … first guess right | 43.2% |" in card
    assert "to [CLS] | 25.0% (2.5 ×); most 90%, layer 2, head 9" in card
    assert with_figures(card, {"this model": figures}, Recipe(), 15_300_000) == card
    with pytest.raises(ValueError, match="heads"):
        with_figures(card.replace("heads:", "brains:"), {"this model": figures}, Recipe(), 1)


def test_the_notice_names_the_new_weights() -> None:
    assert notice_for(f"SHA-256 {'a' * 64}.", "b" * 64) == f"SHA-256 {'b' * 64}."
    with pytest.raises(ValueError, match="holds 0"):
        notice_for("nothing", "b" * 64)
