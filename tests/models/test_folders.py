"""Checkpoint folders: how they are named, and what is wrong with those that are refused."""

from __future__ import annotations

import json
import logging
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

import attention_atlas as aa
from attention_atlas.errors import (
    DownloadCancelled,
    IncompleteModel,
    InvalidChoice,
    ModelNotFound,
    RemoteCodeRefused,
    UnsafeWeights,
    UnsupportedModel,
)
from attention_atlas.models.progress import Progress
from attention_atlas.models.quiet import quiet
from checkpoints import change_config, make_checkpoint, refusal

REMEDY = "Complete the folder, or choose another model."
SUPPORTED = (
    "Attention Atlas looks inside BERT encoders (BertModel, BertForMaskedLM, "
    "BertForSequenceClassification and the like): choose a checkpoint with the model type "
    '"bert".'
)


@pytest.fixture
def folder(checkpoint_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoint_folder, tmp_path / "model"))


def change_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


# How a folder is named


def test_absolute_relative_and_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("HOME", str(folder.parent))
    for name in (str(folder), "model", "./model", "~/model", "model/"):
        model = aa.load_model(name)
        assert (model.name, model.source) == (name, "folder")


def test_embedded_is_never_a_folder_of_that_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.rename(folder.parent / "embedded")
    monkeypatch.chdir(folder.parent)
    assert aa.load_model("embedded").source == "embedded"
    assert aa.load_model("./embedded").source == "folder"


@pytest.mark.parametrize("name", ["/no/such/folder", "./missing", "../missing", "~/missing"])
def test_a_folder_that_is_not_there(name: str, cache: Path) -> None:
    with pytest.raises(ModelNotFound) as caught:
        aa.load_model(name)
    assert str(caught.value) == (
        f"There is no folder '{name}'. Give a folder that holds a checkpoint, a hub id such as "
        '"bert-base-uncased", or "embedded".'
    )


def test_a_file_instead_of_a_folder(folder: Path) -> None:
    name = str(folder / "model.safetensors")
    with pytest.raises(ModelNotFound) as caught:
        aa.load_model(name)
    assert str(caught.value) == (
        f"'{name}' is a file. Give the folder that holds the checkpoint's config.json."
    )


@pytest.mark.parametrize("name", ["a\0b", "x" * 5_000, "~nobody-of-that-name/x"])
def test_names_the_system_cannot_look_up(name: str, cache: Path) -> None:
    with pytest.raises(ModelNotFound):
        aa.load_model(name)


# Files that are missing or damaged


@pytest.mark.parametrize(
    ("file", "lacks"),
    [
        ("config.json", "config.json"),
        ("tokenizer.json", "tokenizer: neither tokenizer.json nor vocab.txt"),
        ("model.safetensors", "model.safetensors"),
    ],
)
def test_a_missing_file(file: str, lacks: str, folder: Path) -> None:
    (folder / file).unlink()
    assert refusal(folder, IncompleteModel) == f"The model 'NAME' has no {lacks}. {REMEDY}"


def test_an_empty_folder(tmp_path: Path) -> None:
    expected = f"The model 'NAME' has no config.json. {REMEDY}"
    assert refusal(tmp_path, IncompleteModel) == expected


