"""Builds the guide: runs its examples and its notebook, then lets Sphinx make the pages.

    python -m scripts.build_docs            into build/docs
    python -m scripts.build_docs FOLDER     elsewhere

What an example makes, a figure or a page in one file, is shown under it. Any warning of Sphinx
and any example that does not do what its page says is an error. Nothing asks the network.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from scripts.examples import ROOT, ExampleFailed, run

DOCS = ROOT / "docs"
_SHOWN = {
    ".svg": "![What the lines above draw]({})",
    ".png": "![What the lines above draw]({})",
    ".html": '<iframe src="{}" title="The page that the lines above write"></iframe>',
}


def build(out: Path) -> int:
    """Builds the guide into `out`; the exit code of Sphinx, 0 if all is well.

    Raises:
        ExampleFailed: an example of a page, or a cell of the notebook, failed.
    """
    from sphinx.cmd.build import build_main

    with tempfile.TemporaryDirectory(prefix="attention-atlas-docs-") as folder:
        source, work, made = Path(folder, "docs"), Path(folder, "work"), Path(folder, "made")
        shutil.copytree(DOCS, source)
        made.mkdir()
        for page in sorted(source.glob("*.md")):
            _run_page(page, work / page.stem, made)
        for notebook in sorted(source.glob("*.ipynb")):
            execute(notebook, work / notebook.stem)
        if (out / "objects.inv").exists():  # an earlier guide, and no other folder
            shutil.rmtree(out)
        strict = ["--quiet", "--fail-on-warning", "--keep-going"]
        places = ["-D", f"html_extra_path={made}", "-d", str(Path(folder, "doctrees"))]
        return build_main([*strict, *places, str(source), str(out)])


def _run_page(page: Path, folder: Path, made: Path) -> None:
    """Runs the examples of a page in `folder`, and puts what they draw under them.

    Pictures go beside the page, where Sphinx finds them, and whole pages into `made`.
    """
    folder.mkdir(parents=True)
    text, shown, begin, seen = page.read_text(encoding="utf-8"), "", 0, set[Path]()
    for example in run(page, folder):
        shown, begin = shown + text[begin : example.end], example.end
        new = {path for path in folder.iterdir() if path.suffix in _SHOWN} - seen
        seen |= new
        for path in sorted(new):
            name = f"{page.stem}-{path.name}"
            shown += f"\n{_SHOWN[path.suffix].format(name)}\n"
            shutil.copy(path, (made if path.suffix == ".html" else page.parent) / name)
    page.write_text(shown + text[begin:], encoding="utf-8")


def execute(notebook: Path, folder: Path) -> None:
    """Runs a notebook with this interpreter in `folder`, and keeps what its cells show in it.

    Raises:
        ExampleFailed: a cell failed; the message is the cell's.
    """
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    folder.mkdir(parents=True)
    read: Any = nbformat.read(notebook, as_version=4)
    kernel = AsyncKernelManager(
        # Of this Python, whichever kernels the machine has registered; and no port is opened.
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
        transport="ipc",
        ip=str(folder.parent / "kernel"),
    )
    # Nothing that a person has IPython do at home, and no home is needed.
    os.environ["IPYTHONDIR"] = str(folder.parent / "ipython")
    where = {"metadata": {"path": str(folder)}}
    client = NotebookClient(read, km=kernel, timeout=300, resources=where, store_widget_state=False)
    try:
        client.execute(cleanup_kc=True)
    except CellExecutionError as error:
        raise ExampleFailed(f"{notebook.name}: {error}") from error
    nbformat.write(read, notebook)


def main(arguments: list[str]) -> int:
    """Builds the guide; 1 and a message when it cannot be built."""
    # The guide shows the embedded model, and never asks for another.
    os.environ["HF_HUB_OFFLINE"] = "1"
    out = Path(arguments[0]) if arguments else ROOT / "build" / "docs"
    try:
        failed = build(out)
    except ExampleFailed as error:
        print(error, file=sys.stderr)
        return 1
    if not failed:
        print(f"The guide is {out / 'index.html'}")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
