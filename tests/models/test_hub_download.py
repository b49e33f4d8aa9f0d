"""Whole downloads, and those that break off, are stopped, or come back damaged."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch
from huggingface_hub.utils import WeakFileLock
from transformers import BertForMaskedLM

import attention_atlas as aa
from attention_atlas.errors import DownloadCancelled, DownloadInterrupted
from attention_atlas.models.catalog import is_cached
from attention_atlas.models.hub import Arrival, cached_names
from attention_atlas.models.progress import Progress
from stub_hub import StubHub

NAME = "owner/model"
NEEDED = {"config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"}
KEPT = "What has arrived is kept, and the next try goes on from there."


def weights_in(cache: Path) -> list[Path]:
    return [*cache.glob("**/*.incomplete")]


def test_a_whole_download(hub: StubHub, checkpoint_folder: Path) -> None:
    files = hub.add(NAME, checkpoint_folder)
    hub.repositories[NAME].files |= {"pytorch_model.bin": b"x", "README.md": b"x", "onnx/a": b"x"}
    assert not is_cached(NAME)
    seen: list[Progress] = []
    model = aa.load_model(NAME, progress=seen.append)

    assert (model.name, model.source, model.layers) == (NAME, "download", 2)
    assert is_cached(NAME)
    assert hub.downloaded() == NEEDED  # nothing pickled, nothing that is not needed
    total = sum(len(files[file]) for file in NEEDED)
    stages = list(dict.fromkeys(each.stage for each in seen))
    assert stages == ["resolving", "downloading", "loading"]
    downloading = [each for each in seen if each.stage == "downloading"]
    assert {each.total_bytes for each in downloading} == {total}
    done = [each.done_bytes for each in downloading]
    assert done == sorted(done)
    assert done[-1] == total


def test_weights_in_several_files(
    hub: StubHub, cache: Path, checkpoint_folder: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(checkpoint_folder, tmp_path / "sharded"))
    (folder / "model.safetensors").unlink()
    network = BertForMaskedLM.from_pretrained(checkpoint_folder)
    network.save_pretrained(folder, max_shard_size="20KB")
    files = hub.add(NAME, folder)
    shards = {file for file in files if file.startswith("model-")}
    assert len(shards) > 1
    seen: list[Progress] = []
    model = aa.load_model(NAME, progress=seen.append)
    needed = NEEDED - {"model.safetensors"} | shards | {"model.safetensors.index.json"}
    assert hub.downloaded() == needed
    assert is_cached(NAME)
    done = [each for each in seen if each.stage == "downloading"][-1]
    assert done.done_bytes == done.total_bytes == sum(len(files[file]) for file in needed)
    assert all(
        torch.equal(found, network.state_dict()[name])
        for name, found in model.network.state_dict().items()
    )

    (shard,) = cache.glob(f"**/{min(shards)}")
    shard.unlink()
    assert not is_cached(NAME)


def test_the_second_load_asks_the_hub_nothing(hub: StubHub, checkpoint_folder: Path) -> None:
    hub.add(NAME, checkpoint_folder)
    aa.load_model(NAME)
    hub.requests.clear()
    assert aa.load_model(NAME).source == "cache"
    assert hub.requests == []


def test_progress_arrives_on_the_thread_that_asked(hub: StubHub, checkpoint_folder: Path) -> None:
    hub.add(NAME, checkpoint_folder)
    threads: set[int] = set()
    aa.load_model(NAME, progress=lambda _: threads.add(threading.get_ident()))
    assert threads == {threading.get_ident()}


def test_a_cut_connection_is_taken_up_where_it_broke(hub: StubHub, checkpoint_folder: Path) -> None:
    hub.add(NAME, checkpoint_folder)
    hub.cut_after = [5_000, 3_000]
    seen: list[Progress] = []
    model = aa.load_model(NAME, progress=seen.append)
    assert model.source == "download"
    assert hub.ranges("model.safetensors") == [None, "bytes=5000-", "bytes=8000-"]
    done = [each.done_bytes for each in seen if each.stage == "downloading"]
    assert done == sorted(done)


def test_a_broken_download_is_kept_and_the_next_try_goes_on(
    hub: StubHub, cache: Path, checkpoint_folder: Path
) -> None:
    hub.add(NAME, checkpoint_folder)
    hub.cut_after = [5_000, 0, 0, 0]  # and then three tries that bring nothing
    with pytest.raises(DownloadInterrupted) as caught:
        aa.load_model(NAME)
    assert str(caught.value).startswith(f"The download of '{NAME}' broke off (")
    assert str(caught.value).endswith(f"). {KEPT}")
    assert not is_cached(NAME)
    assert not [*cache.glob("*/refs/*")]  # other tools are not told of it either
    assert [part.stat().st_size for part in weights_in(cache)] == [5_000]

    hub.requests.clear()
    seen: list[Progress] = []
    assert aa.load_model(NAME, progress=seen.append).source == "download"
    assert hub.ranges("model.safetensors") == ["bytes=5000-"]
    first = next(each for each in seen if each.stage == "downloading" and each.done_bytes)
    assert first.done_bytes >= 5_000
    assert weights_in(cache) == []


def test_a_server_that_knows_no_ranges_sends_it_again(
    hub: StubHub, checkpoint_folder: Path
) -> None:
    hub.add(NAME, checkpoint_folder)
    hub.cut_after, hub.ignore_ranges = [5_000], True
    assert aa.load_model(NAME).source == "download"
    assert hub.ranges("model.safetensors") == [None, "bytes=5000-"]


def test_bytes_that_are_sent_again_do_not_move_the_progress_back() -> None:
    seen: list[Progress] = []
    arrival = Arrival(seen.append)
    arrival.glance()  # nothing is known yet, nothing is told
    arrival.total, arrival.file = 100, "a"
    for size in (0, 60, 10, 60, 100):
        arrival.done["a"] = size
        arrival.glance()
    assert [each.done_bytes for each in seen] == [0, 60, 100]


def test_leftovers_of_another_file_are_not_built_upon(
    hub: StubHub, cache: Path, checkpoint_folder: Path
) -> None:
    hub.add(NAME, checkpoint_folder)
    hub.cut_after = [5_000, 0, 0, 0]
    with pytest.raises(DownloadInterrupted):
        aa.load_model(NAME)
    (partial,) = weights_in(cache)
    partial.write_bytes(b"\0" * 5_000)
    with pytest.raises(DownloadInterrupted) as caught:
        aa.load_model(NAME)
    assert str(caught.value) == (
        f"The download of '{NAME}' broke off (what arrived was damaged on the way). {KEPT}"
    )
    assert not is_cached(NAME)
    assert weights_in(cache) == []
    assert aa.load_model(NAME).source == "download"


def test_damaged_weights_never_reach_the_cache(
    hub: StubHub, cache: Path, checkpoint_folder: Path
) -> None:
    hub.add(NAME, checkpoint_folder)
    hub.damage = True
    with pytest.raises(DownloadInterrupted):
        aa.load_model(NAME)
    assert not is_cached(NAME)
    assert [*cache.glob("**/model.safetensors")] == []


def test_cancel_in_the_middle_of_a_file(hub: StubHub, cache: Path, checkpoint_folder: Path) -> None:
    files = hub.add(NAME, checkpoint_folder)
    hub.hold_after = 5_000
    cancel = threading.Event()
    small = sum(len(files[file]) for file in NEEDED - {"model.safetensors"})

    def stop_once_there(now: Progress) -> None:
        if now.stage == "downloading" and now.done_bytes == small + 5_000:
            cancel.set()

    with pytest.raises(DownloadCancelled) as caught:
        aa.load_model(NAME, progress=stop_once_there, cancel=cancel)
    assert str(caught.value) == f"Loading the model '{NAME}' was stopped. {KEPT}"
    assert not is_cached(NAME)
    assert [part.stat().st_size for part in weights_in(cache)] == [5_000]


def test_a_new_try_need_not_wait_for_the_one_that_was_stopped(
    hub: StubHub, checkpoint_folder: Path
) -> None:
    files = hub.add(NAME, checkpoint_folder)
    hub.hold_after = 5_000
    cancel = threading.Event()
    small = sum(len(files[file]) for file in NEEDED - {"model.safetensors"})

    def stop_in_the_silence(now: Progress) -> None:
        if now.done_bytes == small + 5_000:
            cancel.set()

    with pytest.raises(DownloadCancelled):
        aa.load_model(NAME, progress=stop_in_the_silence, cancel=cancel)
    hub.hold_after = None
    start = time.monotonic()
    assert aa.load_model(NAME).source == "download"
    assert time.monotonic() - start < 9  # a silent connection is given up after 10


def test_the_hub_may_send_on_to_another_name(hub: StubHub, checkpoint_folder: Path) -> None:
    """As it does for "bert-base-uncased", whose full name is "google-bert/bert-base-uncased"."""
    hub.add("google-bert/bert-base-uncased", checkpoint_folder)
    hub.moved["bert-base-uncased"] = "google-bert/bert-base-uncased"
    hub.cut_after = [5_000]
    model = aa.load_model()
    assert (model.name, model.source) == ("bert-base-uncased", "download")
    assert is_cached("bert-base-uncased")


def test_progress_of_a_download_by_another_process_is_shown(
    hub: StubHub, cache: Path, checkpoint_folder: Path
) -> None:
    """Whoever holds the lock writes; the other one watches the file grow."""
    files = hub.add(NAME, checkpoint_folder)
    small = sum(len(files[file]) for file in NEEDED - {"model.safetensors"})
    digest = hashlib.sha256(files["model.safetensors"]).hexdigest()
    stored = cache / "models--owner--model" / "blobs" / f"{digest}.incomplete"
    lock = cache / ".locks" / "models--owner--model" / f"{digest}.incomplete.lock"
    stored.parent.mkdir(parents=True)
    lock.parent.mkdir(parents=True)
    stored.write_bytes(files["model.safetensors"][:7_000])
    with ExitStack() as held:
        held.enter_context(WeakFileLock(lock))

        def let_go_once_seen(now: Progress) -> None:
            if now.done_bytes == small + 7_000:
                held.close()

        assert aa.load_model(NAME, progress=let_go_once_seen).source == "download"
    assert hub.ranges("model.safetensors") == ["bytes=7000-"]


def test_an_error_in_the_listener_reaches_the_caller(hub: StubHub, checkpoint_folder: Path) -> None:
    hub.add(NAME, checkpoint_folder)

    def fail(now: Progress) -> None:
        if now.stage == "downloading":
            raise BrokenPipeError("mine")  # the terminal is gone; not our disk

    with pytest.raises(BrokenPipeError, match=r"^mine$"):
        aa.load_model(NAME, progress=fail)


def test_weights_in_xet_come_over_plain_http(hub: StubHub, checkpoint_folder: Path) -> None:
    hub.add(NAME, checkpoint_folder)
    hub.xet, hub.cut_after = True, [5_000]
    assert aa.load_model(NAME).source == "download"
    assert hub.ranges("model.safetensors") == [None, "bytes=5000-"]


def test_the_token_goes_to_the_hub_and_nowhere_else(
    hub: StubHub, checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add(NAME, checkpoint_folder, token="hf_secret")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    aa.load_model(NAME)
    tokens = {(request.path.startswith("/storage/"), request.token) for request in hub.requests}
    assert tokens == {(False, "Bearer hf_secret"), (True, None)}


def test_the_short_name_finds_what_was_cached_under_the_full_one(
    hub: StubHub, checkpoint_folder: Path
) -> None:
    hub.add("google-bert/bert-base-uncased", checkpoint_folder)
    aa.load_model("google-bert/bert-base-uncased")
    assert is_cached("bert-base-uncased")
    assert aa.load_model("bert-base-uncased").source == "cache"
    assert not is_cached("bert-base-cased")


def test_the_names_of_what_is_cached_are_told(hub: StubHub, checkpoint_folder: Path) -> None:
    assert cached_names() == ()
    hub.add("someone/tiny-bert", checkpoint_folder)
    hub.add("someone/half", checkpoint_folder)
    aa.load_model("someone/tiny-bert")
    hub.cut_after = [100, 0, 0, 0]
    with pytest.raises(DownloadInterrupted):
        aa.load_model("someone/half")
    assert cached_names() == ("someone/tiny-bert",)
