"""Matplotlib where its cache of fonts cannot be kept: no home to write to, or a full disk."""

from __future__ import annotations

import logging

# It makes do without, and says so in up to three sentences on every start.
_SAID = {
    "matplotlib": (
        "mkdir -p failed for path",
        "%s is not a writable directory",
        "Matplotlib created a temporary cache directory",
    ),
    "matplotlib.font_manager": ("Could not save font_manager cache",),
}


def keep_quiet_about_the_cache() -> None:
    """Drops what Matplotlib says when it cannot keep its cache of fonts.

    Nobody who asked for a figure can act on it; all else that Matplotlib logs is heard.
    """
    for logger in _SAID:
        logging.getLogger(logger).addFilter(_is_of_interest)


def _is_of_interest(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(_SAID.get(record.name, ()))
