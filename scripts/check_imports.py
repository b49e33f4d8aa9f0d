"""Checks that the arrows between the folders go one way (pyproject.toml: importlinter)."""

import sys

from importlinter.cli import lint_imports

if __name__ == "__main__":
    sys.exit(lint_imports())
