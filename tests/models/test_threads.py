from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TWO_AT_ONCE = """
import sys, threading
from attention_atlas.models.loading import load_model

faults, begin = [], threading.Barrier(2)

def load(name):
    begin.wait()
    try:
        load_model(name)
    except BaseException as fault:
        faults.append(repr(fault))

threads = [threading.Thread(target=load, args=(name,)) for name in ("embedded", sys.argv[1])]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(faults)
"""


def test_two_threads_load_at_once_in_a_fresh_process(checkpoint_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWO_AT_ONCE, str(checkpoint_folder)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
