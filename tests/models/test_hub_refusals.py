"""What the hub, or the way to it, can refuse: each with its own error and its whole sentence."""

from __future__ import annotations

import json
import shutil
import socket
import time
from pathlib import Path

import pytest
from huggingface_hub import constants

import attention_atlas as aa
from attention_atlas.errors import (
    DownloadInterrupted,
    HubUnreachable,
    IncompleteModel,
    InvalidChoice,
    ModelAccessDenied,
    ModelNotFound,
    RemoteCodeRefused,
    UnsafeWeights,
    UnsupportedModel,
)
from attention_atlas.models import hub as hub_module
from attention_atlas.models.catalog import is_cached
from stub_hub import StubHub, point_at

NAME = "owner/model"
SUPPORTED = (
    "Attention Atlas looks inside BERT encoders (BertModel, BertForMaskedLM, "
    "BertForSequenceClassification and the like): choose a checkpoint with the model type "
    '"bert".'
)


def changed(folder: Path, target: Path, **config: object) -> Path:
    """A copy of the checkpoint whose config.json says something else."""
    shutil.copytree(folder, target)
    path = target / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | config))
    return target


def test_a_name_the_hub_does_not_know(hub: StubHub) -> None:
    with pytest.raises(ModelNotFound) as caught:
        aa.load_model("owner/nothing")
    assert str(caught.value) == (
        f"There is no model 'owner/nothing' on the hub ({hub.url}). Check the spelling, or choose "
        'a folder or "embedded".'
    )


@pytest.mark.parametrize("name", ["two words", "a/b/c", "", "-x", "a..b", "http://x/y", "a" * 97])
def test_a_name_that_cannot_be_one(name: str, hub: StubHub) -> None:
    with pytest.raises(ModelNotFound) as caught:
        aa.load_model(name)
    shown = name if len(name) <= 60 else f"{name[:57]}…"
    assert str(caught.value) == (
        f"'{shown}' is not the name of a model. Give a hub id such as \"bert-base-uncased\" or "
        '"owner/model" (letters, digits, "-", "_" and "."), an existing folder that holds a '
        'checkpoint, or "embedded".'
    )
    assert hub.requests == []
    assert not is_cached(name)


def test_a_wrong_device_is_said_before_a_download(hub: StubHub, checkpoint_folder: Path) -> None:
    hub.add(NAME, checkpoint_folder)
    with pytest.raises(InvalidChoice):
        aa.load_model(NAME, device="abacus")
    assert hub.requests == []


def test_a_gated_model(hub: StubHub, cache: Path, checkpoint_folder: Path) -> None:
    hub.add(NAME, checkpoint_folder, gated=True)
    with pytest.raises(ModelAccessDenied) as caught:
        aa.load_model(NAME)
    assert str(caught.value) == (
        f"The hub gives the model '{NAME}' only to people who accepted its terms. Accept them at "
        f"{hub.url}/{NAME}, set HF_TOKEN to a token of yours, and try again."
    )


