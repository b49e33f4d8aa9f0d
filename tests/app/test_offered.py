"""What a visitor of a server may choose, and that nobody learns where it lies."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from attention_atlas.app.offered import Offered
from attention_atlas.app.page import _document
from attention_atlas.app.settings import Settings
from attention_atlas.errors import NotOffered
from checkpoints import make_checkpoint
from served import Served, Visitor, wait_for

SECRET = "a-folder-nobody-knows"


def server(model: str, **offered: str) -> Settings:
    return Settings(model=model, server=True, offered=offered)


@pytest.mark.parametrize(
    ("settings", "first", "names"),
    [
        (Settings(model="/srv/x"), "/srv/x", ()),
        (Settings(model="embedded", offered={"a": "b"}), "embedded", ()),
        (server("embedded"), "embedded", ("embedded",)),
        (server("a", a="/srv/x", b="embedded"), "a", ("a", "b")),
        (server("/srv/x", a="/srv/x"), "a", ("a",)),
        (server("owner/x", a="/srv/x"), "owner/x", ("owner/x", "a")),
        (server("./models/ours"), "ours", ("ours",)),
    ],
)
def test_what_is_offered(settings: Settings, first: str, names: tuple[str, ...]) -> None:
    offered = Offered(settings)
    assert (offered.first, offered.names) == (first, names)


def test_a_folder_is_shown_by_its_name_alone(tmp_path: Path) -> None:
    offered = Offered(server(str(tmp_path)))
    assert offered.places == {tmp_path.name: str(tmp_path)}
    assert str(tmp_path.parent) not in str(_document(server(str(tmp_path))))


def test_the_embedded_model_is_loaded_once_under_whatever_name() -> None:
    assert Offered(server("a", a="embedded")).fallback == "a"
    assert Offered(server("a", a="owner/x")).fallback == "embedded"


@pytest.mark.parametrize("name", ["embedded", "/srv/x", "A", "a ", "", "bert-base-uncased"])
def test_nothing_else_may_be_asked_for(name: str) -> None:
    with pytest.raises(NotOffered) as refused:
        Offered(server("a", a="/srv/x", b="embedded", c="owner/c")).check(name)
    assert str(refused.value) == (
        f"This server does not offer the model “{name}”. It offers a, b and c."
    )
    Offered(Settings()).check(name)


def test_what_is_asked_for_is_told_shortened() -> None:
    with pytest.raises(NotOffered, match=f"“{'x' * 60}…”. It offers embedded."):
        Offered(server("embedded")).check("x" * 4_000)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp(SECRET)
    make_checkpoint(folder / "tiny")
    (folder / "empty").mkdir()
    with_code = make_checkpoint(folder / "with-code")
    config = json.loads((with_code / "config.json").read_text("utf-8"))
    config["auto_map"] = {"AutoModel": "evil.EvilModel"}
    (with_code / "config.json").write_text(json.dumps(config), "utf-8")
    pickled = make_checkpoint(folder / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    offers = {"Ours": "tiny", "Empty": "empty", "With code": "with-code", "Pickled": "pickled"}
    served = Served(
        tmp_path_factory.mktemp("server"),
        *("--model", "Ours", "--log", "json"),
        *(f"--offer={name}={folder / where}" for name, where in offers.items()),
    )
    served.wait_until_ready()
    yield served
    served.end()


def test_nobody_learns_where_a_model_lies(running: Served) -> None:
    seen: list[str] = [running.get("/")[1]]
    with Visitor(running) as visitor:
        visitor.set(seen=["tokens-picture", "first_visit-arcs", "embeddings-sum"])
        visitor.generate("the cat sat on")
        assert next(told for kind, told in visitor.told if kind == "aa-trace")["model"] == "Ours"
        for format in ("csv", "svg"):
            file = visitor.save("attention-map", format)["file"]
            with urllib.request.urlopen(f"{running.url}/{file['url']}") as answer:
                seen += [str(answer.headers), answer.read().decode()]
        visitor.set(save_page={"number": 2, "heads": "all", "theme": "light"})
        while "file" not in (page := visitor.hear("aa-saved", kind="page")):
            assert "refusal" not in page, page
        with urllib.request.urlopen(f"{running.url}/{page['file']['url']}") as answer:
            seen.append(answer.read().decode())
        seen.append(json.dumps(visitor.told))
    assert "Ours" in seen[0]
    assert "server offers as Ours" in seen[-1]
    assert not [text for text in seen if SECRET in text]


@pytest.mark.parametrize("name", ["Empty", "With code", "Pickled"])
def test_why_one_is_not_loaded_is_for_whoever_runs_the_server(running: Served, name: str) -> None:
    with Visitor(running) as visitor:
        visitor.set(wanted_model=name)
        failed = visitor.hear("aa-model", wanted=name, status="failed")
        assert failed["error"] == (
            f"{name} could not be loaded; whoever runs this server finds the reason in its log."
        )
        assert SECRET not in json.dumps(visitor.told)
        visitor.generate("the cat")  # on another that is there
    wait_for(lambda: SECRET in running.written(), "the reason")
    assert "evil" not in running.written().replace(SECRET, "").lower()


def test_a_download_that_others_wait_for_is_nobodys_to_stop(running: Served) -> None:
    with Visitor(running) as visitor:
        visitor.set(cancel_download=1, retry=1)
        visitor.generate("the cat sat")
