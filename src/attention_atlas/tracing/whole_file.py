"""A file that is there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A path to write to, which takes the place of `path` when the block ends without an error.

    Else nothing is left of it, and what was at `path` before is still there.

    Raises:
        OSError: no file can have this name; and what goes wrong as the file is written.
    """
    target = Path(path)
    if not _can_name_a_file(target):
        raise OSError(errno.EINVAL, "it is not the name of a file")
    # Not by the target's own name: that may be as long as the file system takes, and two may be
    # writing it.
    unfinished = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        yield unfinished
        unfinished.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


def _can_name_a_file(path: Path) -> bool:
    try:
        return bool(path.name) and b"\0" not in os.fsencode(path) and not path.is_dir()
    except UnicodeEncodeError:  # half a character
        return False
