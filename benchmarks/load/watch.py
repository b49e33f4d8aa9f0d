"""Watches a server from beside: how soon it says that it is alive, and how much memory it holds.

A process of its own, so that what the clients do does not delay what it measures. It ends when its
standard input does, and prints what it saw as JSON.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from urllib.parse import urlsplit

import psutil

ASKS_EVERY, WEIGHS_EVERY = 0.05, 0.25


def resident(pid: int) -> int:
    """The bytes of memory of a process and all below it."""
    root = psutil.Process(pid)
    total = 0
    for process in (root, *root.children(recursive=True)):
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def main(url: str, pid: int) -> None:
    """Watches until standard input ends."""
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    where = urlsplit(url)
    line = http.client.HTTPConnection(where.hostname or "", where.port or 80, timeout=60)
    seconds: list[float] = []
    peak, weighed = 0, 0.0
    while not over.wait(ASKS_EVERY):
        begun = time.perf_counter()
        try:
            line.request("GET", "/healthz")
            line.getresponse().read()
        except (OSError, http.client.HTTPException):
            line.close()
        seconds.append(time.perf_counter() - begun)
        if begun - weighed >= WEIGHS_EVERY:
            weighed = begun
            peak = max(peak, resident(pid))
    print(json.dumps({"seconds": seconds, "peak": peak}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
