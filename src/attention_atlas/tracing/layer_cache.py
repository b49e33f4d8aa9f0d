"""The layers that were looked at, of one trace or of many, as long as there is room for them."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attention_atlas.tracing.layers import LayerTrace, LayerTraces

CACHE_BYTES = 160 * 2**20
"""How much of the looked-at layers one trace keeps: three of BERT-base at 512 tokens."""


class LayerCache:
    """Keeps looked-at layers up to a number of bytes; the ones not seen for longest go first.

    The layers of a trace that nobody has any more go with it. Safe to use from any thread.
    """

    def __init__(
        self, max_bytes: int = CACHE_BYTES, on_change: Callable[[int], None] | None = None
    ) -> None:
        """`on_change` is called after layers were kept, with the bytes held; from any thread."""
        self._max_bytes = max_bytes
        self._on_change = on_change
        self._kept: OrderedDict[tuple[int, int], LayerTrace] = OrderedDict()
        self._bytes = 0
        self._places = count()
        self._lock = threading.Lock()
        self._gone: deque[int] = deque()

    @property
    def nbytes(self) -> int:
        """The memory that the kept layers hold."""
        return self._bytes

    @property
    def max_bytes(self) -> int:
        """How much may be kept. Who looks at a larger layer has it kept until this is set again."""
        return self._max_bytes

    @max_bytes.setter
    def max_bytes(self, max_bytes: int) -> None:
        with self._lock:
            self._max_bytes = max_bytes
            self._shrink(0)
        self._changed()

    def enter(self, layers: LayerTraces) -> int:
        """A place for the layers of one trace: what the other methods know it by."""
        place = next(self._places)
        weakref.finalize(layers, self._leave, place).atexit = False
        return place

    def get(self, place: int, layer: int) -> LayerTrace | None:
        """The layer with this index, if it is kept."""
        with self._lock:
            found = self._kept.get((place, layer))
            if found is not None:
                self._kept.move_to_end((place, layer))
        if self._gone:
            self._sweep()
        return found

    def keep(self, place: int, layer: LayerTrace) -> None:
        """Keeps a layer; others go if there is no room for all."""
        with self._lock:
            if (before := self._kept.pop((place, layer.index), None)) is not None:
                self._bytes -= before.nbytes
            self._kept[place, layer.index] = layer
            self._bytes += layer.nbytes
            self._shrink(1)
        self._changed()

    def of(self, place: int) -> list[int]:
        """Which layers are kept of a place, the one not seen for longest first."""
        with self._lock:
            return [layer for at, layer in self._kept if at == place]

    def _shrink(self, at_least: int) -> None:
        while len(self._kept) > at_least and self._bytes > self._max_bytes:
            _, layer = self._kept.popitem(last=False)
            self._bytes -= layer.nbytes

    def _leave(self, place: int) -> None:
        # Python may call this within any line of ours, also where this thread has the lock.
        self._gone.append(place)
        self._sweep()

    def _sweep(self) -> None:
        """Lets go of what is left of traces that are gone; if another is at it, it will."""
        while self._gone and self._lock.acquire(blocking=False):
            try:
                gone = {self._gone.popleft() for _ in range(len(self._gone))}
                for key in [key for key in self._kept if key[0] in gone]:
                    self._bytes -= self._kept.pop(key).nbytes
            finally:
                self._lock.release()

    def _changed(self) -> None:
        self._sweep()
        if self._on_change is not None:
            self._on_change(self._bytes)