def test_a_private_model_without_a_token(hub: StubHub, checkpoint_folder: Path) -> None:
    hub.add(NAME, checkpoint_folder, token="hf_secret")
    with pytest.raises(ModelAccessDenied) as caught:
        aa.load_model(NAME)
    assert str(caught.value) == (
        f"The hub does not show the model '{NAME}' to strangers: it is private, or it does not "
        "exist. Check the spelling, or set HF_TOKEN to a token that may read it."
    )


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_may_not(status: int, hub: StubHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_other")
    hub.status = status
    with pytest.raises(ModelAccessDenied) as caught:
        aa.load_model(NAME)
    assert str(caught.value) == (
        f"The hub did not give the model '{NAME}' ({status}): the token in HF_TOKEN may not read "
        "it. Set HF_TOKEN to a token that may, or choose another model."
    )


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_in_trouble(status: int, hub: StubHub) -> None:
    hub.status = status
    with pytest.raises(DownloadInterrupted) as caught:
        aa.load_model(NAME)
    assert str(caught.value) == (
        f"The hub could not give the model '{NAME}' just now (it answered {status}). What has "
        "arrived is kept, and the next try goes on from there."
    )


def unreached(url: str) -> str:
    return (
        f"The model '{NAME}' is not on this machine, and the hub ({url}) did not answer. Check the "
        'connection and try again, or choose "embedded".'
    )


def test_a_hub_that_never_answers(hub: StubHub) -> None:
    hub.silent = True
    start = time.monotonic()
    with pytest.raises(HubUnreachable) as caught:
        aa.load_model(NAME)
    assert 4 < time.monotonic() - start < 30  # it is given five seconds
    assert str(caught.value) == unreached(hub.url)


def test_a_look_up_that_hangs_does_not_hold_the_caller(
    hub: StubHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No timeout of a request reaches into the system's resolver."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: hub.stopped.wait())
    monkeypatch.setattr(hub_module, "REACH_SECONDS", 0.3)
    with pytest.raises(HubUnreachable) as caught:
        aa.load_model(NAME)
    assert str(caught.value) == unreached(hub.url)


def test_a_hub_that_refuses_the_connection(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    point_at(url, monkeypatch)
    with pytest.raises(HubUnreachable) as caught:
        aa.load_model(NAME)
    assert str(caught.value) == unreached(url)


def test_a_hub_whose_name_does_not_resolve(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at("http://hub.invalid", monkeypatch)
    with pytest.raises(HubUnreachable) as caught:
        aa.load_model(NAME)
    assert str(caught.value) == unreached("http://hub.invalid")


def test_a_log_in_page_instead_of_a_hub(hub: StubHub) -> None:
    hub.body = b"<html>Welcome to the hotel</html>"
    with pytest.raises(HubUnreachable) as caught:
        aa.load_model(NAME)
    assert str(caught.value) == (
        f"The model '{NAME}' is not on this machine, and {hub.url} did not answer as a hub does. "
        'Check HF_ENDPOINT and the connection, or choose "embedded".'
    )


def test_a_hub_that_goes_silent_in_the_middle(
    hub: StubHub, checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add(NAME, checkpoint_folder)
    hub.hold_after = 5_000
    monkeypatch.setattr(hub_module, "SILENCE_SECONDS", 1.0)
    with pytest.raises(DownloadInterrupted) as caught:
        aa.load_model(NAME)
    assert str(caught.value) == (
        f"The download of '{NAME}' broke off: the hub stopped answering. What has arrived is kept, "
        "and the next try goes on from there."
    )


def test_a_disk_that_cannot_be_written_to(
    hub: StubHub, cache: Path, checkpoint_folder: Path
) -> None:
    hub.add(NAME, checkpoint_folder)
    cache.parent.mkdir(parents=True)
    cache.write_text("a file where the folder should be")
    with pytest.raises(DownloadInterrupted) as caught:
        aa.load_model(NAME)
    assert str(caught.value).startswith(f"The download of '{NAME}' could not be written to {cache}")
    assert "Make room or set HF_HOME to another folder." in str(caught.value)


def test_offline_without_the_model(hub: StubHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubUnreachable) as caught:
        aa.load_model(NAME)
    assert str(caught.value) == (
        f"The model '{NAME}' is not on this machine, and HF_HUB_OFFLINE forbids to download it. "
        'Unset HF_HUB_OFFLINE, or choose "embedded" or a folder.'
    )
    assert hub.requests == []


def test_offline_with_the_model(
    hub: StubHub, checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add(NAME, checkpoint_folder)
    aa.load_model(NAME)
    hub.requests.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert aa.load_model(NAME).source == "cache"
    assert hub.requests == []


def test_pickled_weights_only(hub: StubHub, checkpoint_folder: Path) -> None:
    hub.add(NAME, checkpoint_folder)
    files = hub.repositories[NAME].files
    files["pytorch_model.bin"] = files.pop("model.safetensors")
    with pytest.raises(UnsafeWeights) as caught:
        aa.load_model(NAME)
    assert str(caught.value) == (
        f"The model '{NAME}' has its weights in pytorch_model.bin only, a pickle, which can run "
        "any code while it loads, so it is not opened. Choose a checkpoint with "
        "model.safetensors, or convert this one with save_pretrained if you trust it."
    )
    assert hub.downloaded() == set()


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_remote_code(file: str, hub: StubHub, checkpoint_folder: Path) -> None:
    hub.add(NAME, checkpoint_folder)
    files = hub.repositories[NAME].files
    content = json.loads(files[file]) | {"auto_map": {"AutoModel": "modeling_x.X"}}
    files[file] = json.dumps(content).encode()
    with pytest.raises(RemoteCodeRefused) as caught:
        aa.load_model(NAME)
    assert str(caught.value) == (
        f"The model '{NAME}' asks to run code of its own (auto_map in {file}), and Attention Atlas "
        "never runs code that comes with a model. Choose a checkpoint without auto_map."
    )
    assert hub.ranges("model.safetensors") == []


@pytest.mark.parametrize("kind", ["gpt2", "roberta"])
def test_not_a_bert(kind: str, hub: StubHub, checkpoint_folder: Path, tmp_path: Path) -> None:
    hub.add(NAME, changed(checkpoint_folder, tmp_path / "other", model_type=kind))
    with pytest.raises(UnsupportedModel) as caught:
        aa.load_model(NAME)
    assert str(caught.value) == f"The model '{NAME}' has the model type \"{kind}\". {SUPPORTED}"
    assert hub.downloaded() == {"config.json"}  # found out before the weights came
    assert not is_cached(NAME)


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_file_the_hub_does_not_have(file: str, hub: StubHub, checkpoint_folder: Path) -> None:
    hub.add(NAME, checkpoint_folder)
    del hub.repositories[NAME].files[file]
    with pytest.raises(IncompleteModel) as caught:
        aa.load_model(NAME)
    lacks = {"tokenizer.json": "tokenizer: neither tokenizer.json nor vocab.txt"}
    assert str(caught.value) == (
        f"The model '{NAME}' has no {lacks.get(file, file)}. Choose another model."
    )
    assert hub.downloaded() == set()


def test_a_cached_file_that_was_damaged_since(
    hub: StubHub, cache: Path, checkpoint_folder: Path
) -> None:
    hub.add(NAME, checkpoint_folder)
    aa.load_model(NAME)
    (weights,) = cache.glob("**/model.safetensors")
    weights.resolve().write_bytes(weights.read_bytes()[:5_000])
    with pytest.raises(IncompleteModel) as caught:
        aa.load_model(NAME)
    assert str(caught.value) == (
        f"model.safetensors of the model '{NAME}' is damaged or not complete. Delete "
        f"{cache / 'models--owner--model'} to have it downloaded anew, or choose another model."
    )
