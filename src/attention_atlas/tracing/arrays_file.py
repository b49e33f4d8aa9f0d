"""Writes a Trace to an .npz file: every array under its name in Python, and what is no array."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Sequence

import numpy as np

from attention_atlas.errors import NotSaved
from attention_atlas.tracing.layout import METADATA, token_entries
from attention_atlas.tracing.metadata import metadata_of
from attention_atlas.tracing.predictions import SAVED, Prediction
from attention_atlas.tracing.tensors import TENSORS
from attention_atlas.tracing.trace import Trace
from attention_atlas.tracing.whole_file import whole_file


def named_arrays(trace: Trace) -> Iterator[tuple[str, np.ndarray]]:
    """Every array of the file with its name: "layers.3.query".

    One layer is in memory at a time.
    """
    predicted = _predicted(trace)
    yield METADATA, np.array(metadata_of(trace, predicted))
    yield "tokens.text", np.array([token.text for token in trace.tokens])
    for entry in token_entries(len(trace.tokens)):
        name = entry.name.removeprefix("tokens.")
        values = [getattr(token, name) for token in trace.tokens]
        if name == "span":
            values = [span or (-1, -1) for span in values]
        values = [-1 if value is None else value for value in values]
        yield entry.name, np.array(values, dtype=entry.dtype).reshape(entry.shape)
    for tensor in TENSORS:
        if tensor.place != "layer":
            yield tensor.path.removeprefix("trace."), tensor.of(trace)
    if predicted is not None:
        yield "predictions.text", np.array([[one.text for one in row] for row in predicted])
        yield "predictions.id", np.array([[one.id for one in row] for row in predicted], "<i8")
        yield (
            "predictions.probability",
            np.array([[one.probability for one in row] for row in predicted], "<f4"),
        )
    for index, layer in enumerate(trace.layers):
        for tensor in TENSORS:
            if tensor.place == "layer":
                yield f"layers.{index}.{tensor.name}", getattr(layer, tensor.name)


def write_arrays(trace: Trace, path: str | os.PathLike[str]) -> None:
    """Writes `named_arrays(trace)` to `path`, whole or not at all.

    Raises:
        NotSaved: the file cannot be written there.
    """
    shown = os.fsdecode(path)
    try:
        with whole_file(shown) as unfinished, zipfile.ZipFile(unfinished, "x") as archive:
            for name, array in named_arrays(trace):
                _write(archive, name, array)
    except OSError as error:
        raise NotSaved(
            f"{shown} cannot be written ({error.strerror or error}). Give the name of a file in a "
            "folder that is there, may be written to, and has room."
        ) from error


def _write(archive: zipfile.ZipFile, name: str, array: np.ndarray) -> None:
    # A date of its own would make two files of the same trace differ; so would the system's name.
    member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_STORED
    member.create_system = 3
    member.external_attr = 0o600 << 16
    with archive.open(member, "w", force_zip64=True) as file:
        np.lib.format.write_array(file, np.asarray(array, order="C"), allow_pickle=False)


def _predicted(trace: Trace) -> Sequence[Sequence[Prediction]] | None:
    """The likeliest pieces at each position with nothing masked; None without a head."""
    if trace._saved is not None or not trace.model.has_prediction_head:
        return trace._saved
    return trace.predictions(top_k=SAVED)
