"""Reads the arrays of a trace's file, one by one and with nothing taken on trust.

No byte of the file decides how much is read: an array is read only if its place in the file, its
header and its size are those that the layout gives it. Nothing is unpickled, nothing inflated.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from attention_atlas.errors import NotATrace, TraceNotFound
from attention_atlas.tracing.layout import METADATA, Entry

_HEADER = "{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}"
_METADATA_HEADER = re.compile(
    r"\{'descr': '\|S(\d{1,18})', 'fortran_order': False, 'shape': \(\), \}"
)
_MAGIC = b"\x93NUMPY\x01\x00"
_PREFIX = len(_MAGIC) + 2
"""The magic, then how long the header is, in two bytes."""

# All that zipfile is known to raise over a file that is not as it should be.
_DAMAGE = (zipfile.BadZipFile, OSError, ValueError, EOFError, RuntimeError, LookupError)
_DAMAGE += (struct.error, OverflowError)


class StoredArrays:
    """The file of a trace. It is opened for each reading, and has to be the same each time."""

    def __init__(self, path: str) -> None:
        """Finds out which arrays there are.

        Raises:
            TraceNotFound: there is no such file, or it cannot be opened.
            NotATrace: it is no .npz file, or a damaged one.
        """
        self.path = path
        """As it was given."""
        self._place = Path(path).absolute()
        with self._open() as archive:
            self._members = {member.filename: member for member in archive.infolist()}

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Opens the file, to read some arrays from it.

        Raises:
            TraceNotFound: it is gone, cannot be opened, or is another by now.
            NotATrace: it is damaged.
        """
        with self._open() as archive:
            yield Reading(self, archive)

    @contextmanager
    def _open(self) -> Iterator[zipfile.ZipFile]:
        with self._file() as file:
            with self.damage("its list of arrays cannot be read"):
                archive = zipfile.ZipFile(file)
            with archive:
                yield archive

    @contextmanager
    def _file(self) -> Iterator[IO[bytes]]:
        try:
            # A pipe would be waited for, and a folder has a message of its own on each system.
            if self._place.exists() and not self._place.is_file():
                raise NotATrace(f"{self.path} is no file. {_GIVE}")
            file = self._place.open("rb")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise TraceNotFound(
                f"The trace {self.path} cannot be opened ({reason}). Give the path of a file that "
                "trace.save wrote, and leave the file there as long as its trace is looked at."
            ) from error
        with file:
            with self.damage("it cannot be read"):
                start = file.read(4)
            if not start.startswith(b"PK"):
                what = "it is no .npz file" if start else "it is empty"
                raise NotATrace(f"{self.path} is no trace: {what}. {_GIVE}")
            yield file

    @contextmanager
    def damage(self, why: str) -> Iterator[None]:
        """Turns what zipfile raises over a damaged file into NotATrace."""
        try:
            yield
        except _DAMAGE as error:
            raise self.damaged(why) from error

    def damaged(self, why: str) -> NotATrace:
        """The error that says what is wrong with the file."""
        return NotATrace(
            f"{self.path} cannot be read as a trace: {why}. The file was cut off or changed; copy "
            "it anew from where it came from, or save the trace again."
        )

    def foreign(self, why: str) -> NotATrace:
        """The error that says the file is of something else."""
        return NotATrace(f"{self.path} is no trace: {why}. {_GIVE}")

    def find(self, archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
        """The array of this name in the opened file, if it is still that of the first time.

        Raises:
            TraceNotFound: it has changed.
            NotATrace: it is not there, or compressed.
        """
        member = self._members.get(f"{name}.npy")
        if member is None:
            if name == METADATA:
                raise self.foreign(f"it has no array “{METADATA}”")
            raise self.damaged(f"the array {name} is missing")
        if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size:
            raise self.damaged(f"the array {name} is compressed, and the layout has it as it is")
        now = archive.NameToInfo.get(member.filename)
        if now is None or _told_apart_by(now) != _told_apart_by(member):
            raise TraceNotFound(
                f"{self.path} is another file than the one that the trace was loaded from. "
                "Load the trace again."
            )
        return member


_GIVE = "Give a file that trace.save wrote."


def _told_apart_by(member: zipfile.ZipInfo) -> tuple[int, int, int]:
    return member.CRC, member.file_size, member.header_offset


class Reading:
    """The opened file, for as long as some arrays are read from it."""

    def __init__(self, arrays: StoredArrays, archive: zipfile.ZipFile) -> None:
        """`archive` is the file of `arrays`, opened."""
        self._arrays = arrays
        self._archive = archive

    def metadata(self) -> bytes:
        """What is no array, as JSON.

        Raises:
            NotATrace: it is missing or damaged.
        """
        with self._member(METADATA) as (file, size):
            header = _header_of(file)
            found = _METADATA_HEADER.fullmatch(header)
            if found is None:
                raise self._arrays.foreign(f"its array “{METADATA}” is no text ({header[:80]})")
            return self._rest(file, METADATA, size, int(found[1]))

    def check(self, entry: Entry) -> None:
        """Whether the array is there with the type, the shape and the size of the layout.

        Raises:
            NotATrace: it is not.
        """
        with self._member(entry.name) as (file, size):
            self._begin(file, entry, size)

    def read(self, entry: Entry) -> np.ndarray:
        """The array, read-only.

        Raises:
            NotATrace: it is not as the layout has it, or damaged.
        """
        with self._member(entry.name) as (file, size):
            self._begin(file, entry, size)
            data = self._rest(file, entry.name, size, entry.nbytes)
            return np.frombuffer(data, entry.dtype).reshape(entry.shape)

    @contextmanager
    def _member(self, name: str) -> Iterator[tuple[zipfile.ZipExtFile, int]]:
        member = self._arrays.find(self._archive, name)
        damage = self._arrays.damage(f"the array {name} is damaged")
        with damage, self._archive.open(member) as file:
            assert isinstance(file, zipfile.ZipExtFile)
            yield file, member.file_size

    def _begin(self, file: zipfile.ZipExtFile, entry: Entry, size: int) -> None:
        header = _header_of(file)
        wanted = _HEADER.format(entry.dtype, entry.shape)
        if header != wanted or file.tell() + entry.nbytes != size:
            raise self._arrays.damaged(
                f"the array {entry.name} should have the shape {entry.shape} and the type "
                f"{np.dtype(entry.dtype).name}, and has not ({header[:80]})"
            )

    def _rest(self, file: zipfile.ZipExtFile, name: str, size: int, wanted: int) -> bytes:
        if file.tell() + wanted != size:
            raise self._arrays.damaged(f"the array {name} is not as long as it says")
        data = file.read(wanted)
        # Asked once more, zipfile has met the end, and compared its checksum.
        if len(data) != wanted or file.read(1):
            raise self._arrays.damaged(f"the array {name} is cut off")
        return data


def _header_of(file: zipfile.ZipExtFile) -> str:
    """The header of an .npy file without the spaces at its end."""
    start = file.read(_PREFIX)
    if not start.startswith(_MAGIC) or len(start) != _PREFIX:
        raise ValueError
    length = int.from_bytes(start[-2:], "little")
    return file.read(length).decode("latin-1").rstrip(" \n")
