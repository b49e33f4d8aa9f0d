from __future__ import annotations

import io

from attention_atlas.models.progress import Progress
from attention_atlas.terminal import TerminalProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def tell(stream: io.StringIO) -> str:
    progress = TerminalProgress("owner/model", stream)
    progress(Progress("resolving"))
    for done in (0, 1_000_000, 3_000_000, 3_100_000, 4_000_000):
        progress(Progress("downloading", done, 4_000_000, "model.safetensors"))
    progress(Progress("loading"))
    progress.end()
    return stream.getvalue()


def test_a_terminal_shows_the_bytes_on_one_line() -> None:
    said = tell(Terminal())
    assert said.count("\n") == 1
    assert said.endswith("\r\033[KDownloading owner/model: 4.0 of 4.0 MB\n")


def test_a_file_gets_a_line_for_each_quarter() -> None:
    assert tell(io.StringIO()).splitlines() == [
        f"Downloading owner/model: {done} of 4.0 MB" for done in ("0.0", "1.0", "3.0", "4.0")
    ]
