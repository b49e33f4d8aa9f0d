"""A model that does not fit is refused before anything is loaded or downloaded."""

from __future__ import annotations

import gc
import json
import math
import shutil
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForMaskedLM

import attention_atlas as aa
from attention_atlas.cli import main
from attention_atlas.errors import (
    DownloadInterrupted,
    ModelTooLarge,
    NotEnoughDiskSpace,
    NotEnoughMemory,
)
from attention_atlas.models import disk, memory
from attention_atlas.models.cgroup import left_in_cgroups
from attention_atlas.models.checkpoint import open_checkpoint
from attention_atlas.models.memory import MemoryMayRunOut, in_words, needed_bytes
from checkpoints import make_enormous, make_tokenizer
from stub_hub import StubHub

NAME = "owner/model"
ROOM = 64_000_000
REMEDY = (
    "Close other programs, choose a smaller model, or load it anyway: --load-anyway in a command, "
    "check_memory=False in Python."
)


@pytest.fixture
def leave(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets the machine have only so many bytes of memory free."""

    def leave(free: int) -> None:
        monkeypatch.setattr(memory, "free_bytes", lambda device=None: free)

    return leave


def half(folder: Path, target: Path) -> Path:
    """The checkpoint in float16."""
    shutil.copytree(folder, target)
    weights = load_file(target / "model.safetensors")
    halves = {name: tensor.to(torch.float16) for name, tensor in weights.items()}
    save_file(halves, target / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((target / "config.json").read_text())
    (target / "config.json").write_text(json.dumps(config | {"dtype": "float16"}))
    return target


# What is needed


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_what_a_model_needs_is_counted_in_float32(
    precision: str, checkpoint_folder: Path, tmp_path: Path
) -> None:
    weights = load_file(checkpoint_folder / "model.safetensors")
    numbers = [tensor.numel() for tensor in weights.values()]
    folder = (
        checkpoint_folder if precision == "float32" else half(checkpoint_folder, tmp_path / "h")
    )
    found = needed_bytes(open_checkpoint(folder, "", "").tensors)
    assert found == 4 * (sum(numbers) + max(numbers)) + ROOM


LOADS = """
import sys, threading
import psutil
import attention_atlas as aa
from attention_atlas.models.network import import_libraries

held = lambda: psutil.Process().memory_info().rss
seen, ended = [], threading.Event()

def watch():
    while not ended.wait(0.002):
        seen.append(held())

import_libraries()
aa.load_model("embedded", device="cpu")  # what is made at a first time only
before = held()
watching = threading.Thread(target=watch)
watching.start()
model = aa.load_model(sys.argv[1], device="cpu")
ended.set()
watching.join()
print(max(*seen, held()) - before)
"""


def test_a_load_takes_what_was_foretold(tmp_path: Path) -> None:
    """Measured with 38 million numbers in float16, in several files, in a process of its own."""
    folder = wide_checkpoint(tmp_path)
    checkpoint = open_checkpoint(folder, "", "")
    numbers = sum(math.prod(tensor.shape) for tensor in checkpoint.tensors.values())
    assert len({tensor.file for tensor in checkpoint.tensors.values()}) > 1
    foretold = needed_bytes(checkpoint.tensors)
    measured = int(subprocess.check_output([sys.executable, "-c", LOADS, folder], text=True))
    assert 4 * numbers * 0.6 < measured < foretold < 4 * numbers * 2


def wide_checkpoint(folder: Path) -> Path:
    config = BertConfig(
        vocab_size=20_000,
        hidden_size=768,
        num_hidden_layers=3,
        num_attention_heads=12,
        max_position_embeddings=512,
    )
    with torch.device("meta"):
        network = BertForMaskedLM(config)
    network = network.half().to_empty(device="cpu")
    for parameter in network.parameters():
        parameter.data.fill_(0.01)
    network.tie_weights()
    network.save_pretrained(folder, max_shard_size="40MB")
    make_tokenizer(max_tokens=512).save_pretrained(folder)
    return folder


# What is free


def group(folder: Path, **files: int | str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        (folder / name.replace("__", ".")).write_text(f"{value}\n")


def test_a_container_may_have_less_than_the_machine(tmp_path: Path) -> None:
    """Version 2, seen from inside: the mount is the group, whatever /proc calls it."""
    group(
        tmp_path / "mount",
        memory__max=2_000,
        memory__current=1_700,
        memory__stat="anon 900\ninactive_file 400\nactive_file 300",
    )
    (tmp_path / "own").write_text("0::/\n")
    assert left_in_cgroups(tmp_path / "mount", tmp_path / "own") == 700  # files make room


def test_the_narrowest_of_nested_groups_counts(tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    group(mount / "a" / "b", memory__max="max", memory__current=5)
    group(mount / "a", memory__max=900, memory__current=800)
    group(mount, memory__max=5_000, memory__current=1_000)
    (tmp_path / "own").write_text("0::/a/b\n")
    assert left_in_cgroups(mount, tmp_path / "own") == 100


def test_control_groups_of_version_1(tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    limit = {"memory__limit_in_bytes": 3_000, "memory__usage_in_bytes": 2_500}
    group(mount / "memory", **limit, memory__stat="inactive_file 1\ntotal_inactive_file 200")
    (tmp_path / "own").write_text("8:cpu,cpuacct:/x\n4:memory:/docker/abc\n0::/docker/abc\n")
    assert left_in_cgroups(mount, tmp_path / "own") == 700


@pytest.mark.parametrize("limit", ["max", 9_223_372_036_854_771_712, "", "nonsense"])
def test_no_limit_is_none(limit: str | int, tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    group(mount, memory__max=limit, memory__current=5)
    group(mount / "memory", memory__limit_in_bytes=limit, memory__usage_in_bytes=5)
    (tmp_path / "own").write_text("4:memory:/\n0::/\n")
    assert left_in_cgroups(mount, tmp_path / "own") is None
    assert left_in_cgroups(tmp_path / "nothing", tmp_path / "nothing") is None  # not Linux


def test_a_group_that_used_more_than_its_limit_has_nothing_left(tmp_path: Path) -> None:
    group(tmp_path, memory__max=100, memory__current=120)
    (tmp_path / "own").write_text("0::/../../elsewhere\n")
    assert left_in_cgroups(tmp_path, tmp_path / "own") == 0


def test_the_least_of_machine_and_container_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "left_in_cgroups", lambda: 12_345)
    assert memory.free_bytes() == 12_345
    monkeypatch.setattr(memory, "left_in_cgroups", lambda: None)
    assert 12_345 < memory.free_bytes() < 10**15


def test_of_a_gpu_its_own_memory_counts_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (300_000_000, 8_000_000_000))
    memory.check_fits("x", 299_000_000, torch.device("cuda"))
    with pytest.raises(ModelTooLarge) as caught:
        memory.check_fits("x", 400_000_000, torch.device("cuda"))
    assert caught.value.said == (
        "The model 'x' needs about 400 MB of memory on cuda, and 300 MB are free."
    )


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 MB"),
        (-5, "0 MB"),
        (340_400_000, "340 MB"),
        (999_600_000, "1.0 GB"),
        (14 * 10**8, "1.4 GB"),
    ],
)
def test_bytes_in_words(size: int, words: str) -> None:
    assert in_words(size) == words


# What happens then


def test_a_folder_that_does_not_fit(checkpoint_folder: Path, leave: Callable[[int], None]) -> None:
    leave(50_000_000)
    with pytest.raises(ModelTooLarge) as caught:
        aa.load_model(checkpoint_folder)
    assert str(caught.value) == (
        f"The model '{checkpoint_folder}' needs about 64 MB of memory, and 50 MB are free. {REMEDY}"
    )
    assert aa.load_model(checkpoint_folder, check_memory=False).layers == 2


def test_a_command_refuses_it_in_one_line_unless_told_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Four terabytes by the header: what comes after the refusal is that nothing else fits it."""
    folder, out = make_enormous(tmp_path / "large"), str(tmp_path / "out.npz")
    capsys.readouterr()
    arguments = ["trace", "the cat", "--model", str(folder), "--out", out]
    for more, said in (
        ((), " needs about 8,000.1 GB of memory, and "),
        (("--load-anyway",), "too few for them"),
    ):
        with pytest.raises(SystemExit) as ended:
            main([*arguments, *more])
        assert ended.value.code == 2
        line = capsys.readouterr().err
        assert line.startswith("attention-atlas: ")
        assert said in line


def test_the_embedded_model_is_never_refused(leave: Callable[[int], None]) -> None:
    leave(0)
    assert aa.load_model("embedded").layers == 6


@pytest.mark.parametrize(("precision", "times"), [("float32", 1), ("float16", 2)])
def test_what_does_not_fit_is_not_downloaded(
    precision: str,
    times: int,
    hub: StubHub,
    checkpoint_folder: Path,
    tmp_path: Path,
    leave: Callable[[int], None],
) -> None:
    folder = (
        checkpoint_folder if precision == "float32" else half(checkpoint_folder, tmp_path / "h")
    )
    files = hub.add(NAME, folder)
    needed = times * len(files["model.safetensors"]) + ROOM
    leave(needed - 1)
    with pytest.raises(ModelTooLarge) as caught:
        aa.load_model(NAME)
    assert caught.value.said.startswith(f"The model '{NAME}' needs about 64 MB of memory")
    assert hub.downloaded() == {"config.json"}
    assert aa.load_model(NAME, check_memory=False).source == "download"


def test_what_has_no_room_on_the_disk_is_not_downloaded(
    hub: StubHub, cache: Path, checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add(NAME, checkpoint_folder)
    monkeypatch.setattr(disk, "free_room", lambda folder: 20_000)
    with pytest.raises(NotEnoughDiskSpace) as caught:
        aa.load_model(NAME)
    assert str(caught.value) == (
        f"The download of '{NAME}' still needs 0 MB of disk space, and {cache} has 0 MB free. "
        "Make room, or set HF_HOME to a folder on another disk."
    )
    assert hub.downloaded() == {"config.json"}


def test_only_what_is_still_to_come_needs_room(
    hub: StubHub, cache: Path, checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A download that broke off near its end is not refused for what is there already."""
    files = hub.add(NAME, checkpoint_folder)
    hub.cut_after = [len(files["model.safetensors"]) - 100, 0, 0, 0]
    with pytest.raises(DownloadInterrupted):
        aa.load_model(NAME)
    monkeypatch.setattr(disk, "free_room", lambda folder: 100)
    assert aa.load_model(NAME).source == "download"


def test_the_room_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    free = disk.free_room(tmp_path / "a" / "b" / "c")
    assert free is not None
    assert free == pytest.approx(shutil.disk_usage(tmp_path).free, abs=2**30)


# When the memory runs out all the same


def ask_torch_for_too_much() -> None:
    torch.empty(1 << 54)


def ask_numpy_for_too_much() -> None:
    np.empty(1 << 57)


@pytest.mark.parametrize("ask", [ask_torch_for_too_much, ask_numpy_for_too_much])
def test_real_errors_of_the_libraries_are_known(ask: Callable[[], None]) -> None:
    with pytest.raises(NotEnoughMemory) as caught, MemoryMayRunOut("Loading 'x'"):
        ask()
    assert str(caught.value) == (
        "Loading 'x' took more memory than this machine has free. Close other programs, or choose "
        "a smaller model or a shorter text."
    )


def test_other_errors_are_left_as_they_are() -> None:
    with pytest.raises(RuntimeError, match=r"^mine$"), MemoryMayRunOut("x"):
        raise RuntimeError("mine")


def test_a_pass_without_memory_lets_go_of_what_it_had_and_the_next_one_works(
    tiny: aa.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = aa.trace(tiny, "the cat sat").hidden_states
    held: list[weakref.ref[torch.Tensor]] = []
    softmax = torch.nn.functional.softmax

    def run_out(*given: object, **options: object) -> object:
        half_done = torch.zeros(1_000)
        held.append(weakref.ref(half_done))
        ask_torch_for_too_much()
        return half_done

    monkeypatch.setattr(torch.nn.functional, "softmax", run_out)
    with pytest.raises(NotEnoughMemory) as caught:
        aa.trace(tiny, "the cat sat")
    assert caught.value.said == (
        f"Running 5 tokens through the model '{tiny.name}' took more memory than this machine has "
        "free."
    )
    gc.collect()
    assert [each() for each in held] == [None]  # although the error is still at hand
    monkeypatch.setattr(torch.nn.functional, "softmax", softmax)
    assert np.array_equal(aa.trace(tiny, "the cat sat").hidden_states, expected)


def test_a_load_that_runs_out_says_so(
    checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out(*_: object, **__: object) -> None:
        ask_torch_for_too_much()

    monkeypatch.setattr(BertForMaskedLM, "from_pretrained", run_out)
    with pytest.raises(NotEnoughMemory) as caught:
        aa.load_model(checkpoint_folder)
    assert caught.value.said == (
        f"Loading the model '{checkpoint_folder}' took more memory than this machine has free."
    )
