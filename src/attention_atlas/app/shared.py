"""What the sessions of one process share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from attention_atlas.app.fair_queue import FairQueue
from attention_atlas.app.limits import Limits
from attention_atlas.app.offered import Offered
from attention_atlas.app.passes import Passes
from attention_atlas.app.private_folder import PrivateFolder
from attention_atlas.app.results import Results
from attention_atlas.app.rooms import Rooms
from attention_atlas.app.saved_file import SavedFiles
from attention_atlas.app.settings import Settings
from attention_atlas.models.model import Model
from attention_atlas.views.picture import Picture

DRAWING_THREADS = 4


class Shared:
    """The settings, the limits, the models, and the work that is done. One per application."""

    def __init__(
        self, settings: Settings, rooms: Rooms | None = None, folder: PrivateFolder | None = None
    ) -> None:
        """Who gives `rooms` can have models loaded earlier; `folder` is one that was lent."""
        self.settings = settings
        self.offered = Offered(settings)
        self.rooms = rooms or Rooms()
        self.rooms.places = self.offered.places
        self.folder = folder or PrivateFolder()
        self.limits = Limits(settings, folder=self.folder)
        self.saved = SavedFiles(self.folder)
        self.passes = Passes()
        """What goes through a network: one pass at a time for each model."""
        self.drawing = FairQueue(DRAWING_THREADS, name="drawing")
        """What is made of a pass: pictures, summaries, files."""
        self.results = Results(self.passes, settings.cache_bytes)
        self.first_heads: WeakKeyDictionary[Model, Picture] = WeakKeyDictionary()
        """What a first-time visitor sees of each model; the same for all of them."""
        self._at_work = 0
        self.draining = False
        """Whether the application is about to end: what runs may end, nothing new begins."""

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Somebody waits within for a sentence that runs, or is being shown one that has run."""
        self._at_work += 1
        try:
            yield
        finally:
            self._at_work -= 1

    def busy(self) -> bool:
        """Whether a pass runs or waits, or what one gave is not on its page yet."""
        return self._at_work > 0 or self.passes.busy

    async def drained(self, timeout: float) -> bool:
        """Waits until nothing is busy, for so many seconds at most; whether that came to be."""

        async def idle() -> None:
            while self.busy():
                await asyncio.sleep(0.05)

        try:
            await asyncio.wait_for(idle(), timeout)
        except asyncio.TimeoutError:  # another type before Python 3.11
            return False
        return True

    def close(self) -> None:
        """Stops every download and lets the threads end."""
        self.rooms.close()
        self.passes.close()
        self.drawing.close()
        self.limits.close()
        self.folder.close()
