"""A model that needs more memory than there is: asked on one's own machine, refused on a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser_page import SLOW, AtlasPage
from checkpoints import make_enormous
from served import Served

NEEDS = "needs about 8,000.1 GB of memory, and "


@pytest.fixture(scope="module")
def enormous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_enormous(tmp_path_factory.mktemp("enormous"))


class Server(Served):
    """A server as a page opens it: it has no terminal, its log is its own."""

    def terminal(self) -> str:
        return ""


@pytest.fixture
def server(tmp_path: Path, enormous: Path) -> Iterator[Server]:
    offers = ("--model", "embedded", "--offer", "embedded", "--offer", f"Large={enormous}")
    served = Server(tmp_path, *offers)
    served.wait_until_ready()
    yield served
    served.end()


def test_it_is_asked_before_a_large_model_is_loaded(atlas: AtlasPage, enormous: Path) -> None:
    atlas.generate("a dog")
    atlas.model.select_option("Another model …")
    atlas.page.get_by_label("Folder or hub id of another model").fill(str(enormous))
    atlas.page.get_by_role("button", name="Load", exact=True).click()
    notice = atlas.page.get_by_role("status").filter(has_text=f"The model '{enormous}' {NEEDS}")
    expect(notice).to_contain_text("The page is showing the embedded model", timeout=SLOW)
    expect(notice).not_to_contain_text("check_memory")  # nobody here writes Python
    expect(atlas.page.get_by_role("button", name="Try again")).to_be_visible()
    atlas.generate("a cat")  # what is shown stays at hand

    atlas.page.get_by_role("button", name="Load anyway").click()
    # It was really tried: of these weights no model can be made.
    tried = atlas.page.get_by_role("status").filter(has_text="too few for them.")
    expect(tried).to_be_visible(timeout=SLOW)
    expect(atlas.page.get_by_role("button", name="Load anyway")).to_have_count(0)


def test_no_visitor_loads_it_on_a_server(
    server: Server, open_page: Callable[..., AtlasPage]
) -> None:
    atlas = open_page(server)
    atlas.generate("a dog")
    atlas.model.select_option("Large")
    notice = atlas.page.get_by_role("status").filter(has_text="Large could not be loaded")
    expect(notice).to_be_visible(timeout=SLOW)
    expect(atlas.page.get_by_role("button", name="Load anyway")).to_have_count(0)

    atlas.page.evaluate("Shiny.setInputValue('load_anyway', 1, {priority: 'event'})")
    atlas.page.evaluate("Shiny.setInputValue('retry', 1, {priority: 'event'})")
    atlas.generate("a cat")
    assert "too few for them" not in server.written()
    assert NEEDS in server.written()
