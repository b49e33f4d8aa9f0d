"""Matplotlib on a machine whose home folder cannot be written."""

from __future__ import annotations

import logging

# It makes do with a temporary folder, and says so in three sentences on every start.
_SAID = (
    "mkdir -p failed for path",
    "%s is not a writable directory",
    "Matplotlib created a temporary cache directory",
)


def keep_quiet_about_the_home_folder() -> None:
    """Drops what Matplotlib says when it is imported and cannot keep its cache of fonts.

    Nobody who asked for a figure can act on it; all else that Matplotlib logs is heard.
    """
    logging.getLogger("matplotlib").addFilter(_is_of_interest)


def _is_of_interest(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(_SAID)
