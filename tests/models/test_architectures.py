"""Every kind of BERT checkpoint gives the numbers that transformers' own from_pretrained gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

import attention_atlas as aa
from attention_atlas.models.model import Model
from checkpoints import make_checkpoint

WITH_HEAD = ["BertForMaskedLM", "BertForPreTraining"]
WITHOUT_HEAD = [
    "BertModel",
    "BertForSequenceClassification",
    "BertForTokenClassification",
    "BertForQuestionAnswering",
    "BertForMultipleChoice",
    "BertForNextSentencePrediction",
]


def expect_the_same(model: Model, folder: Path, architecture: str) -> None:
    """Compares with the checkpoint's own architecture: hidden states, and logits if it has them."""
    reference = getattr(transformers, architecture).from_pretrained(
        folder, attn_implementation="eager"
    )
    encoder = getattr(reference, "bert", reference)
    words = model.tokenizer(
        "the cat sat on the mat", "it was tired", return_tensors="pt", return_token_type_ids=True
    )
    if model.segments < 2:
        words["token_type_ids"].zero_()
    options = {"output_hidden_states": True, "output_attentions": True}
    with torch.inference_mode():
        expected = encoder.eval()(**words, **options)
        network: Any = model.parts.encoder
        found = network(**words, **options)
    for name in ("hidden_states", "attentions"):
        for ours, theirs in zip(found[name], expected[name], strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=0)
    if hasattr(reference, "cls") and hasattr(reference.cls, "predictions"):
        head: Any = model.parts.prediction_head
        with torch.inference_mode():
            logits = head(found.last_hidden_state)
            theirs = reference.cls.predictions(expected.last_hidden_state)
        np.testing.assert_allclose(logits, theirs, atol=1e-5, rtol=0)


@pytest.mark.parametrize("architecture", WITH_HEAD + WITHOUT_HEAD)
def test_architectures(architecture: str, tmp_path: Path) -> None:
    make_checkpoint(tmp_path, architecture=getattr(transformers, architecture))
    model = aa.load_model(tmp_path)
    assert model.has_prediction_head == (architecture in WITH_HEAD)
    expect_the_same(model, tmp_path, architecture)


@pytest.mark.parametrize(
    "sizes",
    [
        {"layers": 1, "heads": 1, "head_size": 5, "intermediate": 3},
        {"layers": 5, "heads": 4, "head_size": 2, "intermediate": 13},
        {"activation": "relu"},
        {"activation": "gelu_new"},
        {"type_vocab_size": 1},
        {"type_vocab_size": 3},
        {"layer_norm_eps": 1e-3},
        {"tie_word_embeddings": False},
        {"chunk_size_feed_forward": 2},
    ],
    ids=str,
)
def test_sizes_and_settings(sizes: dict[str, Any], tmp_path: Path) -> None:
    make_checkpoint(tmp_path, **sizes)
    model = aa.load_model(tmp_path)
    config: Any = model.network.config
    assert config.chunk_size_feed_forward == 0
    assert (model.layers, model.heads) == (sizes.get("layers", 2), sizes.get("heads", 3))
    assert model.hidden_size == model.heads * sizes.get("head_size", 7)
    assert model.head_size == sizes.get("head_size", 7)
    assert model.intermediate_size == sizes.get("intermediate", 11)
    assert model.segments == sizes.get("type_vocab_size", 2)
    assert model.activation == sizes.get("activation", "gelu")
    assert model.vocabulary_size == len(model.tokenizer)
    expect_the_same(model, tmp_path, "BertForMaskedLM")


def test_the_network_is_ready_to_be_looked_at(checkpoint_folder: Path) -> None:
    model = aa.load_model(checkpoint_folder, device="cpu")
    assert not model.network.training
    assert {each.dtype for each in model.network.parameters()} == {torch.float32}
    assert not any(each.requires_grad for each in model.network.parameters())
    assert model.device == torch.device("cpu")
    config: Any = model.network.config
    assert config._attn_implementation == "eager"
    assert (model.name, model.source) == (str(checkpoint_folder), "folder")


def test_a_checkpoint_cannot_choose_what_is_returned(tmp_path: Path) -> None:
    make_checkpoint(tmp_path)
    path = tmp_path / "config.json"
    ours = {"output_attentions": True, "output_hidden_states": True, "return_dict": False}
    path.write_text(json.dumps(json.loads(path.read_text()) | ours))
    config: Any = aa.load_model(tmp_path).network.config
    assert not config.output_attentions
    assert not config.output_hidden_states
    assert config.return_dict


def rename(folder: Path, *, shards: int = 0, drop: str = "", **replacements: str) -> None:
    """Writes the weights again under other names, or in several files."""
    weights = load_file(folder / "model.safetensors")
    renamed = {}
    for name, tensor in weights.items():
        if drop and name.startswith(drop):
            continue
        for old, new in replacements.items():
            name = name.replace(old.replace("_", "."), new)
        renamed[name] = tensor
    if not shards:
        save_file(renamed, folder / "model.safetensors", metadata={"format": "pt"})
        return
    (folder / "model.safetensors").unlink()
    index = {}
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        part = dict(sorted(renamed.items())[shard::shards])
        save_file(part, folder / file, metadata={"format": "pt"})
        index |= dict.fromkeys(part, file)
    content = {"metadata": {}, "weight_map": index}
    (folder / "model.safetensors.index.json").write_text(json.dumps(content))


