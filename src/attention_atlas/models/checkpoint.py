"""A checkpoint folder: which files it must have, and what is refused before anything is loaded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attention_atlas.errors import (
    IncompleteModel,
    RemoteCodeRefused,
    UnsafeWeights,
    UnsupportedModel,
)
from attention_atlas.models.families.bert import MODEL_TYPE
from attention_atlas.models.weights import StoredTensor, stored_tensors

CONFIG = "config.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
VOCABULARIES = ("tokenizer.json", "vocab.txt")
TOKENIZER_EXTRAS = (TOKENIZER_CONFIG, "special_tokens_map.json", "added_tokens.json")
WEIGHTS = "model.safetensors"
WEIGHTS_INDEX = "model.safetensors.index.json"

_LARGEST_JSON = 64 * 2**20  # an index of thousands of tensors has some hundred kilobytes
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_SUPPORTED = (
    "Attention Atlas looks inside BERT encoders (BertModel, BertForMaskedLM, "
    "BertForSequenceClassification and the like): choose a checkpoint with the model type "
    f'"{MODEL_TYPE}".'
)


@dataclass(frozen=True)
class Checkpoint:
    """A folder in which everything a BERT needs was found."""

    name: str
    """What the person asked for; messages use it."""
    folder: Path
    remedy: str
    """One sentence: what to do when a file of this folder turns out to be damaged."""
    config: dict[str, Any]
    tensors: Mapping[str, StoredTensor]
    """What the weight files hold, under the names that are written there."""


def open_checkpoint(folder: Path, name: str, remedy: str) -> Checkpoint:
    """Finds and checks every file of the folder; reads what tensors there are, not the tensors.

    Raises:
        RemoteCodeRefused: the checkpoint asks to run code of its own.
        UnsupportedModel: it is not a BERT encoder.
        UnsafeWeights: it has pickled weights only.
        IncompleteModel: a file is missing or damaged.
    """
    files = {path.name for path in folder.iterdir() if path.is_file()}
    if CONFIG not in files:
        raise IncompleteModel(f"The model '{name}' has no {CONFIG}. {remedy}")
    config = read_json(folder / CONFIG, name, remedy)
    check_config(config, name)
    check_weight_files(files, name, remedy)
    vocabulary_of(files, name, remedy)
    if TOKENIZER_CONFIG in files:
        check_tokenizer_config(read_json(folder / TOKENIZER_CONFIG, name, remedy), name)
    tensors = stored_tensors(_weight_files(folder, name, remedy), name, remedy)
    return Checkpoint(name, folder, remedy, config, tensors)


def check_config(config: dict[str, Any], name: str) -> None:
    """Refuses what cannot or must not be loaded, from config.json alone.

    Raises:
        RemoteCodeRefused: the checkpoint asks to run code of its own.
        UnsupportedModel: it is not a BERT encoder.
    """
    _refuse_remote_code(config, name, CONFIG)
    kind = config.get("model_type")
    architectures = config.get("architectures") or ()
    # Checkpoints from before transformers 2.2 name an architecture and no model type.
    if kind is None and any(str(each).startswith("Bert") for each in architectures):
        kind = MODEL_TYPE
    if kind != MODEL_TYPE:
        what = (
            f'has the model type "{kind}"' if kind else f"does not say its model type in {CONFIG}"
        )
        raise UnsupportedModel(f"The model '{name}' {what}. {_SUPPORTED}")
    if config.get("is_decoder") or config.get("add_cross_attention"):
        raise UnsupportedModel(
            f"The model '{name}' is a BERT set up as a decoder (is_decoder or "
            f"add_cross_attention in {CONFIG}). {_SUPPORTED}"
        )
    positions = config.get("position_embedding_type", "absolute")
    if positions != "absolute":
        raise UnsupportedModel(
            f"The model '{name}' has \"{positions}\" positions, which are added inside every "
            'layer; only BERT\'s own "absolute" positions are supported. Choose another checkpoint.'
        )
    if config.get("quantization_config") or config.get("pruned_heads"):
        raise UnsupportedModel(
            f"The model '{name}' is quantized or has heads cut out, so its numbers are not those "
            "of a plain BERT. Choose the checkpoint it was made from."
        )


def check_tokenizer_config(config: dict[str, Any], name: str) -> None:
    """Refuses a tokenizer that asks to run code of its own (RemoteCodeRefused)."""
    _refuse_remote_code(config, name, TOKENIZER_CONFIG)


def check_weight_files(files: Iterable[str], name: str, remedy: str) -> None:
    """Looks for weights in safetensors among the names of the checkpoint's files.

    Raises:
        UnsafeWeights: there are pickled weights only.
        IncompleteModel: there are no weights.
    """
    files = set(files)
    if WEIGHTS in files or WEIGHTS_INDEX in files:
        return
    pickled = sorted(file for file in files if file.endswith(_PICKLES))
    if pickled:
        raise UnsafeWeights(
            f"The model '{name}' has its weights in {pickled[0]} only, a pickle, which can run any "
            f"code while it loads, so it is not opened. Choose a checkpoint with {WEIGHTS}, or "
            "convert this one with save_pretrained if you trust it."
        )
    raise IncompleteModel(f"The model '{name}' has no {WEIGHTS}. {remedy}")


def vocabulary_of(files: Iterable[str], name: str, remedy: str) -> str:
    """Which of the files holds the vocabulary: tokenizer.json, else vocab.txt."""
    files = set(files)
    for vocabulary in VOCABULARIES:
        if vocabulary in files:
            return vocabulary
    raise IncompleteModel(
        f"The model '{name}' has no tokenizer: neither {' nor '.join(VOCABULARIES)}. {remedy}"
    )


def shards_of(index: dict[str, Any], name: str, remedy: str) -> tuple[str, ...]:
    """The weight files that an index names, each once, in order."""
    weight_map = index.get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise IncompleteModel(f"{WEIGHTS_INDEX} of the model '{name}' names no file. {remedy}")
    shards = tuple(sorted({str(shard) for shard in weight_map.values()}))
    for shard in shards:
        # A name with a folder in it could point anywhere on the machine.
        if shard != Path(shard.replace("\\", "/")).name or not shard.endswith(".safetensors"):
            raise IncompleteModel(
                f"{WEIGHTS_INDEX} of the model '{name}' names '{shard}', which is not a "
                f".safetensors file of the same folder. {remedy}"
            )
    return shards


def is_whole(folder: Path) -> bool:
    """Whether every file that loading needs is there; looks at names only."""
    if not (folder / CONFIG).is_file():
        return False
    if not any((folder / vocabulary).is_file() for vocabulary in VOCABULARIES):
        return False
    if (folder / WEIGHTS).is_file():
        return True
    if not (folder / WEIGHTS_INDEX).is_file():
        return False
    try:
        shards = shards_of(read_json(folder / WEIGHTS_INDEX, "", ""), "", "")
    except IncompleteModel:
        return False
    return all((folder / shard).is_file() for shard in shards)


def read_json(path: Path, name: str, remedy: str) -> dict[str, Any]:
    """Reads a JSON object; IncompleteModel if the file holds anything else."""
    try:
        if path.stat().st_size > _LARGEST_JSON:
            raise ValueError("too large")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise IncompleteModel(
            f"{path.name} of the model '{name}' cannot be read: it is not valid JSON. {remedy}"
        ) from error
    if not isinstance(content, dict):
        raise IncompleteModel(
            f"{path.name} of the model '{name}' cannot be read: it is not a JSON object. {remedy}"
        )
    return content


def _refuse_remote_code(config: dict[str, Any], name: str, file: str) -> None:
    if config.get("auto_map"):
        raise RemoteCodeRefused(
            f"The model '{name}' asks to run code of its own (auto_map in {file}), and Attention "
            "Atlas never runs code that comes with a model. Choose a checkpoint without auto_map."
        )


def _weight_files(folder: Path, name: str, remedy: str) -> tuple[Path, ...]:
    if (folder / WEIGHTS).is_file():
        return (folder / WEIGHTS,)
    shards = shards_of(read_json(folder / WEIGHTS_INDEX, name, remedy), name, remedy)
    return tuple(folder / shard for shard in shards)
