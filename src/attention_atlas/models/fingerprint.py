"""By what a model is known again: a hash over its vocabulary and a sample of every weight."""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections.abc import Iterator

from attention_atlas.models.model import Model, RememberedModel

SAMPLES = 1024
"""How many values of one tensor take part, evenly spaced; all of a smaller one."""

_known: weakref.WeakKeyDictionary[Model, str] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def fingerprint(model: Model) -> str:
    """SHA-256 over the vocabulary and over shape and values of every weight, in hexadecimal.

    The same on every device and wherever the checkpoint lies. Of a large tensor `SAMPLES` values
    stand for all: training moves them all, so that two checkpoints that people meet differ there.
    Counted once for a model, in about the time of a pass over a short text.
    """
    if isinstance(model, RememberedModel):
        return model.fingerprint
    with _lock:
        found = _known.get(model)
        if found is None:
            found = _known[model] = _count(model)
    return found


def _count(model: Model) -> str:
    digest = hashlib.sha256()
    for told in (*_vocabulary(model), *_weights(model)):
        digest.update(len(told).to_bytes(8, "little"))
        digest.update(told)
    return digest.hexdigest()


def _vocabulary(model: Model) -> Iterator[bytes]:
    for piece, row in sorted(model.tokenizer.get_vocab().items()):
        yield f"{row} {piece}".encode("utf-8", "surrogatepass")


def _weights(model: Model) -> Iterator[bytes]:
    """Shape and sample of each weight, in the order data flows; by no name of transformers'."""
    import numpy as np

    parts = model.parts
    modules = [
        parts.word_embeddings,
        parts.position_embeddings,
        parts.segment_embeddings,
        parts.embedding_norm,
    ]
    for layer in parts.layers:
        modules += [
            layer.query,
            layer.key,
            layer.value,
            layer.attention_projection,
            layer.attention_norm,
            layer.widening,
            layer.ffn_projection,
            layer.ffn_norm,
        ]
    if parts.prediction_head is not None:
        modules.append(parts.prediction_head)
    for module in modules:
        for weight in module.parameters():
            flat = weight.detach().flatten()
            sample = flat[:: -(-len(flat) // SAMPLES) or 1].cpu().float().numpy()
            yield repr(tuple(weight.shape)).encode()
            yield np.ascontiguousarray(sample, dtype="<f4").tobytes()
