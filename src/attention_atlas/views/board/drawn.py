"""A picture as its board gets it, or the plain sentence that stands in its place."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from attention_atlas.errors import AttentionAtlasError

if TYPE_CHECKING:
    from attention_atlas.views.board.places import Place
    from attention_atlas.views.board.subject import Subject
    from attention_atlas.views.figures.view_figure import Chosen

_log = logging.getLogger(__name__)
UNFORESEEN = "This part could not be drawn; the others are not affected."


def drawn(place: Place, subject: Subject, chosen: Chosen) -> dict[str, Any]:
    """{"picture": …} as JSON, or {"error": …}, why there is none."""
    try:
        return {"picture": place.make(subject, chosen).to_message()}
    except AttentionAtlasError as error:
        return {"error": str(error)}
    except Exception:
        _log.exception("the picture %s could not be made", place.view)
        return {"error": UNFORESEEN}
