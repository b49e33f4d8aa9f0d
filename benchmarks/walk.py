"""The walk: what each step takes and sends when it opens, and when token, head or layer changes.

Each section hands its pictures to a painter; here it is handed one that only keeps how they are
made, so what is measured is what the page does. A ratio is to one layer's forward, transformers'
own module on the same text, run just before; the median of the repetitions is what counts.
"""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import torch
from shiny.module import ResolvedId, current_namespace
from shiny.session import session_context

from attention_atlas.app.drawing import Painter
from attention_atlas.app.exploring import explore
from attention_atlas.app.sections.add_norm import add_norm_server
from attention_atlas.app.sections.dot_product import dot_product_server
from attention_atlas.app.sections.embeddings import embeddings_server
from attention_atlas.app.sections.feed_forward import feed_forward_server
from attention_atlas.app.sections.heads_joined import heads_joined_server
from attention_atlas.app.sections.masked_in_turn import CHUNK, MOST_GUESSES
from attention_atlas.app.sections.passed_layers import passed_layers_server
from attention_atlas.app.sections.predictions import predictions_server
from attention_atlas.app.sections.projections import projections_server
from attention_atlas.app.sections.stack import stack_server
from attention_atlas.app.sections.tokens import tokens_server
from attention_atlas.app.state import Exploration, State
from attention_atlas.models.loading import load_model
from attention_atlas.models.model import Model
from attention_atlas.tracing.distributions import distributions
from attention_atlas.tracing.layers import LayerTraces, computed
from attention_atlas.tracing.trace import Trace
from attention_atlas.views.choice import first_word
from attention_atlas.views.look import Look
from attention_atlas.views.masked_in_turn import masked_in_turn
from attention_atlas.views.picture import Picture
from benchmarks.generate import base_model
from benchmarks.texts import text_of

LENGTHS = (7, 60, 512)
REPETITIONS = 5
MOST_BYTES = 300_000
"""What a step may send when it opens."""
MOST_LAYERS = 5
"""Steps that take longer than this many forwards of one layer are named below the table."""

PICTURES = {
    "tokens-picture": "Tokens",
    "embeddings-sum": "Embeddings",
    "embeddings-all": "  fold: all tokens at once",
    "embeddings-nearest": "  nearest words",
    "embeddings-map": "  map of the tokens",
    "embeddings-positions": "  positions",
    "embeddings-tables": "  fold: both position tables",
    "before-picture": "Layers before",
    "projections-picture": "Query, key, value",
    "dot_product-picture": "Scaled dot-product attention",
    "heads_joined-picture": "Heads joined",
    "add_norm_attention-picture": "Add & Norm after attention",
    "feed_forward-picture": "Feed-forward",
    "add_norm_ffn-picture": "Add & Norm after feed-forward",
    "after-picture": "Layers after",
    "stack-picture": "The stack",
    "predictions-picture": "Predictions",
    "predictions-two_candidates": "  two candidates",
    "predictions-lens": "  lens",
}
"""The places of the painter's pictures in the walk, and how the table names them."""
FOLDED = ("embeddings-all", "embeddings-tables")
CHANGES = ("opens", "token", "head", "layer")

Recipe = tuple[Callable[[], tuple[Any, ...]], Callable[..., Picture]]


@dataclass
class Chosen:
    """What a person has chosen, as `State` tells it."""

    exploration: Exploration
    indices: dict[str, int] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def explored(self) -> Exploration:
        return self.exploration

    def trace(self) -> Trace:
        return self.exploration.trace

    def token(self) -> int:
        return first_word(self.trace()) + self.indices.get("token", 0)

    def head(self) -> int:
        return self.indices.get("head", 0)

    def layer(self) -> int:
        return self.indices.get("layer", 0)

    def look(self) -> Look:
        return Look(**self.options)

    def on_forget(self, callback: Callable[[], None]) -> None: ...

    def change(self, what: str) -> None:
        """Chooses the next token, head or layer; what opens has chosen nothing yet."""
        if what != "opens":
            self.indices[what] = self.indices.get(what, 0) + 1


@dataclass
class Sketchbook:
    """In the painter's place, and the session's: keeps how pictures are made, and draws none."""

    ns: ResolvedId = field(default_factory=current_namespace)
    recipes: dict[str, Recipe] = field(default_factory=dict)
    input: None = None
    output: None = None

    def make_scope(self, id: str) -> Sketchbook:
        return replace(self, ns=self.ns(id))

    def draw(
        self, id: str, depends: Callable[[], tuple[Any, ...]], make: Callable, first: object = None
    ) -> None:
        self.recipes[id] = depends, make

    def count(self, nbytes: Callable[[], int]) -> None: ...


def recipes(chosen: Chosen) -> Mapping[str, Recipe]:
    """How each picture of the walk is made, by its place: what it depends on, and the work."""
    book = Sketchbook()
    given = cast(State, chosen), cast(Painter, book)
    with session_context(cast(Any, book)):
        tokens_server("tokens", *given)
        embeddings_server("embeddings", *given)
        passed_layers_server("before", *given, "before")
        projections_server("projections", *given)
        dot_product_server("dot_product", *given)
        heads_joined_server("heads_joined", *given)
        add_norm_server("add_norm_attention", *given, "attention")
        feed_forward_server("feed_forward", *given)
        add_norm_server("add_norm_ffn", *given, "ffn")
        passed_layers_server("after", *given, "after")
        stack_server("stack", *given)
        predictions_server("predictions", *given)
    return book.recipes


def opens_with(place: str) -> str:
    """What opens together with a picture: all of its step, but a fold opens alone."""
    return place if place in FOLDED else place.partition("-")[0]


