"""Notices when the files of a checkpoint are replaced while they are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attention_atlas.errors import IncompleteModel


@contextmanager
def unchanged(folder: Path, name: str) -> Iterator[None]:
    """Around everything that reads the folder, so that no model is made of two.

    A configuration of one checkpoint and weights of the next can fit each other by chance.

    Raises:
        IncompleteModel: a file was written, replaced or removed meanwhile.
    """
    before = _files(folder)
    try:
        yield
    except IncompleteModel as error:
        # What looks damaged may only be half written.
        if _files(folder) != before:
            raise _changed(name) from error
        raise
    if _files(folder) != before:
        raise _changed(name)


def _changed(name: str) -> IncompleteModel:
    return IncompleteModel(
        f"The files of the model '{name}' changed while they were read. Wait until whatever writes "
        "them has ended, and load it again."
    )


def _files(folder: Path) -> dict[str, tuple[int, ...]]:
    """By what a file is known again; the hub's cache has links, which are followed."""
    found: dict[str, tuple[int, ...]] = {}
    try:
        for path in folder.iterdir():
            if path.is_file():
                of_it = path.stat()
                found[path.name] = (of_it.st_ino, of_it.st_size, of_it.st_mtime_ns)
    except OSError:  # the folder is gone, or a file while we looked
        return {}
    return found
