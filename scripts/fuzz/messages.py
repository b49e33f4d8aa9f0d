"""What comes over a websocket: a message of ours, or the end of its own session."""

from __future__ import annotations

import json
import sys

import atheris

with atheris.instrument_imports(include=["attention_atlas", "json"]):
    from attention_atlas.app.messages import INPUTS, HostileMessage, checked
    from attention_atlas.views.look import look_of, plain


def one_input(data: bytes) -> None:
    """Reads a message as the server does, and a look as its state does."""
    try:
        let_through = checked(data.decode("utf-8", "surrogatepass"), first=False)
    except (HostileMessage, UnicodeDecodeError):
        return
    inputs = json.loads(let_through)["data"]
    assert set(inputs) <= set(INPUTS)
    if isinstance(asked := inputs.get("look"), dict):
        look = look_of(asked)
        assert look_of(json.loads(json.dumps(plain(look), allow_nan=False))) == look
        hash(look)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
