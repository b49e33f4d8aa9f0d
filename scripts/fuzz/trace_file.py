"""Bytes that claim to be a trace's file, or the metadata of one: the trace, or a plain refusal.

The first byte says which: 0 for a whole file. Metadata is put into a file whose checksums are
right, which chance would hardly find: into the one that `ATTENTION_ATLAS_TRACE` names.
"""

from __future__ import annotations

import os
import sys
import tempfile
import zipfile
from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(include=["attention_atlas", "zipfile", "json"]):
    from attention_atlas.errors import NotATrace, TraceNotFound
    from attention_atlas.tracing.loading import load_trace

PLACE = Path(tempfile.mkdtemp()) / "x.npz"
with zipfile.ZipFile(os.environ["ATTENTION_ATLAS_TRACE"]) as whole:
    MEMBERS = {name: whole.read(name) for name in whole.namelist()}


def with_metadata(said: bytes) -> None:
    """Writes the whole file with other metadata."""
    with zipfile.ZipFile(PLACE, "w") as archive:
        for name, content in MEMBERS.items():
            if name != "metadata.npy":
                archive.writestr(name, content)
            else:
                with archive.open(name, "w") as file:
                    np.lib.format.write_array(file, np.array(said), allow_pickle=False)


def one_input(data: bytes) -> None:
    """Loads the trace, and looks at all of it."""
    if data[:1] == b"\0":
        PLACE.write_bytes(data[1:])
    else:
        with_metadata(data[1:])
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
