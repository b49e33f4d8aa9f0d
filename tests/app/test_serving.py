"""The application in the hands of an operator: faults, proxies, ports, and its end."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from attention_atlas.app import listening
from attention_atlas.app.listening import address, listen
from attention_atlas.app.private_folder import PREFIX, PrivateFolder, sweep_worker
from attention_atlas.app.settings import Settings
from attention_atlas.errors import InvalidChoice, PortTaken
from served import Served, Visitor, wait_for

SENTENCE = "the cat sat on the mat"


def test_a_clock_that_jumps_for_days_disturbs_nobody(afflicted: Served) -> None:
    with Visitor(afflicted) as first, Visitor(afflicted) as second:
        for _ in range(3):
            first.generate(SENTENCE)
            second.generate(SENTENCE)
        assert afflicted.get("/readyz")[:2] == (200, "ready\n")
        days = {line["time"][:10] for line in afflicted.log()}
        assert len(days) > 1  # it does jump
        assert all(0 <= line.get("seconds", 0) < 600 for line in afflicted.log())


def test_a_page_that_asks_for_too_much_waits_by_a_clock_that_does_not_jump(
    afflicted: Served,
) -> None:
    with Visitor(afflicted) as visitor:
        for _ in range(60):
            visitor.set(generate={"text": "a", "pair": "", "token": 1})
        said = visitor.hear("aa-progress", stage="failed")["error"]
        assert said.startswith("This page may run 30 sentences a minute. Try again in ")
        seconds = int(said.split()[-2])
        assert 1 <= seconds <= 60


def test_a_disk_that_is_full_is_told_and_what_was_saved_before_is_still_there(
    afflicted: Served,
) -> None:
    with Visitor(afflicted) as visitor:
        visitor.generate(SENTENCE)
        small = visitor.save()["file"]
        options = {
            "number": 2, "heads": "all", "theme": "light",
            "overview": True, "across": False, "walk": True,
        }  # fmt: skip
        visitor.set(save_page=options)
        while "refusal" not in (said := visitor.hear("aa-saved", number=2)):
            assert "file" not in said
        assert said["refusal"] == (
            "The file was made, but there is no place to keep it until your browser has it (File "
            "too large). When there is room for temporary files again, choose it once more."
        )
        assert not [path for path in afflicted.kept() if path.suffix == ".part"]
        assert afflicted.get(f"/{small['url']}")[0] == 200
        again = visitor.save(view="stack")["file"]
        assert afflicted.get(f"/{again['url']}")[0] == 200
        assert afflicted.get(f"/{small['url']}")[0] == 404


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fetc%2fpasswd", "%2fetc%2fpasswd", "1-00000000000000000000000000000000",
        "..", ".", "lock", "1-0%00", f"{'9' * 400}-{'0' * 32}",
    ],
)  # fmt: skip
def test_no_path_that_is_asked_for_is_opened(afflicted: Served, name: str) -> None:
    assert afflicted.get(f"/saved/{name}")[0] in (400, 404)


def test_only_a_trusted_proxy_tells_whose_request_it_is(afflicted: Served) -> None:
    """A page of https://atlas.example.edu comes through a proxy that ends TLS."""
    name = "atlas.example.edu"
    told = {"Origin": f"https://{name}", "X-Forwarded-Proto": "https", "X-Forwarded-For": "1.2.3.4"}
    with Visitor(afflicted, told, host=name) as visitor:
        visitor.generate(SENTENCE)
    assert afflicted.get("/metrics")[0] == 200
    assert afflicted.get("/metrics", X_Forwarded_For="127.0.0.1")[0] == 404
    assert afflicted.get("/metrics", Forwarded="for=127.0.0.1")[0] == 404


def test_a_signal_lets_what_runs_end_and_nothing_new_begin(afflicted: Served) -> None:
    with Visitor(afflicted) as running, Visitor(afflicted) as late:
        running.set(generate={"text": f"{SENTENCE} " * 80, "pair": "", "token": 1})
        running.hear("aa-progress", stage="running")
        afflicted.signal(signal.SIGTERM)
        wait_for(lambda: afflicted.answers("/readyz", 503, "draining\n"), "the readiness")
        assert afflicted.get("/healthz")[:2] == (200, "alive\n")
        assert "restart" in late.generate(SENTENCE, end="failed")["error"]
        assert running.hear("aa-trace")["text"].startswith(SENTENCE)
        running.hear("aa-progress", stage="done")
        with pytest.raises(ConnectionClosed) as closed:
            running.hear("nothing more")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012  # "service restart"
    assert afflicted.wait() == 0
    assert not list(afflicted.temporary.glob(f"{PREFIX}*"))
    assert [line["event"] for line in afflicted.log() if line["event"].startswith("what")] == []


def test_a_second_signal_ends_at_once(long_way: Path, tmp_path: Path) -> None:
    model = ["--offer", f"long-way={long_way}", "--model", "long-way"]
    server = Served(tmp_path, *model, "--log", "json", "--drain-seconds", "3600")
    try:
        server.wait_until_ready()
        with Visitor(server) as visitor:
            visitor.set(generate={"text": f"{SENTENCE} " * 80, "pair": "", "token": 1})
            visitor.hear("aa-progress", stage="running")
            server.signal(signal.SIGINT)
            wait_for(lambda: server.answers("/readyz", 503, "draining\n"), "the readiness")
            server.signal(signal.SIGINT)
            with pytest.raises(ConnectionClosed):
                visitor.hear("aa-progress", stage="done")
        assert server.wait() in (0, 130)
        assert not list(server.temporary.glob(f"{PREFIX}*"))
    finally:
        server.end()


