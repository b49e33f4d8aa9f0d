"""The widgets in a real JupyterLab: a person runs the cells, clicks, and linked views follow."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browser_page import SENTENCE, SLOW
from served import free_port, wait_for

SLOWEST = 4 * SLOW
"""Milliseconds: a kernel starts, imports PyTorch, and makes all pictures of a walk."""
TRACE = f"""\
import attention_atlas as aa
trace = aa.trace(aa.load_model("embedded"), {SENTENCE!r})"""


class Lab:
    """A JupyterLab of its own, that knows nothing of the machine's settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "notebooks"
        self.folder.mkdir()
        settings = folder / "config" / "labconfig"
        settings.mkdir(parents=True)
        quiet = {"fetchNews": "false", "checkForUpdates": False}
        overrides = {
            "@jupyterlab/apputils-extension:notification": quiet,
            "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
        }
        (settings / "default_setting_overrides.json").write_text(json.dumps(overrides))
        port = free_port()
        self._token = secrets.token_hex(8)
        self._url = f"http://127.0.0.1:{port}"
        self._log = folder / "lab.log"
        scripts = Path(sys.executable).parent
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"),
                *(f"--port={port}", f"--IdentityProvider.token={self._token}"),
                f"--ServerApp.root_dir={self.folder}",
            ],
            stdout=subprocess.DEVNULL,
            stderr=self._log.open("w"),
            env={
                **os.environ,
                "HOME": str(folder),
                "JUPYTER_CONFIG_DIR": str(folder / "config"),
                "JUPYTER_DATA_DIR": str(folder / "data"),
                "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
                "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}",
            },
        )
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self._log.read_text()
            try:
                with urllib.request.urlopen(f"{self._url}/api?token={self._token}", timeout=1):
                    return
            except OSError:
                continue
        raise AssertionError(self._log.read_text())

    def address(self, name: str) -> str:
        """A notebook in a workspace of its own, where no other is open."""
        workspace = name.partition(".")[0]
        return f"{self._url}/lab/workspaces/{workspace}/tree/{name}?token={self._token}"

    def address_in_notebook_7(self, name: str) -> str:
        return f"{self._url}/notebooks/{name}?token={self._token}"

    def write(self, name: str, *cells: str) -> None:
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, self.folder / name)

    def read(self, name: str) -> nbformat.NotebookNode:
        return nbformat.read(self.folder / name, as_version=4)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=60)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.stop()


@pytest.fixture
def run(lab: Lab, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a notebook of these cells and runs them all; no error may reach the console."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    complaints: list[str] = []
    names = iter(range(99))

    def run(*cells: str) -> Page:
        name = f"{secrets.token_hex(4)}-{next(names)}.ipynb"
        lab.write(name, *cells)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(lab.address(name))
        expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=SLOWEST)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        return page

    yield run
    context.close()
    assert complaints == []


def board(page: Page, name: str) -> Locator:
    """A widget, scrolled to: its views are drawn when they come near."""
    found = page.get_by_role("group", name=name, exact=True)
    found.scroll_into_view_if_needed(timeout=SLOWEST)
    return found


def map_of(layer: int, head: int) -> re.Pattern[str]:
    return re.compile(rf"^Attention map of layer {layer}, head {head},")


def flow_of(layer: int, head: int) -> re.Pattern[str]:
    return re.compile(rf"^Attention flow of layer {layer}, head {head},")


def expect_picture(place: Locator, name: re.Pattern[str]) -> None:
    expect(place.get_by_role("img", name=name)).to_be_visible(timeout=SLOW)


def test_a_head_chosen_in_one_widget_is_chosen_in_those_linked_with_it(
    run: Callable[..., Page],
) -> None:
    page = run(
        TRACE,
        "atlas = aa.views.attention_atlas(trace, layer=3, head=5, token=8); atlas",
        "flow = aa.views.attention_flow(trace)\naa.views.link(atlas, flow)\nflow",
        "alone = aa.views.attention_map(trace, layer=1, head=2); alone",
    )
    alone = board(page, "Attention map")
    expect_picture(alone, map_of(2, 3))
    flow = board(page, "Attention flow")
    expect_picture(flow, flow_of(4, 6))
    atlas = board(page, "Attention atlas")
    expect_picture(atlas, map_of(4, 6))
    atlas.get_by_role("button", name=re.compile("^Layer 6, head 3,")).click()
    expect_picture(atlas, map_of(6, 3))
    expect_picture(flow, flow_of(6, 3))
    atlas.get_by_role("radio", name="cat").click()
    expect(atlas.get_by_role("heading", name="Where cat looks")).to_be_visible()
    expect(flow.get_by_role("img")).to_have_accessible_name(re.compile("cat looks most at"))
    flow.get_by_role("combobox", name="Head", exact=True).select_option("8")
    expect_picture(flow, flow_of(6, 8))
    expect_picture(atlas, map_of(6, 8))
    expect_picture(alone, map_of(2, 3))  # it was not linked


