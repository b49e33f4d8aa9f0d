"""Passes through the networks: one at a time for each model, whoever asks for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from attention_atlas.app import metering
from attention_atlas.app.fair_queue import FairQueue
from attention_atlas.models.model import Model

R = TypeVar("R")


class Passes:
    """A fair queue for each model. On a CPU two passes at once would only slow each other down."""

    def __init__(self) -> None:
        """No model has a queue yet."""
        self._queues: WeakKeyDictionary[Model, FairQueue] = WeakKeyDictionary()

    @property
    def length(self) -> int:
        """How many wait."""
        return sum(queue.length for queue in self._queues.values())

    @property
    def busy(self) -> bool:
        """Whether any runs or waits."""
        return any(queue.running or queue.length for queue in self._queues.values())

    async def run(
        self,
        model: Model,
        owner: Hashable,
        stage: metering.Stage,
        work: Callable[..., R],
        *args: Any,
        on_place: Callable[[int], None] | None = None,
        **kwargs: Any,
    ) -> R:
        """Runs `work`, which takes `model` through a pass, when it is `owner`'s turn.

        Everything else is as `FairQueue.run` has it.

        Args:
            model: whose turn is waited for.
            owner: who asks.
            stage: what its seconds are counted as; those of waiting count as "queue".
            work: what is to be done.
            *args: for `work`.
            on_place: called with the number of passes that will begin before this one.
            **kwargs: for `work`.

        Raises:
            RuntimeError: the application has ended.
            Exception: whatever `work` raises.
        """
        asked = time.perf_counter()

        def measured() -> R:
            metering.took("queue", time.perf_counter() - asked)
            with metering.stage(stage):
                return work(*args, **kwargs)

        queue = self._queues.get(model)
        if queue is None:
            queue = FairQueue(1, name="pass", on_length=self._measure)
            self._queues[model] = queue
        return await queue.run(owner, measured, on_place=on_place)

    def close(self) -> None:
        """Begins no more; what runs may end."""
        for queue in list(self._queues.values()):
            queue.close()

    def _measure(self, _length: int) -> None:
        metering.queue_length(self.length)
