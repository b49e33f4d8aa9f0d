"""What nobody wants any more stops before the next layer."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from attention_atlas import trace
from attention_atlas.errors import TraceCancelled
from attention_atlas.models.model import Model
from attention_atlas.tracing.stopping import stoppable

TEXT = "the cat sat on the mat"


def test_a_pass_stops_that_has_no_argument_to_say_so(tiny: Model) -> None:
    unwanted = threading.Event()
    layers: list[int] = []

    def after_the_first(layer: int, _attention: object) -> None:
        layers.append(layer)
        unwanted.set()

    with stoppable(unwanted), pytest.raises(TraceCancelled):
        trace(tiny, TEXT, on_layer=after_the_first)
    assert layers == [0]


def test_only_what_is_made_inside_and_in_its_thread_stops(tiny: Model) -> None:
    unwanted = threading.Event()
    unwanted.set()
    with stoppable(unwanted):
        with pytest.raises(TraceCancelled):
            trace(tiny, TEXT)
        with stoppable(threading.Event()):
            assert trace(tiny, TEXT).tokens
        with ThreadPoolExecutor(1) as beside:
            assert beside.submit(trace, tiny, TEXT).result().tokens
    assert trace(tiny, TEXT).tokens
