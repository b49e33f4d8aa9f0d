"""A folder for what the application keeps while it runs, which no other user can look into."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import threading
from pathlib import Path
from secrets import token_hex

from attention_atlas.errors import AttentionAtlasError

try:
    import fcntl
except ImportError:  # Windows, which knows no lock that ends with its process
    fcntl = None

PREFIX = "attention-atlas-run-"
HELD = "held"
"""A file in each folder, locked as long as its owner lives. A folder without it is not ours."""


class PrivateFolder:
    """A folder among the temporary ones, made when it is first needed, gone with its owner.

    An owner that was killed cannot clear up; whoever makes the next folder does it instead. A
    worker is lent the folder of the process that started it, and leaves it standing.
    """

    def __init__(self, lent: Path | None = None) -> None:
        """One's own, or the one that was `lent`."""
        self._path = lent
        self._is_own = lent is None
        self._held: int | None = None
        self._lock = threading.Lock()

    def path(self, name: str = "") -> Path:
        """The folder, or one of that name within it; there, whatever happened to it.

        Raises:
            OSError: it cannot be made.
        """
        with self._lock:
            if self._path is None:
                self._path = self._make()
            within = self._path / name
            if not within.is_dir():
                self._path.mkdir(mode=0o700, exist_ok=True)
                within.mkdir(mode=0o700, exist_ok=True)
            return within

    def required(self, name: str = "") -> Path:
        """The same, for what cannot do without.

        Raises:
            AttentionAtlasError: it cannot be made.
        """
        try:
            return self.path(name)
        except OSError as error:
            raise AttentionAtlasError(
                "A server needs a folder for its temporary files, and it cannot be made "
                f"({error.strerror or error}). Make room there, or set TMPDIR to a folder that "
                "can be written."
            ) from None

    def adopt(self) -> None:
        """Makes it one's own: its owner is no more, and nobody else will remove it."""
        with self._lock:
            self._is_own = True

    def close(self) -> None:
        """Removes it with all that is in it, if it is one's own."""
        with self._lock:
            if self._is_own and self._path is not None:
                shutil.rmtree(self._path, ignore_errors=True)
                self._path = None
            if self._held is not None:
                os.close(self._held)
                self._held = None

    def _make(self) -> Path:
        parent = Path(tempfile.gettempdir())
        _sweep(parent)
        # Under its own name only once it is held: else somebody who sweeps could take it away.
        unheld = Path(tempfile.mkdtemp(prefix=f".{PREFIX}"))
        (unheld / HELD).touch(mode=0o600)
        self._held = _hold(unheld)
        made = parent / unheld.name.removeprefix(".")
        unheld.rename(made)
        return made


def sweep_worker(folder: PrivateFolder, worker: int) -> None:
    """Removes what a worker that is no more has left in the folder that it was lent."""
    for part in folder.path().iterdir():
        for left in part.glob(f"{worker}-*"):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def use_for_temporary_files(folder: PrivateFolder) -> None:
    """Puts there what libraries keep in temporary files, so that it goes with the rest.

    Raises:
        AttentionAtlasError: the folder cannot be made.
    """
    mine = folder.required("temporary") / f"{os.getpid()}-{token_hex(8)}"
    mine.mkdir(mode=0o700)
    tempfile.tempdir = str(mine)


def _hold(folder: Path) -> int | None:
    """The descriptor that keeps a folder until its process ends; None if another keeps it.

    Raises:
        OSError: the folder is not one of ours.
    """
    if fcntl is None:
        return None
    descriptor = os.open(folder / HELD, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _sweep(parent: Path) -> None:
    """Removes the folders of this user whose owners are no more."""
    if fcntl is None:
        return
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                continue
            if (held := _hold(folder)) is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(held)
        except OSError:  # it went away meanwhile
            continue
