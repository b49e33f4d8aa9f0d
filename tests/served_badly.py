"""Starts `attention-atlas serve` where everything is against it. Run as a script.

The clock jumps for days at every look, back and forth; the disk takes no file of more than 300 kB;
and a sentence with the word "stumble" ends in an error that says what the sentence was.
"""

from __future__ import annotations

import itertools
import random
import resource
import sys
import time
from typing import Any

DAY = 86_400
ROOM = 300_000


def main() -> None:
    true_time, jumps = time.time, random.Random(8)
    time.time = lambda: true_time() + jumps.randint(-400, 400) * DAY
    time.time_ns = lambda: int(time.time() * 1e9)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))

    from attention_atlas.app import exploring
    from attention_atlas.cli import main
    from attention_atlas.views.figures import making

    explore, figure, times = exploring.explore, making.figure, itertools.count()

    def stumble(text: str) -> None:
        if "stumble" in text:
            print(text, file=(sys.stderr, sys.stdout)[next(times) % 2])
            raise RuntimeError(f"cannot read\n{text}")

    def explored(model: Any, text: str, *rest: Any, **named: Any) -> Any:
        stumble(text.replace("stumble later", ""))
        return explore(model, text, *rest, **named)

    def drawn(name: str, trace: Any, *rest: Any, **named: Any) -> Any:
        stumble(trace.text)
        return figure(name, trace, *rest, **named)

    from attention_atlas.app import results

    results.explore, making.figure = explored, drawn
    main()


if __name__ == "__main__":
    main()
