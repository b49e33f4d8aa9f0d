"""The guide: built as `make docs` does it, once, and then read."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlsplit

import pytest
from scripts.build_docs import DOCS, ROOT
from sphinx.util.inventory import InventoryFile

import attention_atlas as aa
from attention_atlas import analysis


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built guide; every example of it has run, and Sphinx had no warning."""
    out = tmp_path_factory.mktemp("guide") / "html"
    done = subprocess.run(
        [sys.executable, "-m", "scripts.build_docs", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"The guide is {out / 'index.html'}\n",
        "",
    )
    return out


@dataclass
class Page(HTMLParser):
    """What a page loads, by tag, and what it says."""

    path: Path

    def __post_init__(self) -> None:
        super().__init__()
        self.loads: list[tuple[str, str]] = []
        self.links: list[str] = []
        self.said = ""
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        for name in ("src", "data", "href"):
            if tag not in ("a", "area", "use") and given.get(name):
                self.loads.append((tag, given[name] or ""))

    def handle_data(self, data: str) -> None:
        self.said += data


def pages(guide: Path) -> list[Page]:
    return [Page(path) for path in sorted(guide.glob("*.html"))]


def test_each_page_of_the_sources_is_there(guide: Path):
    written = {path.stem for path in DOCS.iterdir() if path.suffix in (".md", ".ipynb")}
    assert {"index", "first-steps", "notebook"} <= written
    assert written <= {path.stem for path in guide.glob("*.html")}


def test_nothing_is_fetched_from_elsewhere_and_all_that_is_loaded_is_there(guide: Path):
    loaded = 0
    for page in pages(guide):
        for tag, target in page.loads:
            url = urlsplit(target)
            if tag == "link" and "search.html" not in target and not url.path:
                continue
            if url.scheme == "data":
                continue
            assert (url.scheme, url.netloc) == ("", ""), (page.path.name, tag, target)
            assert (page.path.parent / unquote(url.path)).exists(), (page.path.name, tag, target)
            loaded += 1
    assert loaded > 50


def test_links_within_the_guide_lead_somewhere(guide: Path):
    ids = {page.path.name: page.path.read_text(encoding="utf-8") for page in pages(guide)}
    followed = 0
    for page in pages(guide):
        for link in page.links:
            url = urlsplit(link)
            if url.scheme or url.netloc or link == "#":
                continue
            name = unquote(url.path) or page.path.name
            assert name in ids, (page.path.name, link)
            if url.fragment:
                assert f'id="{unquote(url.fragment)}"' in ids[name], (page.path.name, link)
            followed += 1
    assert followed > 100


def public_names() -> set[str]:
    """What can be imported: by the package, its views and analysis, and its errors."""
    names = {f"attention_atlas.{name}" for name in aa.__all__ if _is_made(getattr(aa, name))}
    names |= {f"attention_atlas.views.{name}" for name in aa.views.__all__}
    for found in pkgutil.iter_modules(analysis.__path__):
        names |= _of(importlib.import_module(f"attention_atlas.analysis.{found.name}"))
    return names | _of(aa.errors)


def _is_made(value: object) -> bool:
    return inspect.isfunction(value) or inspect.isclass(value)


def _of(module: ModuleType) -> set[str]:
    return {
        f"{module.__name__}.{name}"
        for name, value in vars(module).items()
        if _is_made(value) and not name.startswith("_") and value.__module__ == module.__name__
    }


def test_every_public_name_is_in_the_reference(guide: Path):
    described = _described(guide)
    homes = {name.rsplit(".", 1)[1] for name in described}
    missing = {
        name
        for name in public_names()
        # A class of the package may stand under the module it is made in.
        if name not in described and not (name.count(".") < 3 and name.rsplit(".", 1)[1] in homes)
    }
    assert missing == set()


def _described(guide: Path) -> set[str]:
    with (guide / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", lambda base, target: target)
    kinds = ("py:function", "py:class", "py:exception")
    return {name for kind in kinds for name in inventory[kind]}


def test_the_reference_says_what_is_raised(guide: Path):
    said = Page(guide / "api.html").said
    assert "EmptyText – the text is empty, or only spaces or invisible characters." in said
    assert "Σ_j A_ij |i - j|" in said


def test_the_notebook_is_kept_without_what_it_shows():
    for path in DOCS.glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert len(code) > 5
        assert {(str(cell["outputs"]), cell["execution_count"]) for cell in code} == {("[]", None)}


def test_the_notebook_is_run_and_its_widgets_are_still_pictures(guide: Path):
    page = Page(guide / "notebook.html")
    assert "rows sum to 1 within" in page.said
    pictures = [target for tag, target in page.loads if tag == "img"]
    # All heads, a map, a flow, the walk, and the figure.
    assert len(pictures) >= 5
    assert "application/vnd.jupyter.widget" not in page.path.read_text(encoding="utf-8")


def test_what_the_examples_draw_is_shown_under_them(guide: Path):
    images = [target for tag, target in Page(guide / "figures.html").loads if tag == "img"]
    drawn = [Path(target).name for target in images]
    assert [name for name in drawn if name.startswith("figures-")] == [
        "figures-head.svg",
        "figures-flow.svg",
        "figures-heads.svg",
        "figures-rollout.svg",
    ]
    assert ("iframe", "sharing-cat.html") in Page(guide / "sharing.html").loads
