"""Bytes that claim to be a trace's file: the trace, or a plain refusal."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["attention_atlas", "zipfile", "json"]):
    from attention_atlas.errors import NotATrace, TraceNotFound
    from attention_atlas.tracing.loading import load_trace

PLACE = Path(tempfile.mkdtemp()) / "x.npz"


def one_input(data: bytes) -> None:
    """Loads the trace, and looks at all of it."""
    PLACE.write_bytes(data)
    try:
        trace = load_trace(PLACE)
        for layer in trace.layers:
            assert layer.attention.shape[1:] == (len(trace.tokens),) * 2
        repr(trace)
    except (NotATrace, TraceNotFound):
        pass


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
