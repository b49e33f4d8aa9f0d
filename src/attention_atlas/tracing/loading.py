"""`load_trace`: from the file that `Trace.save` wrote to a Trace, with or without its model."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from attention_atlas.errors import InvalidChoice, ModelMismatch, NotATrace
from attention_atlas.models.model import Model, RememberedModel
from attention_atlas.tracing.layers import LayerTrace, LayerTraces
from attention_atlas.tracing.layout import (
    VERSION,
    entries,
    layer_entries,
    prediction_entries,
    token_entries,
    whole_entries,
)
from attention_atlas.tracing.metadata import Foreign, Metadata, OtherVersion, read_metadata
from attention_atlas.tracing.predictions import Prediction
from attention_atlas.tracing.stored_arrays import Reading, StoredArrays
from attention_atlas.tracing.tokens import Token
from attention_atlas.tracing.trace import Embeddings, Trace
from attention_atlas.version import __version__


def load_trace(path: str | os.PathLike[str], model: Model | None = None) -> Trace:
    """The trace that `Trace.save` wrote to a file: every number as it was, to the bit.

    Without a model it has the tokens, the embeddings, the hidden states, the layers, and the 20
    likeliest pieces of each position; all metrics and the views of attention work on it. What
    needs the weights (hiding words, the lens, the feed-forward network, …) raises NeedsModel.

    The layers are read from the file when they are looked at, so the file has to stay where it is.
    Nothing in it is run or unpickled: a file from anybody can be loaded.

    Args:
        path: the .npz file.
        model: the model that the trace was made with, from `load_model`; then everything works as
            for a trace that was just made.

    Raises:
        TraceNotFound: there is no such file, or it cannot be opened; also of a layer that is
            looked at later, when the file is gone or is another by then.
        NotATrace: the file holds something else, is damaged, or has another version of the layout.
        ModelMismatch: the model has other sizes or weights than the one the trace was made with.
        InvalidChoice: `path` is no path, or `model` is no Model.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise InvalidChoice(
            f"A {type(path).__name__} was given as the path of a trace. Give the path of a file "
            "that trace.save wrote."
        )
    arrays = StoredArrays(os.fsdecode(path))
    with arrays.reading() as reading:
        metadata = _metadata(arrays, reading)
        if model is not None:
            _check_model(arrays, metadata, model)
        return _trace(arrays, reading, metadata, model)


def _metadata(arrays: StoredArrays, reading: Reading) -> Metadata:
    try:
        return read_metadata(reading.metadata(), arrays.path)
    except Foreign as error:
        raise arrays.foreign(str(error)) from error
    except OtherVersion as error:
        version, written_by = error.args
        found = repr(version)[:20]
        by = f" by {written_by}" if isinstance(written_by, str) else ""
        raise NotATrace(
            f"{arrays.path} has version {found} of the layout{by[:80]}, and "
            f"attention-atlas {__version__} reads version {VERSION}. Install a version of "
            "attention-atlas that reads it, or save the trace again with this one."
        ) from error
    except ValueError as error:
        raise arrays.damaged(f"its metadata {error}") from error


def _check_model(arrays: StoredArrays, metadata: Metadata, model: Model) -> None:
    from attention_atlas.models.fingerprint import fingerprint

    if not isinstance(model, Model):
        raise InvalidChoice(
            f"A {type(model).__name__} was given as the model of {arrays.path}. "
            "Give what aa.load_model returns."
        )
    if isinstance(model, RememberedModel):
        model.require("A model to load this trace with")
    ours = metadata.model
    if fingerprint(model) != ours.fingerprint:
        raise ModelMismatch(
            f"The trace in {arrays.path} was made with {_told(ours)}, and {_told(model)} is "
            "another model: its sizes, its weights or its vocabulary differ. "
            f'Give the first, model=aa.load_model("{ours.name}"), or no model.'
        )


def _told(model: Model) -> str:
    return (
        f"{model.name!r} ({model.layers} layers × {model.heads} heads, d = {model.hidden_size}, "
        f"{model.vocabulary_size:,} word pieces)"
    )


