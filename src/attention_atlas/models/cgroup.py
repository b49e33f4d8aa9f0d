"""How much memory the container leaves to this process, by Linux' control groups, v1 and v2."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_MOUNT = Path("/sys/fs/cgroup")
_OF_THIS_PROCESS = Path("/proc/self/cgroup")
_V2 = ("memory.max", "memory.current", "inactive_file")
_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_NO_LIMIT = 1 << 60  # version 1 writes a number near 2⁶³ where there is no limit


def left_in_cgroups(mount: Path = _MOUNT, of_this_process: Path = _OF_THIS_PROCESS) -> int | None:
    """The least that is left in any group this process is in; None where nothing limits it."""
    found = [_left(folder, *names) for folder, names in _groups(mount, of_this_process)]
    return min((left for left in found if left is not None), default=None)


def _groups(mount: Path, of_this_process: Path) -> Iterator[tuple[Path, tuple[str, str, str]]]:
    """Every folder that may hold a limit: a group's own, and those above it, whose limits hold too.

    In a container the mount often shows the process's own group as the root, while /proc names the
    path outside: folders that are not there are passed over.
    """
    for line in _read(of_this_process).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if "memory" in controllers.split(","):
            roots, names = [mount / "memory"], _V1
        elif not controllers:
            roots, names = [mount, mount / "unified"], _V2
        else:
            continue
        inside = PurePosixPath(path.lstrip("/"))
        if ".." in inside.parts:  # a group beside the one that the mount shows
            inside = PurePosixPath()
        for root in roots:
            for each in (inside, *inside.parents):
                yield root / each, names


def _left(folder: Path, limit_name: str, used_name: str, reclaimable_name: str) -> int | None:
    limit, used = _number(folder / limit_name), _number(folder / used_name)
    if limit is None or used is None or limit >= _NO_LIMIT:
        return None
    # Files that were read lately count as used, and make room when room is needed.
    statistics = dict(
        line.split(" ", 1) for line in _read(folder / "memory.stat").splitlines() if " " in line
    )
    reclaimable = statistics.get(reclaimable_name, "0").strip()
    return max(limit - used + (int(reclaimable) if reclaimable.isdecimal() else 0), 0)


def _number(path: Path) -> int | None:
    text = _read(path).strip()
    return int(text) if text.isdecimal() else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
