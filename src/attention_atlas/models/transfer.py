"""Moves the bytes of one file from the hub to the disk, so that nothing that arrived is lost.

huggingface_hub is used for everything around it: addresses, metadata, the session, the errors and
the layout of the cache. Only the bytes are moved here, because since version 1 it deletes what has
arrived when a download breaks off, and it can be stopped only every 10 MB. They come over plain
HTTP, which every hub serves, also for files that are stored in Xet: hf_xet can neither be stopped
nor go on later.
"""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attention_atlas.models.errand import Errand

if TYPE_CHECKING:
    from huggingface_hub import HfFileMetadata

_TRIES = 3  # in a row that bring not one byte
_PAUSE_SECONDS = 1.0
_LOCK_SECONDS = 0.2
_HASH_BYTES = 1 << 22
_PASSING = (408, 429, 500, 502, 503, 504)  # what another try a second later may not meet again


class BrokenTransferError(Exception):
    """The connection broke, or what arrived is not the file that was asked for."""


def fetch(
    url: str,
    metadata: HfFileMetadata,
    target: Path,
    lock: Path,
    errand: Errand[Any],
    on_bytes: Callable[[int], None],
) -> None:
    """Downloads a file to `target`; does nothing if it is there.

    What arrives goes to `target` + ".incomplete" and stays there when the connection breaks, when
    the person stops, or when the machine is switched off; the next call asks for the rest (HTTP
    Range). `target` appears at the end, in one step, when size and hash are right.

    Args:
        url: where the file is, at one commit.
        metadata: size and ETag, as `get_hf_file_metadata` tells them.
        target: the blob's place in the cache.
        lock: a file that whoever writes this blob holds.
        errand: checked after every chunk.
        on_bytes: called with the number of bytes of this file that are on the disk.

    Raises:
        BrokenTransferError: several tries in a row brought nothing, or what came is damaged.
        HfHubHTTPError: the hub refuses.
        OSError: the disk does.
    """
    partial = _partial(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    lock.parent.mkdir(parents=True, exist_ok=True)
    with _held(lock, errand, while_waiting=lambda: on_bytes(_size(partial))):
        if not target.exists():
            _complete(url, metadata.size, partial, errand, on_bytes)
            _verify(partial, metadata, errand)
            partial.replace(target)
    on_bytes(_size(target))


def arrived(target: Path) -> int:
    """How many bytes of a file are on the disk: all of it, or what a broken download left."""
    return _size(target) or _size(_partial(target))


def connection_error() -> type[Exception]:
    """The base of what a request raises: httpx's HTTPError, httpx2's since huggingface_hub 2."""
    from huggingface_hub.errors import HfHubHTTPError

    return HfHubHTTPError.__bases__[0]


@contextmanager
def _held(lock: Path, errand: Errand[Any], while_waiting: Callable[[], None]) -> Iterator[None]:
    # Another process, or a thread of ours that was left a moment ago, may still be writing.
    from huggingface_hub.utils import WeakFileLock

    with ExitStack() as stack:
        while True:
            errand.check()
            try:
                stack.enter_context(WeakFileLock(lock, timeout=_LOCK_SECONDS))
                break
            except TimeoutError:
                while_waiting()
        yield


def _complete(
    url: str,
    size: int | None,
    partial: Path,
    errand: Errand[Any],
    on_bytes: Callable[[int], None],
) -> None:
    from huggingface_hub.errors import HfHubHTTPError

    fruitless = 0
    while size is None or _size(partial) != size:
        before = _size(partial)
        reason = "the connection was cut"
        try:
            if _append(url, size, partial, errand, on_bytes) and size is None:
                return
        except connection_error() as error:
            if isinstance(error, HfHubHTTPError) and error.response.status_code not in _PASSING:
                raise
            reason = str(error).strip() or type(error).__name__
        fruitless = 0 if _size(partial) > before else fruitless + 1
        if fruitless == _TRIES:
            raise BrokenTransferError(reason.splitlines()[0])
        if fruitless:
            errand.pause(_PAUSE_SECONDS)


def _append(
    url: str,
    size: int | None,
    partial: Path,
    errand: Errand[Any],
    on_bytes: Callable[[int], None],
) -> bool:
    """One request for what is missing; returns whether the server sent all that it has."""
    from huggingface_hub import constants
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

    have = _size(partial)
    if size is not None and have > size:
        have = 0
    # Compressed bytes could neither be counted nor asked for from the middle.
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    errand.check()
    with get_session().stream(
        "GET", url, headers=headers, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT
    ) as response:
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            partial.unlink()
            return False
        hf_raise_for_status(response)
        if response.status_code != HTTPStatus.PARTIAL_CONTENT:
            have = 0  # the server sends it from the start, whatever was asked for
        # Unbuffered: what has arrived is on the disk, whatever happens next.
        with (
            partial.open("r+b" if have else "wb", buffering=0) as file,
            errand.broken_off_by(lambda: _hang_up(response)),
        ):
            file.seek(have)
            for chunk in response.iter_raw():
                file.write(chunk)
                have += len(chunk)
                on_bytes(have)
                errand.check()
    return True


def _hang_up(response: Any) -> None:
    """Wakes a read that waits for a server that went silent; to close alone would not."""
    stream = response.extensions.get("network_stream")
    connection = stream.get_extra_info("socket") if stream is not None else None
    if connection is not None:
        with suppress(OSError):  # it ended by itself meanwhile
            connection.shutdown(socket.SHUT_RDWR)


def _verify(partial: Path, metadata: HfFileMetadata, errand: Errand[Any]) -> None:
    """The hub names large files by their SHA-256 and small ones by git's hash of a blob."""
    etag = metadata.etag or ""
    if re.fullmatch(r"[0-9a-f]{64}", etag):
        digest = hashlib.sha256()
    elif re.fullmatch(r"[0-9a-f]{40}", etag):
        digest = hashlib.sha1(b"blob %d\0" % _size(partial), usedforsecurity=False)
    else:
        return
    with partial.open("rb") as file:
        while block := file.read(_HASH_BYTES):
            digest.update(block)
            errand.check()
    if digest.hexdigest() != etag:
        partial.unlink()
        raise BrokenTransferError("what arrived was damaged on the way")


def _partial(target: Path) -> Path:
    return target.with_name(f"{target.name}.incomplete")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
