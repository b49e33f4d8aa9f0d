"""Which models a visitor may choose: any on one's own machine, on a server those offered there."""

from __future__ import annotations

import os
from pathlib import Path

from attention_atlas.app.settings import Settings
from attention_atlas.errors import NotOffered
from attention_atlas.models.catalog import EMBEDDED_MODEL

LONGEST_SHOWN = 60


class Offered:
    """The models of the settings, by the names that visitors know them by."""

    def __init__(self, settings: Settings) -> None:
        """On a server the model that the page opens on is offered as well."""
        self._any = not settings.server
        offered = {} if self._any else dict(settings.offered)
        self.first = settings.model
        """The model that the page opens on."""
        if not self._any and settings.model not in offered:
            known = [name for name, where in offered.items() if where == settings.model]
            self.first = known[0] if known else _shown_name(settings.model)
            if not known:
                offered = {self.first: settings.model, **offered}
        self.places = offered
        """Shown name -> what `load_model` takes."""

    @property
    def names(self) -> tuple[str, ...]:
        """What a visitor chooses from; empty where anything may be asked for."""
        return tuple(self.places)

    @property
    def fallback(self) -> str:
        """The model that serves while another is on its way."""
        own = (name for name, where in self.places.items() if where == EMBEDDED_MODEL)
        return next(own, EMBEDDED_MODEL)

    def check(self, name: str) -> None:
        """Lets a choice pass.

        Raises:
            NotOffered: this is a server, and the name is none of those it offers.
        """
        if self._any or name in self.places:
            return
        shown = name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}…"
        *others, last = self.names
        offer = f"{', '.join(others)} and {last}" if others else last
        raise NotOffered(f"This server does not offer the model “{shown}”. It offers {offer}.")


def _shown_name(where: str) -> str:
    """Of a folder its own name alone: where it lies is nobody's business."""
    path = Path(where).expanduser()
    is_path = where.startswith((".", "~")) or (os.sep in where and path.is_dir())
    return (path.resolve().name or "the model") if is_path else where
