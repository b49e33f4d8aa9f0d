"""A checkpoint's files are cut, overwritten, replaced or removed, before and while it is in use."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertForMaskedLM

import attention_atlas as aa
from attention_atlas.errors import IncompleteModel
from attention_atlas.models import loading, network
from attention_atlas.models.catalog import embedded_folder
from checkpoints import make_checkpoint

CHANGED = (
    "The files of the model 'NAME' changed while they were read. Wait until whatever writes them "
    "has ended, and load it again."
)

# In a process of its own: a mapped file that is cut ends the process that looks behind its end.
USED = """
import os, sys
from pathlib import Path
import numpy as np
import attention_atlas as aa
from attention_atlas.models import loading

def cut(file):
    os.truncate(file, 64)

def overwrite(file):
    with file.open("r+b") as open_file:
        open_file.seek(4096)
        open_file.write(b"\\x3f" * (file.stat().st_size - 4096))

def remove(file):
    file.unlink()

for name in sys.argv[1:]:
    folder = Path(name)
    if folder.name == "embedded":
        loading.embedded_folder = lambda folder=folder: folder
        name = "embedded"
    model = aa.load_model(name, device="cpu")
    before = aa.trace(model, "the cat sat")
    for damage in (overwrite, cut, remove):
        for file in sorted(folder.glob("*.safetensors")):
            damage(file)
        after = aa.trace(model, "the cat sat")
        same = np.array_equal(before.hidden_states, after.hidden_states)
        print(folder.name, damage.__name__, same)
"""


def test_a_model_in_use_does_not_notice_what_becomes_of_its_files(tmp_path: Path) -> None:
    folders = {kind: tmp_path / kind for kind in ("float32", "float16", "shards", "embedded")}
    make_checkpoint(folders["float32"], heads=3, head_size=70, intermediate=1100)
    shutil.copytree(folders["float32"], folders["float16"])
    weights = load_file(folders["float32"] / "model.safetensors")
    halves = {name: tensor.to(torch.float16) for name, tensor in weights.items()}
    save_file(halves, folders["float16"] / "model.safetensors", metadata={"format": "pt"})
    shutil.copytree(folders["float32"], folders["shards"])
    (folders["shards"] / "model.safetensors").unlink()
    whole = BertForMaskedLM.from_pretrained(folders["float32"])
    whole.save_pretrained(folders["shards"], max_shard_size="2MB")
    assert len([*folders["shards"].glob("*.safetensors")]) > 1
    shutil.copytree(embedded_folder(), folders["embedded"])

    done = subprocess.run(
        [sys.executable, "-c", USED, *folders.values()], capture_output=True, text=True, check=False
    )
    expected = [
        f"{kind} {damage} True" for kind in folders for damage in ("overwrite", "cut", "remove")
    ]
    assert (done.returncode, done.stdout.splitlines()) == (0, expected), done.stderr


@pytest.fixture
def folder(checkpoint_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoint_folder, tmp_path / "model"))


def in_between(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Lets something happen after the headers were checked and before the weights are read."""
    read = network.read_tensors

    def read_late(*given: Any) -> dict[str, torch.Tensor]:
        happens()
        return read(*given)

    monkeypatch.setattr(network, "read_tensors", read_late)


def refusal(folder: Path) -> str:
    with pytest.raises(IncompleteModel) as caught:
        aa.load_model(folder)
    return str(caught.value).replace(str(folder), "NAME")


def test_weights_of_another_model_arrive_in_between(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They fit the configuration in every shape: only that they were exchanged can tell."""
    other = make_checkpoint(tmp_path / "other", seed=1)

    def replace() -> None:
        (other / "model.safetensors").replace(folder / "model.safetensors")

    in_between(monkeypatch, replace)
    assert refusal(folder) == CHANGED


def test_weights_are_written_in_place_in_between(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut() -> None:
        os.truncate(folder / "model.safetensors", 9_000)

    in_between(monkeypatch, cut)
    assert refusal(folder) == CHANGED  # and not that they are damaged: they may be whole soon


def test_files_are_removed_in_between(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_between(monkeypatch, lambda: shutil.rmtree(folder))
    assert refusal(folder) == CHANGED


def test_a_tokenizer_is_exchanged_after_the_weights_were_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = loading.open_checkpoint

    def open_first(*given: Any) -> Any:
        found = load(*given)
        path = folder / "tokenizer.json"
        path.write_text(json.dumps(json.loads(path.read_text())))
        return found

    monkeypatch.setattr(loading, "open_checkpoint", open_first)
    assert refusal(folder) == CHANGED


def test_a_load_after_it_takes_the_new_ones(folder: Path, tmp_path: Path) -> None:
    """What is in use stays as it was; who loads again gets what is there now."""
    before = aa.load_model(folder)
    other = make_checkpoint(tmp_path / "other", seed=1)
    shutil.copyfile(other / "model.safetensors", folder / "model.safetensors")
    old, new = before.network.state_dict(), aa.load_model(folder).network.state_dict()
    expected = aa.load_model(other).network.state_dict()
    assert all(torch.equal(new[name], expected[name]) for name in expected)
    assert not all(torch.equal(old[name], new[name]) for name in expected)