def test_a_missing_shard(folder: Path) -> None:
    shard = "model-00001-of-00002.safetensors"
    (folder / "model.safetensors").rename(folder / shard)
    index = {"weight_map": {"a": shard, "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert refusal(folder, IncompleteModel) == (
        f"The model 'NAME' has no model-00002-of-00002.safetensors. {REMEDY}"
    )


@pytest.mark.parametrize("shard", ["../secret.safetensors", "/etc/x.safetensors", "x.bin"])
def test_an_index_that_points_elsewhere(shard: str, folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": shard}}))
    assert refusal(folder, IncompleteModel) == (
        f"model.safetensors.index.json of the model 'NAME' names '{shard}', which is not a "
        f".safetensors file of the same folder. {REMEDY}"
    )


@pytest.mark.parametrize("content", ["", "{", "not json"])
def test_a_config_that_is_not_json(content: str, folder: Path) -> None:
    (folder / "config.json").write_text(content)
    assert refusal(folder, IncompleteModel) == (
        f"config.json of the model 'NAME' cannot be read: it is not valid JSON. {REMEDY}"
    )


@pytest.mark.parametrize("damage", [b"", b"\xff" * 100, None], ids=["empty", "noise", "cut"])
def test_weights_that_are_damaged(damage: bytes | None, folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100] if damage is None else damage)
    assert refusal(folder, IncompleteModel) == (
        f"model.safetensors of the model 'NAME' is damaged or not complete. {REMEDY}"
    )


def test_a_tokenizer_that_is_damaged(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")
    message = refusal(folder, IncompleteModel)
    assert message.startswith("The tokenizer of the model 'NAME' could not be read (")
    assert message.endswith(f"). {REMEDY}")


# Files that do not fit each other


def test_a_missing_tensor(folder: Path) -> None:
    name = "bert.encoder.layer.1.attention.self.query.weight"
    change_weights(folder, lambda weights: weights.pop(name))
    assert refusal(folder, IncompleteModel) == (
        f"The weights of the model 'NAME' lack the tensor '{name}'. {REMEDY}"
    )


def test_an_encoder_that_is_missing(folder: Path) -> None:
    """What is left is the head: nothing of the network may be random."""

    def only_head(weights: dict[str, torch.Tensor]) -> None:
        for name in [name for name in weights if name.startswith("bert.encoder.")]:
            del weights[name]

    change_weights(folder, only_head)
    assert refusal(folder, IncompleteModel) == (
        "The weights of the model 'NAME' lack the tensor "
        "'bert.encoder.layer.0.attention.output.LayerNorm.bias' and 31 more. "
        f"{REMEDY}"
    )


def test_a_head_that_is_not_whole(folder: Path) -> None:
    name = "cls.predictions.transform.dense.weight"
    change_weights(folder, lambda weights: weights.pop(name))
    assert refusal(folder, IncompleteModel) == (
        f"The weights of the model 'NAME' lack the tensor '{name}'. {REMEDY}"
    )


def test_an_untied_decoder_that_is_missing(tmp_path: Path) -> None:
    make_checkpoint(tmp_path, tie_word_embeddings=False)
    change_weights(tmp_path, lambda weights: weights.pop("cls.predictions.decoder.weight"))
    assert refusal(tmp_path, IncompleteModel) == (
        "The weights of the model 'NAME' lack the tensor 'cls.predictions.decoder.weight'. "
        f"{REMEDY}"
    )


def test_a_shape_that_the_config_does_not_say(folder: Path) -> None:
    change_config(folder, intermediate_size=13)
    assert refusal(folder, IncompleteModel) == (
        "The tensor 'bert.encoder.layer.0.intermediate.dense.bias' of the model 'NAME' has the "
        f"shape (11,), and config.json says (13,). {REMEDY}"
    )


def test_more_layers_than_the_config_says(folder: Path) -> None:
    change_config(folder, num_hidden_layers=1)
    assert refusal(folder, IncompleteModel) == (
        "The weights of the model 'NAME' have a layer 2, and config.json says that there are 1. "
        f"{REMEDY}"
    )


def test_heads_that_do_not_come_out_even(folder: Path) -> None:
    change_config(folder, num_attention_heads=4)
    assert refusal(folder, IncompleteModel) == (
        "config.json of the model 'NAME' shares a hidden size of 21 among 4 heads, which does not "
        f"come out even. {REMEDY}"
    )


def test_a_value_of_the_wrong_kind(folder: Path) -> None:
    change_config(folder, num_hidden_layers="two")
    message = refusal(folder, IncompleteModel)
    assert message.startswith("config.json of the model 'NAME' is not a BERT's (")
    assert message.endswith(f"). {REMEDY}")


def test_more_pieces_than_vectors(folder: Path) -> None:
    change_config(folder, vocab_size=50)

    def shorten(weights: dict[str, torch.Tensor]) -> None:
        for name in ("bert.embeddings.word_embeddings.weight", "cls.predictions.bias"):
            weights[name] = weights[name][:50].clone()

    change_weights(folder, shorten)
    assert refusal(folder, IncompleteModel) == (
        "The tokenizer of the model 'NAME' has 105 pieces, more than the 50 of the embedding "
        f"table (vocab_size in config.json). {REMEDY}"
    )


# What must not, or cannot, be loaded


@pytest.mark.parametrize("pickle", ["pytorch_model.bin", "model.pt", "weights.ckpt"])
def test_pickles_are_never_opened(pickle: str, folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    # Whoever unpickles this ends the test run.
    (folder / pickle).write_bytes(b"cposix\n_exit\n(I1\ntR.")
    assert refusal(folder, UnsafeWeights) == (
        f"The model 'NAME' has its weights in {pickle} only, a pickle, which can run any code "
        "while it loads, so it is not opened. Choose a checkpoint with model.safetensors, or "
        "convert this one with save_pretrained if you trust it."
    )


def test_pickles_beside_safetensors_are_left_alone(folder: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(b"cposix\n_exit\n(I1\ntR.")
    assert aa.load_model(folder).layers == 2


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_remote_code_is_refused(file: str, folder: Path) -> None:
    path = folder / file
    mine = {"auto_map": {"AutoModel": "mine.Model", "AutoTokenizer": ["mine.Tokenizer", None]}}
    path.write_text(json.dumps(json.loads(path.read_text()) | mine))
    (folder / "mine.py").write_text("import os; os._exit(1)")
    assert refusal(folder, RemoteCodeRefused) == (
        f"The model 'NAME' asks to run code of its own (auto_map in {file}), and Attention Atlas "
        "never runs code that comes with a model. Choose a checkpoint without auto_map."
    )


@pytest.mark.parametrize("architecture", ["GPT2LMHeadModel", "RobertaForMaskedLM"])
def test_another_architecture(architecture: str, tmp_path: Path) -> None:
    family = architecture.removesuffix("LMHeadModel").removesuffix("ForMaskedLM")
    config = getattr(transformers, f"{family}Config")(
        vocab_size=11, hidden_size=6, num_hidden_layers=1, num_attention_heads=2
    )
    getattr(transformers, architecture)(config).save_pretrained(tmp_path)
    assert refusal(tmp_path, UnsupportedModel) == (
        f"The model 'NAME' has the model type \"{family.lower()}\". {SUPPORTED}"
    )


def test_a_config_of_no_known_kind(folder: Path) -> None:
    change_config(folder, model_type=None, architectures=None)
    assert refusal(folder, UnsupportedModel) == (
        f"The model 'NAME' does not say its model type in config.json. {SUPPORTED}"
    )


def test_an_old_config_that_only_names_the_architecture(folder: Path) -> None:
    change_config(folder, model_type=None)
    assert aa.load_model(folder).has_prediction_head


@pytest.mark.parametrize("setting", ["is_decoder", "add_cross_attention"])
def test_a_decoder(setting: str, folder: Path) -> None:
    change_config(folder, **{setting: True})
    assert refusal(folder, UnsupportedModel) == (
        "The model 'NAME' is a BERT set up as a decoder (is_decoder or add_cross_attention in "
        f"config.json). {SUPPORTED}"
    )


def test_relative_positions(folder: Path) -> None:
    change_config(folder, position_embedding_type="relative_key")
    assert refusal(folder, UnsupportedModel) == (
        "The model 'NAME' has \"relative_key\" positions, which are added inside every layer; only "
        'BERT\'s own "absolute" positions are supported. Choose another checkpoint.'
    )


@pytest.mark.parametrize(
    "setting", [{"pruned_heads": {"0": [1]}}, {"quantization_config": {"quant_method": "x"}}]
)
def test_heads_cut_out_or_quantized(setting: dict[str, Any], folder: Path) -> None:
    change_config(folder, **setting)
    assert refusal(folder, UnsupportedModel) == (
        "The model 'NAME' is quantized or has heads cut out, so its numbers are not those of a "
        "plain BERT. Choose the checkpoint it was made from."
    )


def test_weights_that_a_bert_has_no_place_for(folder: Path) -> None:
    name = "bert.encoder.layer.0.attention.self.query.lora_A.weight"
    change_weights(folder, lambda weights: weights.update({name: torch.ones(2, 3)}))
    assert refusal(folder, UnsupportedModel) == (
        f"The model 'NAME' has the tensor '{name}', which a BERT encoder has no place for: its "
        "numbers would not be this model's. Choose another checkpoint."
    )


def test_an_unknown_activation(folder: Path) -> None:
    change_config(folder, hidden_act="sine")
    assert refusal(folder, UnsupportedModel) == (
        "The model 'NAME' has the activation 'sine', which transformers does not know. Choose "
        "another checkpoint."
    )


@pytest.mark.parametrize("device", ["abacus", "cuda:99", "meta!"])
def test_a_device_that_is_not_there(device: str, folder: Path) -> None:
    with pytest.raises(InvalidChoice) as caught:
        aa.load_model(folder, device=device)
    assert str(caught.value) == (
        f'The device {device!r} cannot be used on this machine. Allowed are "cpu", and "cuda" '
        'or "mps" where there is one; without a device the best one is chosen.'
    )


# What loading says, and to whom


def test_progress_of_a_folder(folder: Path) -> None:
    seen: list[Progress] = []
    aa.load_model(folder, progress=seen.append)
    assert seen == [Progress("loading")]


def test_a_folder_that_is_no_longer_wanted(folder: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(DownloadCancelled) as caught:
        aa.load_model(folder, cancel=cancel)
    assert str(caught.value) == (
        f"Loading the model '{folder}' was stopped. Load it again to go on."
    )


def test_nothing_is_written_to_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A next-sentence head that is not used makes transformers draw a table."""
    make_checkpoint(tmp_path, architecture=transformers.BertForPreTraining)
    capfd.readouterr()
    aa.load_model(tmp_path)
    assert capfd.readouterr() == ("", "")


def test_the_libraries_are_as_loud_as_before(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    aa.load_model(folder)
    capfd.readouterr()
    transformers.BertModel.from_pretrained(folder)
    assert "Loading weights" in capfd.readouterr().err


def test_other_threads_can_still_be_heard() -> None:
    logger = logging.getLogger("transformers.models.bert")
    heard: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    listener = Listener()
    logging.getLogger("transformers").addHandler(listener)
    try:
        with quiet():
            logger.warning("from inside")
            other = threading.Thread(target=logger.warning, args=("from another thread",))
            other.start()
            other.join()
        logger.warning("from after")
    finally:
        logging.getLogger("transformers").removeHandler(listener)
    assert heard == ["from another thread", "from after"]


def test_models_load_side_by_side(folder: Path) -> None:
    expected = aa.load_model(folder).network.state_dict()
    models: list[aa.Model] = []
    threads = [
        threading.Thread(target=lambda: models.append(aa.load_model(folder))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(models) == 4
    for model in models:
        found = model.network.state_dict()
        assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert torch.get_default_dtype() == torch.float32