def _trace(
    arrays: StoredArrays, reading: Reading, metadata: Metadata, model: Model | None
) -> Trace:
    ours = metadata.model
    n = len(metadata.pieces)
    predicted = metadata.predicted
    for entry in entries(ours, n, None if predicted is None else len(predicted[0])):
        reading.check(entry)
    whole = {entry.name: reading.read(entry) for entry in whole_entries(ours, n)}
    states = whole.pop("hidden_states")
    kept = None
    if model is not None:
        import torch

        # A copy, as PyTorch has no tensors that are read-only.
        kept = torch.tensor(states)
        states = kept.numpy()
        states.flags.writeable = False
    embeddings: dict[str, Any] = {
        name.removeprefix("embeddings."): array for name, array in whole.items()
    }
    return Trace(
        model=model or ours,
        text=metadata.text,
        pair=metadata.pair,
        tokens=_tokens(arrays, reading, metadata),
        truncated=metadata.truncated,
        embeddings=Embeddings(**embeddings),
        hidden_states=states,
        layers=LayerTraces(model or ours, _stored(arrays, ours, states)),
        _kept=kept,
        _saved=None if predicted is None else _predictions(arrays, reading, ours, predicted),
    )


def _stored(
    arrays: StoredArrays, model: RememberedModel, states: np.ndarray
) -> Callable[[int], LayerTrace]:
    """Reads a layer from the file; for `LayerTraces`."""

    def read(layer: int) -> LayerTrace:
        wanted = layer_entries(model, states.shape[1], layer)
        with arrays.reading() as reading:
            inside: dict[str, Any] = {
                entry.name.rpartition(".")[2]: reading.read(entry)
                for entry in wanted
                if not entry.name.endswith(".input")
            }
        return LayerTrace(index=layer, input=states[layer], **inside)

    return read


def _tokens(arrays: StoredArrays, reading: Reading, metadata: Metadata) -> tuple[Token, ...]:
    model, pieces = metadata.model, metadata.pieces
    columns = {
        entry.name.removeprefix("tokens."): reading.read(entry).tolist()
        for entry in token_entries(len(pieces))
    }
    sentences = (metadata.text, metadata.pair or "")
    tokens = []
    for index, piece in enumerate(pieces):
        row = {name: column[index] for name, column in columns.items()}
        start, end = row["span"]
        sentence = None if row["sentence"] == -1 else row["sentence"]
        span = None if (start, end) == (-1, -1) else (start, end)
        fits = (
            0 <= row["id"] < model.vocabulary_size
            and 0 <= row["position"] < max(model.max_tokens, len(pieces))
            and 0 <= row["segment"] < model.segments
            and sentence in ((None, 0) if metadata.pair is None else (None, 0, 1))
            and row["word"] >= -1
            and (span is None) == (sentence is None)
            and (span is None or 0 <= start <= end <= len(sentences[sentence or 0]))
        )
        if not fits:
            raise arrays.damaged(f"the token {index} is none that the model could read")
        tokens.append(
            Token(
                index=index,
                text=piece,
                id=row["id"],
                position=row["position"],
                segment=row["segment"],
                sentence=sentence,
                word=None if row["word"] == -1 else row["word"],
                span=span,
                original="" if span is None else sentences[sentence or 0][start:end],
                special=row["special"],
                unknown=row["unknown"],
            )
        )
    return tuple(tokens)


def _predictions(
    arrays: StoredArrays,
    reading: Reading,
    model: RememberedModel,
    predicted: Sequence[Sequence[str]],
) -> tuple[tuple[Prediction, ...], ...]:
    ids, probabilities = (
        reading.read(entry).tolist()
        for entry in prediction_entries(len(predicted), len(predicted[0]))
    )
    if any(not 0 <= id_ < model.vocabulary_size for row in ids for id_ in row):
        raise arrays.damaged("it predicts a word piece that is not in the vocabulary")
    return tuple(
        tuple(Prediction(*one) for one in zip(*row, strict=True))
        for row in zip(predicted, ids, probabilities, strict=True)
    )