def test_the_old_names_of_the_first_checkpoints(tmp_path: Path) -> None:
    """bert-base-uncased itself says LayerNorm.gamma and LayerNorm.beta."""
    make_checkpoint(tmp_path, architecture=transformers.BertForPreTraining)
    before = aa.load_model(tmp_path)
    rename(tmp_path, LayerNorm_weight="LayerNorm.gamma", LayerNorm_bias="LayerNorm.beta")
    assert any("gamma" in name for name in load_file(tmp_path / "model.safetensors"))
    after = aa.load_model(tmp_path)
    ours, theirs = after.network.state_dict(), before.network.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_checkpoint_in_several_files(tmp_path: Path) -> None:
    make_checkpoint(tmp_path)
    before = aa.load_model(tmp_path).network.state_dict()
    rename(tmp_path, shards=3)
    after = aa.load_model(tmp_path).network.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    expect_the_same(aa.load_model(tmp_path), tmp_path, "BertForMaskedLM")


def test_a_head_whose_bias_is_written_twice(tmp_path: Path) -> None:
    """Older versions of transformers wrote the decoder's own weight and bias, too."""
    make_checkpoint(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    weights["cls.predictions.decoder.bias"] = weights["cls.predictions.bias"].clone()
    embeddings = weights["bert.embeddings.word_embeddings.weight"]
    weights["cls.predictions.decoder.weight"] = embeddings.clone()
    weights["bert.embeddings.position_ids"] = torch.arange(37)[None]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    expect_the_same(aa.load_model(tmp_path), tmp_path, "BertForMaskedLM")


def test_half_precision_is_shown_in_single(tmp_path: Path) -> None:
    make_checkpoint(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    halved = {name: tensor.half() for name, tensor in weights.items()}
    save_file(halved, tmp_path / "model.safetensors", metadata={"format": "pt"})
    model = aa.load_model(tmp_path)
    name = "bert.embeddings.word_embeddings.weight"
    assert torch.equal(model.network.state_dict()[name], halved[name].float())


def test_the_limit_is_the_smaller_of_network_and_tokenizer(tmp_path: Path) -> None:
    make_checkpoint(tmp_path)
    path = tmp_path / "tokenizer_config.json"
    content = json.loads(path.read_text())
    for limit, expected in ((10**30, 37), (23, 23), (99, 37)):
        path.write_text(json.dumps(content | {"model_max_length": limit}))
        assert aa.load_model(tmp_path).max_tokens == expected


def only_a_vocabulary(folder: Path, pieces: list[str], **config: object) -> None:
    """Leaves vocab.txt as the only file of the tokenizer, as the first checkpoints had it."""
    (folder / "tokenizer.json").unlink()
    path = folder / "tokenizer_config.json"
    path.unlink()
    if config:
        path.write_text(json.dumps(config))
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")


def pieces_of(model: Model) -> list[str]:
    vocabulary = model.tokenizer.get_vocab()
    return sorted(vocabulary, key=vocabulary.__getitem__)


@pytest.mark.parametrize(("cased", "expected"), [(False, "the"), (True, "[UNK]")])
def test_vocab_txt_alone(cased: bool, expected: str, tmp_path: Path) -> None:
    make_checkpoint(tmp_path)
    before = aa.load_model(tmp_path)
    only_a_vocabulary(tmp_path, pieces_of(before), **({"do_lower_case": False} if cased else {}))
    model = aa.load_model(tmp_path)
    text = "THE cat sat"
    assert model.tokenizer.tokenize(text) == [expected, "cat", "sat"]
    found = model.tokenizer(text, return_offsets_mapping=True)
    assert found["offset_mapping"] == [(0, 0), (0, 3), (4, 7), (8, 11), (0, 0)]
    assert model.max_tokens == 37


@pytest.mark.parametrize("only_vocab", [False, True])
def test_a_tokenizer_without_mask(only_vocab: bool, tmp_path: Path) -> None:
    """[MASK] may not be made up: the network has no vector for it."""
    make_checkpoint(tmp_path, architecture=transformers.BertModel)
    pieces = [each for each in pieces_of(aa.load_model(tmp_path)) if each != "[MASK]"]
    config = tmp_path / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"vocab_size": len(pieces)}))
    weights = load_file(tmp_path / "model.safetensors")
    name = "embeddings.word_embeddings.weight"
    weights[name] = weights[name][: len(pieces)].clone()
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    if only_vocab:
        only_a_vocabulary(tmp_path, pieces)
    else:
        path = tmp_path / "tokenizer.json"
        content = json.loads(path.read_text())
        content["model"]["vocab"] = {piece: i for i, piece in enumerate(pieces)}
        content["added_tokens"] = [
            token | {"id": pieces.index(token["content"])}
            for token in content["added_tokens"]
            if token["content"] != "[MASK]"
        ]
        content["post_processor"] = {
            "type": "BertProcessing",
            "sep": ["[SEP]", pieces.index("[SEP]")],
            "cls": ["[CLS]", pieces.index("[CLS]")],
        }
        path.write_text(json.dumps(content))
        path = tmp_path / "tokenizer_config.json"
        content = json.loads(path.read_text())
        path.write_text(json.dumps({key: content[key] for key in content if key != "mask_token"}))
    model = aa.load_model(tmp_path)
    assert model.tokenizer.mask_token is None
    assert model.tokenizer.tokenize("the cat") == ["the", "cat"]
    assert model.vocabulary_size == len(pieces)
