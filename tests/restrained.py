"""Processes of their own that a test takes something from: rights, room on the disk, a home.

Tests run as root here and as anyone elsewhere; whoever is root may write anywhere. A process that
`run` starts may not, so that a folder that is read-only is read-only to it as well.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_CAPBSET_DROP = 24
_MAY_WRITE_ANYWHERE = (1, 2, 3)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
_libc = ctypes.CDLL(None)  # found before the fork: after it nothing may be loaded


def give_up_rights() -> None:
    """Before exec, in the child: what root may do beyond its own files' modes is not inherited."""
    for right in _MAY_WRITE_ANYWHERE:
        _libc.prctl(_PR_CAPBSET_DROP, right, 0, 0, 0)


def limit_files_to(size: int) -> Callable[[], None]:
    """For `before`: a file that grows beyond it cannot be written, as on a disk that is full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def environment(**changed: str | Path | None) -> dict[str, str]:
    """This process's, without what belongs to its person's cache; None takes a variable away."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "MPL"))}
    own |= {"PYTHONDONTWRITEBYTECODE": "1", "NO_PROXY": "127.0.0.1,localhost"}
    for name, value in changed.items():
        own.pop(name, None)
        if value is not None:
            own[name] = str(value)
    return own


def start(
    arguments: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    before: Callable[[], None] = lambda: None,
) -> subprocess.Popen[str]:
    """A process without the rights of root; `before` runs in it before the program does."""

    def prepare() -> None:
        give_up_rights()
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # tests may run where it is ignored
        before()

    return subprocess.Popen(
        [str(each) for each in arguments],
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=prepare,
    )


def run(
    arguments: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    before: Callable[[], None] = lambda: None,
) -> tuple[int, str, str]:
    """As `start`, to its end: the exit code, the output, and what went to the terminal."""
    process = start(arguments, env=env, cwd=cwd, before=before)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


COMMAND = (sys.executable, "-m", "attention_atlas.cli")
"""`attention-atlas`."""

_SEVERAL = """
import json, sys
from attention_atlas.cli import main
codes = []
for arguments in json.loads(sys.argv[1]):
    try:
        codes.append(main(arguments))
    except SystemExit as end:
        codes.append(end.code)
print(json.dumps(codes))
"""
SEVERAL = (sys.executable, "-c", _SEVERAL)
"""Runs the commands of a JSON list in one process; the last line of the output is their codes."""
