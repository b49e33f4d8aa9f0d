"""Checkpoints with bits turned, headers that lie, and sizes that no machine has: plain errors."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import attention_atlas as aa
from attention_atlas.errors import AttentionAtlasError, IncompleteModel, UnsupportedModel
from checkpoints import change_config, make_tokenizer, refusal

REMEDY = "Complete the folder, or choose another model."
DAMAGED = f"model.safetensors of the model 'NAME' is damaged or not complete. {REMEDY}"


@pytest.fixture
def folder(checkpoint_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoint_folder, tmp_path / "model"))


def header_of(weights: Path) -> tuple[dict[str, Any], bytes]:
    content = weights.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + size]), content[8 + size :]


def with_header(weights: Path, header: dict[str, Any], data: bytes) -> None:
    text = json.dumps(header).encode()
    weights.write_bytes(struct.pack("<Q", len(text)) + text + data)


# The weight file


@pytest.mark.parametrize("size", [10**15, 2**64 - 1, 0, 1, 2**31])
def test_a_header_of_an_absurd_length(size: int, folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(struct.pack("<Q", size) + weights.read_bytes()[8:])
    assert refusal(folder, IncompleteModel) == DAMAGED


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 500, 20_000])
def test_a_file_that_ends_early(length: int, folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:length])
    assert refusal(folder, IncompleteModel) == DAMAGED


def test_any_bit_of_the_header_may_be_turned(folder: Path) -> None:
    """A plain error, or, where a name of no importance was hit, the model; never anything else."""
    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    (size,) = struct.unpack("<Q", whole[:8])
    for at in range(0, 8 + size, 61):
        turned = bytearray(whole)
        turned[at] ^= 1 << at % 8
        weights.write_bytes(turned)
        try:
            aa.load_model(folder)
        except (IncompleteModel, UnsupportedModel):
            continue


def test_tensors_that_reach_beyond_the_file(folder: Path) -> None:
    header, data = header_of(folder / "model.safetensors")
    name = "bert.embeddings.word_embeddings.weight"
    header[name] |= {"shape": [10**9, 10**9], "data_offsets": [0, 4 * 10**18]}
    with_header(folder / "model.safetensors", header, data)
    assert refusal(folder, IncompleteModel) == DAMAGED


@pytest.mark.parametrize("dtype", ["I32", "U32"])
def test_numbers_that_are_announced_as_whole_ones(dtype: str, folder: Path) -> None:
    """One letter of the header; the size fits, and every number would be another one."""
    header, data = header_of(folder / "model.safetensors")
    name = "bert.encoder.layer.1.output.dense.weight"
    header[name]["dtype"] = dtype
    with_header(folder / "model.safetensors", header, data)
    assert refusal(folder, IncompleteModel) == (
        f"The tensor '{name}' of the model 'NAME' is stored as {dtype}, and weights are F64, F32, "
        f"F16 or BF16. {REMEDY}"
    )


def test_a_shape_with_its_axes_swapped(folder: Path) -> None:
    header, data = header_of(folder / "model.safetensors")
    name = "bert.encoder.layer.0.intermediate.dense.weight"
    header[name]["shape"].reverse()
    with_header(folder / "model.safetensors", header, data)
    assert refusal(folder, IncompleteModel) == (
        f"The tensor '{name}' of the model 'NAME' has the shape (21, 11), and config.json says "
        f"(11, 21). {REMEDY}"
    )


def test_the_positions_of_old_checkpoints_are_no_weights(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    weights["bert.embeddings.position_ids"] = torch.arange(37)[None]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert aa.load_model(folder).layers == 2


# The configuration


@pytest.mark.parametrize(
    ("size", "value"),
    [
        ("num_hidden_layers", 10**9),
        ("num_hidden_layers", 10**400),
        ("hidden_size", 3 * 10**6),
        ("hidden_size", 3 * 10**12),
        ("intermediate_size", 10**9),
        ("vocab_size", 10**9),
        ("vocab_size", 2**63),
        ("max_position_embeddings", 10**12),
        ("type_vocab_size", 10**12),
    ],
    ids=lambda value: str(value)[:20],
)
def test_sizes_that_no_machine_has(size: str, value: int, folder: Path) -> None:
    """Said at once: nothing is built by them."""
    held = sum(tensor.numel() for tensor in load_file(folder / "model.safetensors").values())
    change_config(folder, **{size: value})
    message = refusal(folder, IncompleteModel)
    assert message.startswith("config.json of the model 'NAME' is for ")
    assert message.endswith(f"and the weights hold {held:,}: they are not of one model. {REMEDY}")


def test_more_layers_than_there_are_tensors(folder: Path) -> None:
    change_config(folder, num_hidden_layers=500)
    assert refusal(folder, IncompleteModel) == (
        "config.json of the model 'NAME' says that there are 500 layers, and the weights are 42 "
        f"tensors, too few for them. {REMEDY}"
    )


@pytest.mark.parametrize(
    "size",
    [
        "num_hidden_layers",
        "num_attention_heads",
        "hidden_size",
        "intermediate_size",
        "vocab_size",
        "max_position_embeddings",
        "type_vocab_size",
    ],
)
@pytest.mark.parametrize("value", [0, -1, -(10**12)])
def test_sizes_below_one(size: str, value: int, folder: Path) -> None:
    change_config(folder, **{size: value})
    assert refusal(folder, IncompleteModel) == (
        f"config.json of the model 'NAME' says {size} = {value}, and a BERT has at least 1. "
        f"{REMEDY}"
    )


@pytest.mark.parametrize(
    "setting",
    [
        {"hidden_size": "21"},
        {"hidden_size": 21.5},
        {"num_hidden_layers": None},
        {"num_attention_heads": [3]},
        {"vocab_size": True},
        {"vocab_size": 1e400},
        {"layer_norm_eps": "small"},
        {"layer_norm_eps": {}},
        {"layer_norm_eps": -1.0},
        {"layer_norm_eps": float("nan")},
        {"hidden_dropout_prob": "x"},
        {"hidden_dropout_prob": 7.0},
        {"initializer_range": "x"},
        {"pad_token_id": 10**9},
        {"pad_token_id": "x"},
        {"pad_token_id": -500},
        {"architectures": 7},
        {"architectures": {"a": 1}},
        {"model_type": ["bert"]},
        {"model_type": {"a": "bert"}},
        {"hidden_act": 5},
        {"hidden_act": ["gelu"]},
        {"dtype": "float99"},
        {"torch_dtype": "os.system"},
        {"tie_word_embeddings": "x"},
        {"id2label": 3},
        {"num_labels": -5},
        {"num_labels": 10**12},
        {"problem_type": "x"},
        {"attn_implementation": "x"},
        {"chunk_size_feed_forward": 5},
        {"auto_map": 5},
        {"is_decoder": "x"},
        {"transformers_version": {"a": []}},
    ],
    ids=json.dumps,
)
def test_settings_of_the_wrong_kind(setting: dict[str, Any], folder: Path) -> None:
    """Refused in one of our sentences, or of no consequence; nothing else comes out."""
    change_config(folder, **setting)
    try:
        model = aa.load_model(folder)
    except AttentionAtlasError:
        return
    assert aa.trace(model, "the cat").hidden_states.shape == (3, 4, 21)


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        "[]",
        "null",
        '"x"',
        "\ufeff{}",
        "{" * 50_000,
        '{"vocab_size": ' + "9" * 9_000 + "}",
    ],
    ids=["deep", "list", "null", "string", "mark", "deeper", "long number"],
)
def test_a_config_that_is_no_object(content: str, folder: Path) -> None:
    (folder / "config.json").write_text(content)
    assert refusal(folder, IncompleteModel).startswith(
        "config.json of the model 'NAME' cannot be read: it is not "
    )


def test_a_config_of_gigabytes_is_not_read(folder: Path) -> None:
    with (folder / "config.json").open("wb") as file:
        file.truncate(40 * 2**30)  # a hole: it takes no room on the disk
    assert refusal(folder, IncompleteModel) == (
        f"config.json of the model 'NAME' cannot be read: it is not valid JSON. {REMEDY}"
    )


def test_an_index_that_is_no_index(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    index = folder / "model.safetensors.index.json"
    for content in (
        '{"weight_map": []}',
        '{"weight_map": {"a": 5}}',
        '{"weight_map": {"a": null}}',
    ):
        index.write_text(content)
        assert refusal(folder, IncompleteModel).endswith(REMEDY)


# The tokenizer


def test_the_tokenizer_of_a_larger_model(folder: Path) -> None:
    tokenizer = make_tokenizer()
    tokenizer.add_tokens([f"word{i}" for i in range(500)])
    tokenizer.save_pretrained(folder)
    assert refusal(folder, IncompleteModel) == (
        "The tokenizer of the model 'NAME' has 605 pieces, more than the 105 of the embedding "
        f"table (vocab_size in config.json). {REMEDY}"
    )


@pytest.mark.parametrize(
    "content",
    [
        "",
        "null",
        "[]",
        "{",
        '{"model": {"type": "WordPiece"}}',
        '{"version": "9", "model": {}}',
        "\0" * 99,
    ],
)
def test_a_tokenizer_that_is_none(content: str, folder: Path) -> None:
    (folder / "tokenizer.json").write_text(content)
    message = refusal(folder, IncompleteModel)
    assert message.startswith("The tokenizer of the model 'NAME' could not be read (")
    assert message.endswith(f"). {REMEDY}")


def test_any_bit_of_the_tokenizer_may_be_turned(folder: Path) -> None:
    path = folder / "tokenizer.json"
    whole = path.read_bytes()
    for at in range(0, len(whole), 331):
        turned = bytearray(whole)
        turned[at] ^= 1 << at % 7
        path.write_bytes(turned)
        try:
            model = aa.load_model(folder)
            aa.trace(model, "the cat sat on the mat")
        except AttentionAtlasError:
            continue
