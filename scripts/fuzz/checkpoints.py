"""The files of a checkpoint, any bytes: a checkpoint, or a plain refusal. No weights are read.

The first byte says which file the others are.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

import atheris

# Their code is not what is fuzzed here, and takes half a minute to import.
from transformers import BertConfig  # noqa: F401
from transformers.activations import ACT2FN  # noqa: F401

with atheris.instrument_imports(include=["attention_atlas", "json"]):
    from attention_atlas.errors import AttentionAtlasError
    from attention_atlas.models.catalog import embedded_folder
    from attention_atlas.models.checkpoint import WEIGHTS, WEIGHTS_INDEX, open_checkpoint
    from attention_atlas.models.configuration import config_of

FILES = ("config.json", "tokenizer_config.json", WEIGHTS_INDEX, WEIGHTS)
FOLDER = Path(tempfile.mkdtemp())
WHOLE = {name: (embedded_folder() / name).read_bytes() for name in FILES[:2]}
# A header as safetensors has it, with one tensor of one number.
HEADER = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
WHOLE[WEIGHTS] = len(HEADER).to_bytes(8, "little") + HEADER + bytes(4)
shutil.copy(embedded_folder() / "tokenizer.json", FOLDER)


def one_input(data: bytes) -> None:
    """Opens a folder of whole files and this one."""
    which = FILES[data[0] % len(FILES)] if data else FILES[0]
    for name in FILES:
        (FOLDER / name).unlink(missing_ok=True)
    for name, content in WHOLE.items():
        if which != WEIGHTS_INDEX or name != WEIGHTS:
            (FOLDER / name).write_bytes(content)
    (FOLDER / which).write_bytes(data[1:])
    with contextlib.suppress(AttentionAtlasError):
        config_of(open_checkpoint(FOLDER, "fuzzed", "Choose another."))


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
