"""Small random checkpoints for the tests, written to disk as a user would have them.

The sizes are pairwise different on purpose: a swapped axis then cannot go unnoticed.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast

from attention_atlas.errors import AttentionAtlasError
from attention_atlas.models.loading import load_model

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = (
    "the a cat dog mat sat on it was tired because and he she how old are you what is your age"
    " ? . , < > ! ' \" / ( ) ; = - alert script img src x onerror un ##aff ##able play"
    " ##ing ##s ##ed 1 2"
).split()


def make_tokenizer(*, lowercase: bool = True, max_tokens: int = 37) -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer that treats text as BERT's does, with a few dozen words."""
    letters = [c for c in "abcdefghijklmnopqrstuvwxyz" if c not in WORDS]
    vocabulary = [*SPECIALS, *WORDS, *letters, *(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz")]
    ids = {piece: i for i, piece in enumerate(dict.fromkeys(vocabulary))}
    tokenizer = Tokenizer(WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    cls_sep = [("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"])]
    tokenizer.post_processor = processors.BertProcessing(*cls_sep)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_tokens,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )


def make_checkpoint(
    folder: Path,
    *,
    architecture: type = BertForMaskedLM,
    layers: int = 2,
    heads: int = 3,
    head_size: int = 7,
    intermediate: int = 11,
    max_tokens: int = 37,
    activation: str = "gelu",
    seed: int = 0,
    pieces: Sequence[str] = (),
    **config: object,
) -> Path:
    """Writes a random BERT of the given sizes to `folder`, and returns the folder.

    `pieces` are tokens of their own besides WORDS, whatever they hold.
    """
    tokenizer = make_tokenizer(max_tokens=max_tokens)
    tokenizer.add_tokens(list(pieces))
    torch.manual_seed(seed)
    network = architecture(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=heads * head_size,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            intermediate_size=intermediate,
            max_position_embeddings=max_tokens,
            hidden_act=activation,
            initializer_range=0.4,
            **config,
        )
    )
    for parameter in network.parameters():  # no bias stays at zero, no LayerNorm at one
        torch.nn.init.normal_(parameter, mean=parameter.mean().item(), std=0.3)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_enormous(folder: Path) -> Path:
    """A checkpoint of four terabytes, as its header says; the file is a hole and takes no room."""
    make_checkpoint(folder)
    rows = 10**6
    held = {"data_offsets": [0, 4 * rows**2], "dtype": "F32", "shape": [rows, rows]}
    header = json.dumps({"bert.embeddings.word_embeddings.weight": held}).encode()
    with (folder / "model.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + 4 * rows**2)
    return folder


def change_config(folder: Path, **values: Any) -> None:
    """Sets fields of a checkpoint's config.json."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def refusal(folder: Path, error: type[AttentionAtlasError]) -> str:
    """The whole message with which a folder is refused, its name replaced by NAME."""
    with pytest.raises(AttentionAtlasError) as caught:
        load_model(folder)
    assert type(caught.value) is error
    return str(caught.value).replace(str(folder), "NAME")
