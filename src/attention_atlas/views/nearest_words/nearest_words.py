"""The words of the vocabulary whose vectors point most nearly where a token's vector points."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np

from attention_atlas.analysis.nearest import nearest, row_norms
from attention_atlas.models.model import Model
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import token_of
from attention_atlas.views.picture import Picture

TOP = 8
CONTINUES = "##"
"""How WordPiece marks a piece that continues a word."""


@dataclass(frozen=True, eq=False)
class _Table:
    """The word embeddings of a model, and what is worth keeping of them."""

    vectors: np.ndarray  # (vocabulary, d); on a CPU the network's own memory
    norms: np.ndarray
    named: np.ndarray  # the rows that the tokenizer has a piece for


_tables: weakref.WeakKeyDictionary[Model, _Table] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def nearest_words(trace: Trace, token: int) -> Picture:
    """The nearest words of one token by the cosine of their word embeddings.

    State: `token` (the piece), `vocabulary` (how many words were compared) and `words`, at most
    eight, nearest first, each with its `text` as the vocabulary has it, its `cosine`, and whether
    it is a `piece` that continues a word or `special`. The token itself is left out.

    Raises:
        InvalidChoice: there is no such token.
        NeedsModel: the trace was loaded without its model.
    """
    chosen = token_of(trace, token)
    model = trace.model
    model.require("The nearest words of the vocabulary")
    table = _table(model)
    found = nearest(table.vectors, table.norms, chosen.id, k=TOP, among=table.named)
    specials = set(model.tokenizer.all_special_ids)
    texts: Any = model.tokenizer.convert_ids_to_tokens(found.rows.tolist())
    words = [
        {
            "text": text,
            "cosine": float(cosine),
            "piece": text.startswith(CONTINUES) and text != CONTINUES,
            "special": int(row) in specials,
        }
        for text, row, cosine in zip(texts, found.rows, found.cosines, strict=True)
    ]
    vocabulary = int(table.named.sum())
    state = {"token": chosen.text, "vocabulary": vocabulary, "words": words}
    return Picture("nearest_words", state)


def _table(model: Model) -> _Table:
    with _lock:
        table = _tables.get(model)
        if table is None:
            weight: Any = model.parts.word_embeddings.weight
            vectors = weight.detach().cpu().numpy()
            named = np.zeros(len(vectors), dtype=bool)
            named[list(model.tokenizer.get_vocab().values())] = True
            table = _tables[model] = _Table(vectors, row_norms(vectors), named)
        return table