def as_new(exploration: Exploration) -> Exploration:
    """The same exploration with nothing looked at yet."""
    trace = exploration.trace
    make = computed(trace.model, trace._states, trace.hidden_states)
    layers = LayerTraces(trace.model, make)
    return Exploration(replace(trace, layers=layers), exploration.summary)


def size(picture: Picture) -> int:
    """The bytes of the message that carries it."""
    return len(json.dumps(picture.to_message()))


def table_in_turn(trace: Trace) -> list[Picture]:
    """The pictures that each word masked in turn sends one after another; the last is whole.

    Their numbers are of the text as it stands: they take one pass instead of n, and as much room.
    """
    words = [token.index for token in trace.tokens if not token.special]
    found = distributions(trace, top_k=MOST_GUESSES, positions=words)
    ends = range(CHUNK, len(words) + CHUNK, CHUNK)
    return [masked_in_turn(trace, found[:end], words[:end], top_k=MOST_GUESSES) for end in ends]


@dataclass
class Measured:
    """One picture, or several at once, when something changes."""

    seconds: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    bytes: int = 0

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    def __str__(self) -> str:
        return f"{statistics.median(self.seconds) * 1e3:>9.1f} {self.ratio:>6.2f}"


Row = dict[str, Measured]


def measure(
    exploration: Exploration, places: tuple[str, ...], layer: Callable[[], object], row: Row
) -> None:
    """One repetition: the pictures open together, then each change redraws those it concerns."""
    chosen = Chosen(as_new(exploration))
    made = recipes(chosen)
    last: dict[str, tuple[Any, ...]] = {}
    for change in CHANGES:
        chosen.change(change)
        wanted = {place: made[place][0]() for place in places}
        again = [place for place in places if last.get(place) != wanted[place]]
        last = wanted
        if not again:
            continue
        forward, _ = timed(layer)

        def draw(again: list[str] = again, wanted: dict[str, Any] = wanted) -> list[dict[str, Any]]:
            return [made[place][1](*wanted[place]).to_message() for place in again]

        took, messages = timed(draw)
        found = row.setdefault(change, Measured())
        found.seconds.append(took)
        found.ratios.append(took / forward)
        found.bytes = max(found.bytes, sum(len(json.dumps(message)) for message in messages))


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """The wall time of one call, and what it gave."""
    begin = time.perf_counter()
    given = work()
    return time.perf_counter() - begin, given


def table(model: Model, n: int) -> None:
    """Measures and prints all steps for a text of n tokens."""
    exploration = explore(model, text_of(n), None)
    trace = exploration.trace
    assert len(trace.tokens) == n
    states = torch.tensor(trace.hidden_states[:1])

    @torch.inference_mode()
    def layer() -> object:
        return model.parts.layers[0].layer(states)

    whole = "All at once, folds closed"
    views: dict[str, tuple[str, ...]] = {name: (place,) for place, name in PICTURES.items()}
    views[whole] = tuple(place for place in PICTURES if place not in FOLDED)
    rows: dict[str, Row] = {name: {} for name in views}
    for name, places in views.items():
        measure(exploration, places, layer, {})  # the first is never like the others
        for _ in range(REPETITIONS):
            measure(exploration, places, layer, rows[name])
    forward = statistics.median(timed(layer)[0] for _ in range(REPETITIONS))
    print(f"\nThe walk, {model.name}, {n} tokens; one layer's forward takes {forward * 1e3:.1f} ms")
    print(f"{'':<31} {'':>7}" + "".join(f"  {change:>16}" for change in CHANGES))
    print(f"{'step':<31} {'kB':>7}" + f"  {'ms':>9} {'ratio':>6}" * len(CHANGES))
    for name, row in rows.items():
        most = max(found.bytes for found in row.values())
        cells = "".join(f"  {row.get(change, '')!s:>16}" for change in CHANGES)
        print(f"{name:<31} {most / 1e3:>7.1f}{cells}{_over(name != whole and most)}")
    together: Counter[str] = Counter()
    for place, name in PICTURES.items():
        together[opens_with(place)] += rows[name]["opens"].bytes
    ((step, most),) = together.most_common(1)
    print(f"The most that opens at once: {step}, {most / 1e3:.1f} kB{_over(most)}.")
    worst = {name: max(found.ratio for found in rows[name].values()) for name in PICTURES.values()}
    slow = [f"{name.strip()} {ratio:.1f}" for name, ratio in worst.items() if ratio > MOST_LAYERS]
    print(f"More than {MOST_LAYERS} forwards of one layer: {', '.join(slow) or 'none'}.")
    _in_turn(trace, forward)


def _in_turn(trace: Trace, forward: float) -> None:
    words = [token.index for token in trace.tokens if not token.special][:CHUNK]
    took, _ = timed(lambda: distributions(trace, top_k=MOST_GUESSES, masked=True, positions=words))
    sizes = [size(picture) for picture in table_in_turn(trace)]
    print(
        f"Each word masked in turn: {took / len(words) * 1e3:.1f} ms a word, ratio "
        f"{took / len(words) / forward:.2f}; its last message {sizes[-1] / 1e3:.1f} kB, "
        f"its {len(sizes)} together {sum(sizes) / 1e3:.1f} kB{_over(sizes[-1])}"
    )


def _over(sent: int) -> str:
    return f"  over {MOST_BYTES / 1e3:.0f} kB" if sent > MOST_BYTES else ""


def main() -> None:
    """Prints a table for each model and length."""
    for model in (load_model("embedded", device="cpu"), base_model()):
        for n in LENGTHS:
            table(model, n)


if __name__ == "__main__":
    main()
