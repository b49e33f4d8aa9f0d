"""`attention-atlas serve`: what an operator may ask for, and what is refused in a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from attention_atlas.app import serving
from attention_atlas.app.settings import Settings
from attention_atlas.cli import main


def served(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[Settings, dict[str, object]]:
    """What would be served."""
    found: list[tuple[Settings, dict[str, object]]] = []
    monkeypatch.setattr(serving, "serve", lambda settings, **how: found.append((settings, how)))
    main(["serve", *arguments])
    return found[0]


def test_without_options_it_is_a_server_on_this_machine_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings, how = served(monkeypatch)
    assert settings == Settings(
        server=True,
        max_characters=20_000,
        generates_per_minute=30,
        generates_per_minute_per_address=600,
        max_sessions=1_000,
        log="text",
    )
    assert how == {"host": None, "port": 8000, "command": "attention-atlas serve"}


def test_every_setting_can_be_decided(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings, how = served(
        monkeypatch,
        "--model", "ours", "--offer", f"ours={tmp_path}", "--offer", "embedded",
        "--host", "0.0.0.0", "--port", "8010", "--workers", "4",
        "--host-name", "Atlas.Example.edu", "--origin", "https://atlas.example.edu:8443",
        "--frame-ancestor", "https://moodle.example.edu", "--trusted-proxy", "127.0.0.1",
        "--trusted-proxy", "10.0.3.7/24", "--max-characters", "500", "--rate", "0",
        "--rate-per-address", "10", "--max-sessions", "0", "--cache-mb", "64",
        "--metrics", "off", "--drain-seconds", "5", "--log", "json",
    )  # fmt: skip
    assert settings == Settings(
        model="ours",
        server=True,
        offered={"ours": str(tmp_path), "embedded": "embedded"},
        hosts=("atlas.example.edu",),
        origins=("https://atlas.example.edu:8443",),
        frame_ancestors=("https://moodle.example.edu",),
        trusted_proxies=("127.0.0.1/32", "10.0.3.0/24"),
        max_characters=500,
        generates_per_minute=None,
        generates_per_minute_per_address=10,
        max_sessions=None,
        cache_bytes=64 * 2**20,
        metrics="off",
        workers=4,
        drain_seconds=5,
        log="json",
    )
    assert (how["host"], how["port"]) == ("0.0.0.0", 8010)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--workers", "0"], "--workers cannot be '0'. Give a whole number from 1 to 256."),
        (["--workers", "two"], "--workers cannot be 'two'. Give a whole number from 1 to 256."),
        (["--rate", "-1"], "--rate cannot be '-1'. Give a whole number from 0 to 1,000,000,000."),
        (
            ["--max-characters", "0"],
            "--max-characters cannot be '0'. Give a whole number from 1 to 1,000,000,000.",
        ),
        (
            ["--cache-mb", "1e3"],
            "--cache-mb cannot be '1e3'. Give a whole number from 1 to 1,000,000,000.",
        ),
        (
            ["--trusted-proxy", "10.0.0"],
            "--trusted-proxy cannot be '10.0.0'. Give an address, as 127.0.0.1, or a network, as "
            "10.0.3.0/24",
        ),
        (
            ["--trusted-proxy", "0.0.0.0/0"],
            "--trusted-proxy 0.0.0.0/0 would believe every visitor. Give the address of the proxy.",
        ),
        (
            ["--origin", "atlas.example.edu"],
            "--origin cannot be 'atlas.example.edu'. Give a scheme, a host, and a port if it is "
            "not the usual one, and nothing after it: https://atlas.example.edu",
        ),
        (
            ["--frame-ancestor", "https://a.edu/; script-src *"],
            "--frame-ancestor cannot be 'https://a.edu/; script-src *'. Give a scheme, a host, and "
            "a port if it is not the usual one, and nothing after it: https://atlas.example.edu",
        ),
        (
            ["--host-name", "https://atlas.example.edu"],
            "--host-name cannot be 'https://atlas.example.edu'. Give a name without https:// and "
            "without a port, as atlas.example.edu",
        ),
        (
            ["--offer", "=x"],
            "--offer cannot be '=x'. Give a model's name, or a name, =, and the folder or hub id "
            "that it stands for: --offer ours=/srv/models/ours",
        ),
        (
            ["--offer", "a", "--offer", "a=b"],
            "--offer names a twice. Give each model a name of its own.",
        ),
        (
            ["--offer", "/srv/models/ours"],
            "--offer /srv/models/ours would show visitors where the folder is. Give it a name: "
            "--offer ours=/srv/models/ours",
        ),
        (
            ["--model", "./ours"],
            "--model ./ours would show visitors where the folder is. Give it a name: "
            "--offer ours=./ours --model ours",
        ),
        (
            ["--offer", "ours=/no/such/folder"],
            "There is no folder /no/such/folder. Give a folder that holds a checkpoint, a hub id "
            'such as bert-base-uncased, or "embedded".',
        ),
        (
            ["--host", "no-such-host.invalid"],
            "There is no address for no-such-host.invalid. Give --host a name or an address of "
            "this machine, or leave it away to be reached from this machine alone.",
        ),
    ],
)
def test_what_cannot_be_is_one_plain_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["serve", "--model", "embedded", *arguments])
    assert end.value.code == 2
    assert capsys.readouterr().err == f"attention-atlas: {said}\n"


def test_its_help_answers_without_anything_heavy() -> None:
    code = (
        "import sys\n"
        "from attention_atlas.cli import main\n"
        "try:\n    main(['serve', '--help'])\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'torch', 'transformers', 'shiny', 'uvicorn'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    assert "--trusted-proxy" in done.stdout


def test_a_worker_that_cannot_start_is_tried_a_few_times_and_then_said(tmp_path: Path) -> None:
    """A package that does not import, as after half an update."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "shiny.py").write_text("raise ImportError('half an update')\n")
    done = subprocess.run(
        [sys.executable, "-m", "attention_atlas.cli", "serve", "--port", "18766", "--workers", "2"],
        capture_output=True,
        text=True,
        timeout=180,
        env={"PYTHONPATH": str(broken), "PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 2
    assert "half an update" in done.stderr
    assert done.stderr.endswith(
        "attention-atlas: The workers could not start; what stands above says why.\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["broken"]
