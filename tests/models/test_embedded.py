"""The checkpoint that ships with the package."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from setuptools import Distribution
from transformers import AutoModelForMaskedLM, AutoTokenizer, BertForMaskedLM

import attention_atlas as aa
from attention_atlas.models.catalog import embedded_folder

FOLDER = embedded_folder()
ROOT = Path(__file__).parents[2]
FILES = {
    "NOTICE",
    "README.md",
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
}


def test_the_weights_are_the_ones_the_notice_names() -> None:
    weights = FOLDER / "model.safetensors"
    assert weights.stat().st_size == 45_501_188 <= 46_000_000
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert digest == "4ccb6b57e29b5fb2d259f7959014ef7c1c142f7d7141607c882788de9f33ceb2"
    assert digest in (FOLDER / "NOTICE").read_text(encoding="utf-8")


def test_every_file_is_package_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    project = Distribution()
    project.parse_config_files()
    build = project.get_command_obj("build_py")
    build.ensure_finalized()
    build.manifest_files = {}  # what is listed, without asking git or an old manifest
    found = build.find_data_files("attention_atlas", str(ROOT / "src" / "attention_atlas"))
    packed = {Path(file).name for file in found if Path(file).parent.name == "embedded"}
    assert packed == FILES
    assert {path.name for path in FOLDER.iterdir()} == FILES


def test_plain_from_pretrained_loads_it() -> None:
    network, report = AutoModelForMaskedLM.from_pretrained(FOLDER, output_loading_info=True)
    assert type(network) is BertForMaskedLM
    assert not any(report.values())
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    assert tokenizer.is_fast
    assert tokenizer.tokenize("Unaffable cats!") == ["una", "##ffa", "##ble", "cats", "!"]


def test_load_model_gives_the_same_numbers_in_single_precision() -> None:
    model = aa.load_model("embedded")
    assert (model.layers, model.heads, model.head_size) == (6, 12, 32)
    assert (model.hidden_size, model.intermediate_size) == (384, 1536)
    assert (model.vocabulary_size, model.max_tokens, model.segments) == (30522, 512, 2)
    assert (model.name, model.source, model.activation) == ("embedded", "embedded", "gelu")
    assert model.has_prediction_head
    plain = AutoModelForMaskedLM.from_pretrained(
        FOLDER, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    words = model.tokenizer("the cat sat on the mat", "it was tired", return_tensors="pt")
    with torch.inference_mode():
        expected = plain(**words, output_hidden_states=True)
        found = model.network(**words, output_hidden_states=True)
    torch.testing.assert_close(found.logits, expected.logits, atol=1e-5, rtol=0)
    for ours, theirs in zip(found.hidden_states, expected.hidden_states, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


def test_it_has_learned_to_guess() -> None:
    model = aa.load_model("embedded")
    words = model.tokenizer("She drank a cup of [MASK].", return_tensors="pt")
    with torch.inference_mode():
        logits = model.network(**words).logits[0, 6]
    likeliest = [model.tokenizer.decode([int(each)]) for each in logits.topk(2).indices]
    assert likeliest == ["tea", "coffee"]  # as its model card says
