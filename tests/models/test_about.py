"""What the page says when asked what a model is."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import BertModel

import attention_atlas as aa
from attention_atlas.models.about import about, short_card
from checkpoints import make_checkpoint


def test_the_embedded_models_short_form_is_its_cards() -> None:
    card = (Path(aa.__file__).parent / "models" / "embedded" / "README.md").read_text("utf-8")
    assert len(short_card()) == 3
    assert all(paragraph in " ".join(card.split()) for paragraph in short_card())
    assert not any(sign in paragraph for paragraph in short_card() for sign in "`[]*|<#")
    assert "not bert-base-uncased" in short_card()[1]


def test_the_sizes_are_the_models(embedded: aa.Model) -> None:
    facts = dict(about(embedded).facts)
    assert about(embedded).paragraphs == short_card()
    assert facts["layers"] == "6"
    assert facts["hidden size"] == "384"
    assert facts["vocabulary"] == "30,522 word pieces"
    assert facts["parameters"] == "22.7 million"  # 30,522 × 384 alone are 11.7 million


@pytest.mark.parametrize("headless", [False, True])
def test_a_folder_is_called_one_and_a_missing_head_is_said(tmp_path: Path, headless: bool) -> None:
    made = {"architecture": BertModel} if headless else {}
    model = aa.load_model(make_checkpoint(tmp_path / "mine", **made))
    said = " ".join(about(model).paragraphs)
    assert str(tmp_path / "mine") in said
    assert ("cannot guess words" in said) is headless
