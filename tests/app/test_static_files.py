"""What the browser asks for comes packed, save Plotly’s script; nothing else is given away."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from attention_atlas.app.application import create_app
from attention_atlas.app.settings import Settings


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = create_app(Settings(model="embedded")).starlette_app
    return TestClient(app, base_url="http://localhost")


@pytest.mark.parametrize("path", ["/", "/app/static/frame.css", "/views/shared/live.js"])
def test_page_scripts_and_styles_are_packed_for_who_takes_it(client: TestClient, path: str) -> None:
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.text == plain.text
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 2


def test_plotlys_script_is_not(client: TestClient) -> None:
    answer = client.get("/plotly/plotly.min.js", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Cache-Control"] == "public, max-age=86400"


@pytest.mark.parametrize("path", ["/views/weights.py", "/views/", "/app/static/../page.py"])
def test_only_files_for_browsers_are_given_away(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