# The address


def taken_port() -> tuple[socket.socket, int]:
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    return taken, taken.getsockname()[1]


def test_a_port_that_is_taken_is_said_with_one_that_is_free() -> None:
    taken, port = taken_port()
    with taken, pytest.raises(PortTaken) as caught:
        listen(None, port, "attention-atlas serve")
    said = str(caught.value)
    free = int(said.rpartition(" ")[2])
    assert free > port
    assert said == (
        f"Port {port} is taken. Port {free} is free: attention-atlas serve --port {free}"
    )
    with listen(None, free) as now:
        assert now.getsockname() == ("127.0.0.1", free)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("answer", "agrees"),
    [("", True), ("y", True), (" Yes ", True), ("n", False), ("q", False), (EOFError(), False)],
)
def test_who_sits_at_a_terminal_is_asked(
    answer: str | EOFError, agrees: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        if isinstance(answer, EOFError):
            raise answer
        return answer

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr("builtins.input", ask)
    taken, port = taken_port()
    with taken:
        if agrees:
            with listen(None, port) as now:
                free = now.getsockname()[1]
                # Nobody can have come between the question and now: it listens already.
                monkeypatch.setattr(listening, "_agrees", lambda _: False)
                with pytest.raises(PortTaken):
                    listen(None, free)
            assert asked == [f"Port {port} is taken. Use {free} instead? [Y/n] "]
        else:
            with pytest.raises(PortTaken):
                listen(None, port)


def test_two_that_start_at_once_do_not_get_one_port() -> None:
    with listen(None, 0) as first, pytest.raises(PortTaken):
        listen(None, first.getsockname()[1])


def test_a_machine_whose_loopback_has_no_ipv4_is_reached_by_ipv6(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bind = socket.socket.bind

    class Socket(socket.socket):
        def bind(self, where: Any) -> None:
            if self.family == socket.AF_INET:
                raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
            bind(self, where)

    monkeypatch.setattr(listening.socket, "socket", Socket)
    with listen(None, 0) as found:
        host, port = found.getsockname()[:2]
        assert host == "::1"
        assert address(found) == f"http://[::1]:{port}"
    with pytest.raises(InvalidChoice) as caught:
        listen("127.0.0.1", 0)
    assert str(caught.value) == (
        "Nothing can listen at 127.0.0.1, port 0 (Cannot assign requested address). Give --host an "
        "address of this machine, or leave it away to be reached from this machine alone."
    )


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "localhost"), ("0.0.0.0", "localhost")])
def test_the_address_is_one_that_a_browser_takes(host: str, shown: str) -> None:
    with listen(host, 0) as found:
        assert address(found) == f"http://{shown}:{found.getsockname()[1]}"


def test_a_host_that_is_none_is_said() -> None:
    with pytest.raises(InvalidChoice) as caught:
        listen("no-such-host.invalid", 8000)
    assert str(caught.value).startswith("There is no address for no-such-host.invalid.")


# The folder


def test_a_folder_that_was_left_is_removed_and_one_in_use_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = (
        "import os; from attention_atlas.app.private_folder import PrivateFolder\n"
        "folder = PrivateFolder(); (folder.path('saved') / 'a').write_text('a sentence')\n"
        "print(folder.path(), flush=True); os._exit(9)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    left = Path(killed.stdout.strip())
    assert (left / "saved" / "a").read_text() == "a sentence"
    target = tmp_path / "precious"
    target.mkdir()
    (tmp_path / f"{PREFIX}link").symlink_to(target)
    (tmp_path / f"{PREFIX}somebody-elses").mkdir()
    first, second = PrivateFolder(), PrivateFolder()
    first.path("saved").joinpath("b").write_text("another")
    second.path()
    assert not left.exists()
    assert target.exists()
    assert (first.path("saved") / "b").exists()
    second.close()
    first.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{PREFIX}link",
        f"{PREFIX}somebody-elses",
        "precious",
    ]


def test_a_folder_that_somebody_removed_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = PrivateFolder()
    folder.path("saved")
    shutil.rmtree(folder.path())
    assert folder.path("saved").is_dir()
    assert folder.path().stat().st_mode & 0o777 == 0o700
    folder.close()


def test_what_a_worker_left_goes_and_nothing_of_another(tmp_path: Path) -> None:
    for name in ("saved/12-a", "saved/123-a", "temporary/12-b/c", "temporary/1-b/c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    sweep_worker(PrivateFolder(tmp_path), 12)
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["saved/123-a", "temporary/1-b/c"]


def test_settings_are_the_same_in_a_worker() -> None:
    settings = Settings(
        model="ours", server=True, offered={"ours": "/srv/ours"}, hosts=("a", "b"), workers=2,
        trusted_proxies=("10.0.0.0/8",), generates_per_minute=None, drain_seconds=2.5, log="json",
    )  # fmt: skip
    assert Settings.from_json(settings.to_json()) == settings
    assert json.loads(settings.to_json())["log"] == "json"
