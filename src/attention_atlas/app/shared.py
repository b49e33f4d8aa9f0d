"""What the sessions of one process share."""

from __future__ import annotations

from attention_atlas.app.rooms import Rooms
from attention_atlas.app.settings import Settings


class Shared:
    """The settings, and the models. One per application."""

    def __init__(self, settings: Settings, rooms: Rooms | None = None) -> None:
        """Who gives `rooms` can have models loaded earlier."""
        self.settings = settings
        self.rooms = rooms or Rooms()
        self.draining = False
        """Whether the application is about to end: what runs may end, nothing new begins."""

    def close(self) -> None:
        """Stops every download and lets the threads end."""
        self.rooms.close()
