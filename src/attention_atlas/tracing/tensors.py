"""The table of everything a trace captures: name, axes, one sentence, and where it is in Python.

The reference, the captions on the page and the tests are made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from attention_atlas.errors import InvalidChoice

if TYPE_CHECKING:
    import numpy as np

    from attention_atlas.models.model import Model
    from attention_atlas.tracing.trace import Trace

Axis = Literal["states", "tokens", "heads", "hidden", "head size", "feed-forward", "keys"]
Place = Literal["embeddings", "trace", "layer"]


@dataclass(frozen=True)
class Tensor:
    """One captured tensor."""

    name: str
    """As the attribute is called: "attention_norm"."""
    place: Place
    """What it is an attribute of: the trace, its embeddings, or one of its layers."""
    axes: tuple[Axis, ...]
    """The name of each axis, in order."""
    summary: str
    """One sentence on what it is."""

    @property
    def path(self) -> str:
        """How it is reached in Python; l is the layer, counted from 0."""
        owner = {"embeddings": "trace.embeddings", "trace": "trace", "layer": "trace.layers[l]"}
        return f"{owner[self.place]}.{self.name}"

    def shape(self, model: Model, tokens: int) -> tuple[int, ...]:
        """Its shape in `model` for a text of so many tokens."""
        sizes: dict[Axis, int] = {
            "states": model.layers + 1,
            "tokens": tokens,
            "heads": model.heads,
            "hidden": model.hidden_size,
            "head size": model.head_size,
            "feed-forward": model.intermediate_size,
            "keys": tokens,
        }
        return tuple(sizes[axis] for axis in self.axes)

    def of(self, trace: Trace, layer: int = 0) -> np.ndarray:
        """Its values in `trace`; `layer` tells which for a tensor of a layer."""
        if self.place == "layer":
            return getattr(trace.layers[layer], self.name)
        return getattr(trace.embeddings if self.place == "embeddings" else trace, self.name)


TENSORS: tuple[Tensor, ...] = (
    Tensor(
        "word",
        "embeddings",
        ("tokens", "hidden"),
        "The vector the model learned for each piece of its vocabulary, looked up by the id.",
    ),
    Tensor(
        "position",
        "embeddings",
        ("tokens", "hidden"),
        "The vector the model learned for each place in a text.",
    ),
    Tensor(
        "segment",
        "embeddings",
        ("tokens", "hidden"),
        "The vector the model learned for the first sentence, or for the second of a pair.",
    ),
    Tensor(
        "sum",
        "embeddings",
        ("tokens", "hidden"),
        "Word, position and segment embedding added up.",
    ),
    Tensor(
        "output",
        "embeddings",
        ("tokens", "hidden"),
        "The sum after LayerNorm: what enters the first layer.",
    ),
    Tensor(
        "hidden_states",
        "trace",
        ("states", "tokens", "hidden"),
        "What enters the first layer, then what each layer gives.",
    ),
    Tensor(
        "input",
        "layer",
        ("tokens", "hidden"),
        "What enters the layer: the output of the one before.",
    ),
    Tensor(
        "query",
        "layer",
        ("heads", "tokens", "head size"),
        "What each token looks for, in each head.",
    ),
    Tensor(
        "key",
        "layer",
        ("heads", "tokens", "head size"),
        "What each token is found by, in each head.",
    ),
    Tensor(
        "value",
        "layer",
        ("heads", "tokens", "head size"),
        "What each token hands over where it is attended to, in each head.",
    ),
    Tensor(
        "scores",
        "layer",
        ("heads", "tokens", "keys"),
        "Query times key, divided by the root of the head size: how well they match.",
    ),
    Tensor(
        "attention",
        "layer",
        ("heads", "tokens", "keys"),
        "The softmax of the scores: how much each token takes from each token; a row sums to 1.",
    ),
    Tensor(
        "context",
        "layer",
        ("heads", "tokens", "head size"),
        "The values added up by their attention.",
    ),
    Tensor(
        "attention_output",
        "layer",
        ("tokens", "hidden"),
        "The context of all heads side by side, after the output projection.",
    ),
    Tensor(
        "attention_norm",
        "layer",
        ("tokens", "hidden"),
        "Input plus attention output, after LayerNorm.",
    ),
    Tensor(
        "intermediate",
        "layer",
        ("tokens", "feed-forward"),
        "The first projection of the feed-forward network, after its activation.",
    ),
    Tensor(
        "ffn_output",
        "layer",
        ("tokens", "hidden"),
        "The second projection of the feed-forward network.",
    ),
    Tensor(
        "output",
        "layer",
        ("tokens", "hidden"),
        "Attention norm plus feed-forward output, after LayerNorm: the input of the next layer.",
    ),
)


def tensor(name: str, place: Place = "layer") -> Tensor:
    """The entry of the table with this name.

    Raises:
        InvalidChoice: there is none.
    """
    names = [entry.name for entry in TENSORS if entry.place == place]
    if name not in names:
        raise InvalidChoice(
            f"There is no tensor {name!r} in {place!r}. Choose one of {', '.join(names)}."
        )
    return next(entry for entry in TENSORS if (entry.place, entry.name) == (place, name))
