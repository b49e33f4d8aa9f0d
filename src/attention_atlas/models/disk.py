"""Whether the disk has room for a download."""

from __future__ import annotations

import shutil
from pathlib import Path

from attention_atlas.errors import NotEnoughDiskSpace
from attention_atlas.models.memory import in_words


def check_room(name: str, folder: Path, missing: int) -> None:
    """Refuses a download that would fill the disk, before it begins.

    Args:
        name: the model's, for the message.
        folder: where it is to be kept; need not be there yet.
        missing: the bytes that are still to come.

    Raises:
        NotEnoughDiskSpace: there is less room than that.
    """
    free = free_room(folder)
    if free is not None and missing > free:
        raise NotEnoughDiskSpace(
            f"The download of '{name}' still needs {in_words(missing)} of disk space, and "
            f"{folder} has {in_words(free)} free. Make room, or set HF_HOME to a folder on another "
            "disk."
        )


def free_room(folder: Path) -> int | None:
    """What may be written below the folder; None where the system does not say."""
    there = next((each for each in (folder, *folder.parents) if each.exists()), None)
    try:
        return None if there is None else shutil.disk_usage(there).free
    except OSError:
        return None
