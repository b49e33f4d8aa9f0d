"""Makes sure that a Chromium is there for the browser tests.

In this order: one that is installed (or named in CHROMIUM), the one Playwright downloads, the
Debian package. `tests/browser` finds the same one through `find()`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find() -> str | None:
    """The path of a Chromium that starts, or None."""
    named = [os.environ.get("CHROMIUM"), *(shutil.which(name) for name in NAMES), str(MAC)]
    return next((path for path in [*named, _playwrights()] if path and _starts(path)), None)


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _starts(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _install_with_playwright() -> None:
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def _install_with_apt() -> None:
    root = [] if os.geteuid() == 0 else ["sudo"]
    if not all(map(shutil.which, ["apt-get", *root])):
        return
    subprocess.run([*root, "apt-get", "update", "-qq"], check=False)
    subprocess.run([*root, "apt-get", "install", "-y", "-qq", "chromium"], check=False)


def main() -> None:
    """Installs a Chromium if there is none; ends with a plain sentence if none can be had."""
    for install in (lambda: None, _install_with_playwright, _install_with_apt):
        install()
        if find():
            return
    sys.exit(
        "The browser tests need a Chromium, and none could be installed. Install Chromium or "
        "Chrome and run again, or name one: CHROMIUM=/path/to/chromium make test"
    )


if __name__ == "__main__":
    main()