def test_the_same_widgets_run_in_notebook_7(lab: Lab, browser: Browser) -> None:
    lab.write("seven.ipynb", TRACE, "aa.views.attention_map(trace, layer=3, head=5)")
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    page.goto(lab.address_in_notebook_7("seven.ipynb"))
    expect(page.get_by_text("Python 3 (ipykernel)")).to_be_visible(timeout=SLOWEST)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    chart = board(page, "Attention map")
    expect_picture(chart, map_of(4, 6))
    chart.get_by_role("combobox", name="Layer", exact=True).select_option("1")
    expect_picture(chart, map_of(1, 6))
    context.close()


def test_python_reads_and_sets_what_is_chosen(run: Callable[..., Page]) -> None:
    page = run(
        TRACE,
        "heads = aa.views.attention_map(trace, layer=3, head=5); heads",
        "heads.layer, heads.head = 0, 2",
    )
    expect_picture(board(page, "Attention map"), map_of(1, 3))


def test_the_walk_has_its_steps(run: Callable[..., Page]) -> None:
    page = run(TRACE, "aa.views.walk(trace, token=8, layer=3, head=5)")
    walk = board(page, "Walk")
    step = walk.get_by_role("region", name="Query, key, value")
    expect(step).to_contain_text("Head 6 projects every token")
    predictions = walk.get_by_role("region", name="Predictions", exact=True)
    predictions.scroll_into_view_if_needed()
    expect(predictions.get_by_role("listitem").first).to_be_visible(timeout=SLOW)
    walk.get_by_role("combobox", name="Layer", exact=True).select_option("2")
    expect(walk.get_by_role("heading", name="Layer 2 of 6")).to_be_visible()


def test_a_trace_shows_what_is_in_it_and_what_was_typed_is_text(run: Callable[..., Page]) -> None:
    hostile = "<b onclick=alert(1)>bold</b>"
    page = run(
        "import attention_atlas as aa\n"
        f"trace = aa.trace(aa.load_model('embedded'), {hostile!r})\ntrace",
        "trace.layers[3]",
    )
    output = page.get_by_role("table")
    expect(output.first).to_contain_text("trace.layers[l].attention", timeout=SLOWEST)
    expect(output.nth(1)).to_contain_text("12 heads")
    expect(page.locator("[onclick]")).to_have_count(0)


def test_our_rules_stay_in_the_widget_and_the_notebooks_stay_out(run: Callable[..., Page]) -> None:
    page = run(
        TRACE,
        "from IPython.display import HTML\n"
        'HTML(\'<p class="num quiet bar" data-theme="dark">a paragraph of the notebook</p>\')',
        "aa.views.attention_map(trace, layer=3, head=5)",
    )
    expect_picture(board(page, "Attention map"), map_of(4, 6))
    paragraph = page.get_by_text("a paragraph of the notebook", exact=True).last
    ours = paragraph.evaluate(
        "node => [getComputedStyle(node).getPropertyValue('--ink'), getComputedStyle(node).height]"
    )
    assert ours[0] == ""
    assert ours[1] != "8px"
    assert page.evaluate("Object.keys(window).filter(name => /^aa|atlas/i.test(name))") == []


def test_the_saved_notebook_has_a_still_picture_for_where_widgets_cannot_run(
    lab: Lab, run: Callable[..., Page]
) -> None:
    page = run(TRACE, "aa.views.attention_map(trace, layer=3, head=5)")
    expect_picture(board(page, "Attention map"), map_of(4, 6))
    name = page.url.split("/")[-1].split("?")[0]
    page.keyboard.press("Control+s")
    expect(page.get_by_text(re.compile("Last Checkpoint|Saving completed")).first).to_be_attached(
        timeout=SLOW
    )

    def outputs() -> list[dict[str, str]]:
        cells = lab.read(name).cells
        return [dict(one["data"]) for one in cells[1].get("outputs", [])]

    (data,) = wait_for(outputs, "the outputs on the disk")
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} <= set(data)
