"""Writes every array of a Trace to an .npz file, under its name."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from attention_atlas.errors import InvalidChoice
from attention_atlas.tracing.tensors import TENSORS
from attention_atlas.tracing.trace import Trace


def named_arrays(trace: Trace) -> Iterator[tuple[str, np.ndarray]]:
    """Every array of the trace with the name it has in Python: "layers.3.query".

    One layer is in memory at a time.
    """
    tokens = trace.tokens
    yield "tokens.text", np.array([token.text for token in tokens])
    yield "tokens.id", np.array([token.id for token in tokens], dtype=np.int64)
    yield "tokens.segment", np.array([token.segment for token in tokens], dtype=np.int64)
    yield "tokens.special", np.array([token.special for token in tokens])
    for tensor in TENSORS:
        if tensor.place != "layer":
            yield tensor.path.removeprefix("trace."), tensor.of(trace)
    for index in range(len(trace.layers)):
        for tensor in TENSORS:
            if tensor.place == "layer":
                yield f"layers.{index}.{tensor.name}", tensor.of(trace, index)


def write_arrays(trace: Trace, path: Path) -> None:
    """Writes `named_arrays(trace)` to `path`, whole or not at all.

    Raises InvalidChoice when the file cannot be written there.
    """
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for name, array in named_arrays(trace):
                with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise InvalidChoice(
            f"{path} cannot be written ({error.strerror or error}). "
            "Choose another place with --out."
        ) from error
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
