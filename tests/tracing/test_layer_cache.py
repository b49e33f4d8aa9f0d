"""Looked-at layers: one bound for many traces, and nothing is kept of a trace that is gone."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest

from attention_atlas.models.model import Model
from attention_atlas.tracing.layer_cache import CACHE_BYTES, LayerCache
from attention_atlas.tracing.masking import hide
from attention_atlas.tracing.trace import Trace, trace

TEXT = "the cat sat on the mat"


@pytest.fixture
def no_collector() -> Iterator[None]:
    """What goes must go by itself."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def one_layer(model: Model) -> int:
    return trace(model, TEXT).layers[0].nbytes


def test_alone_a_trace_keeps_its_own(tiny: Model):
    first, second = trace(tiny, TEXT), trace(tiny, TEXT)
    assert first.layers.shared_cache is None
    first.layers[0]
    assert (first.layers.kept, second.layers.kept) == ([0], [])
    assert LayerCache().max_bytes == CACHE_BYTES


def test_of_all_traces_the_layer_not_seen_for_longest_goes(tiny: Model):
    cache = LayerCache(int(2.5 * one_layer(tiny)))
    a, b = (trace(tiny, TEXT, layer_cache=cache) for _ in range(2))
    a.layers[0]
    b.layers[1]
    a.layers[0]
    b.layers[0]
    assert (a.layers.kept, b.layers.kept) == ([0], [0])
    assert cache.nbytes == 2 * one_layer(tiny)
    a.layers[1]
    assert (a.layers.kept, b.layers.kept) == ([1], [0])


def test_a_text_with_words_hidden_shares_the_cache(tiny: Model):
    cache = LayerCache()
    traced = trace(tiny, TEXT, layer_cache=cache)
    hidden = hide(traced, [2])
    assert hidden.layers.shared_cache is cache
    hidden.layers[0]
    traced.layers[1]
    assert (hidden.layers.kept, traced.layers.kept) == ([0], [1])
    assert cache.nbytes == 2 * one_layer(tiny)


def test_the_layer_just_made_is_kept_though_there_is_no_room(tiny: Model):
    cache = LayerCache(1)
    traced = trace(tiny, TEXT, layer_cache=cache)
    for layer in (0, 1):
        assert traced.layers[layer] in traced.layers
        assert traced.layers.kept == [layer]


def test_less_room_is_made_at_once(tiny: Model):
    told: list[int] = []
    cache = LayerCache(on_change=told.append)
    traced = trace(tiny, TEXT, layer_cache=cache)
    list(traced.layers)
    one = one_layer(tiny)
    cache.max_bytes = one
    assert (traced.layers.kept, cache.nbytes) == ([1], one)
    cache.max_bytes = 0
    assert (traced.layers.kept, cache.nbytes) == ([], 0)
    assert told == [one, 2 * one, one, 0]


@pytest.mark.usefixtures("no_collector")
def test_the_layers_of_a_trace_go_with_it(tiny: Model):
    cache = LayerCache()
    kept, gone = (trace(tiny, TEXT, layer_cache=cache) for _ in range(2))
    kept.layers[0]
    list(gone.layers)
    del gone
    assert cache.nbytes == kept.layers[0].nbytes


def test_a_trace_may_go_at_any_moment(tiny: Model):
    """Also while this thread is within the cache, where it has the lock."""
    cache = LayerCache()
    kept = trace(tiny, TEXT, layer_cache=cache)
    going: list[Trace] = [trace(tiny, TEXT, layer_cache=cache)]
    list(going[0].layers)

    def within() -> None:
        with cache._lock:
            going.clear()
        kept.layers[0]

    thread = threading.Thread(target=within, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    assert cache.nbytes == kept.layers[0].nbytes


def test_from_many_threads_the_bytes_are_counted_right(tiny: Model):
    cache = LayerCache(3 * one_layer(tiny))
    traces = [trace(tiny, TEXT, layer_cache=cache) for _ in range(4)]

    def look() -> None:
        for _ in range(20):
            for traced in traces:
                list(traced.layers)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = sum(traced.layers[layer].nbytes for traced in traces for layer in traced.layers.kept)
    assert cache.nbytes == held <= cache.max_bytes


def test_a_trace_knows_its_size(tiny: Model):
    traced = trace(tiny, "the cat")
    n, d, states = 4, 21, 3
    assert traced.nbytes == 4 * n * d * (states + 4)
