from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import close_session, constants

from attention_atlas.models import transfer
from checkpoints import make_checkpoint
from stub_hub import StubHub, point_at


@pytest.fixture(scope="session")
def checkpoint_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small BertForMaskedLM; a test that changes files takes a copy."""
    return make_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, where a download of this test goes."""
    folder = tmp_path / "hf" / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "hf" / "token"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost,hub.invalid")
    close_session()  # the last test's, which may know another proxy
    return folder


@pytest.fixture
def hub(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubHub]:
    """A hub on loopback that huggingface_hub takes for the real one."""
    with StubHub() as stub:
        point_at(stub.url, monkeypatch)
        monkeypatch.setattr(transfer, "_PAUSE_SECONDS", 0.0)
        yield stub
