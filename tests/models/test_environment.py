"""What the environment says, in a process of its own: huggingface_hub reads it when imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from stub_hub import StubHub

NAME = "owner/model"


def run(code: str, **environment: str) -> Any:
    """Runs Python; nothing may be written to stderr. Returns what the code prints, as JSON."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=clean | {"NO_PROXY": "127.0.0.1,localhost"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


LOAD = f"""
import json, attention_atlas as aa
model = aa.load_model("{NAME}")
print(json.dumps([model.source, model.layers]))
"""

OFFLINE = f"""
import json, sys
from attention_atlas.errors import HubUnreachable
from attention_atlas.models.catalog import MODELS, is_cached
import attention_atlas as aa

cached = is_cached("{NAME}"), is_cached("owner/other")
try:
    aa.load_model("owner/other")
except HubUnreachable as error:
    message = str(error)
heavy = sorted({{"torch", "transformers", "shiny"}} & set(sys.modules))
print(json.dumps([cached, message, heavy, aa.load_model("{NAME}").source]))
"""


def test_home_endpoint_token_and_offline(checkpoint_folder: Path, tmp_path: Path) -> None:
    with StubHub() as hub:
        hub.add(NAME, checkpoint_folder, token="hf_secret")
        home = {"HF_HOME": str(tmp_path / "home"), "HF_ENDPOINT": hub.url}
        assert run(LOAD, **home, HF_TOKEN="hf_secret") == ["download", 2]
        assert hub.downloaded() >= {"config.json", "model.safetensors"}
        stored = tmp_path / "home" / "hub" / "models--owner--model"
        assert [*stored.glob("snapshots/*/model.safetensors")]
        assert not [*stored.glob("**/*.incomplete")]

        hub.requests.clear()
        cached, message, heavy, source = run(OFFLINE, **home, HF_HUB_OFFLINE="1")
        assert hub.requests == []
    assert cached == [True, False]
    assert message == (
        "The model 'owner/other' is not on this machine, and HF_HUB_OFFLINE forbids to download "
        'it. Unset HF_HUB_OFFLINE, or choose "embedded" or a folder.'
    )
    assert heavy == []  # neither the catalog nor a look into the cache waits for PyTorch
    assert source == "cache"
