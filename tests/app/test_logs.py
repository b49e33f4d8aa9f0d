"""The log tells what happened, and never what a visitor wrote."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest

from attention_atlas.app import logs
from served import Served, Visitor, wait_for

SECRET = "my-grandmothers-maiden-name"

STUMBLING = """
import asyncio, gc, logging, sys, threading, traceback, warnings
from attention_atlas.app import logs

secret = sys.argv[1]
logs.configure("json")
logs.overhear()
ours = logging.getLogger("attention_atlas.app.anything")


class Own(Exception):
    pass


def fail():
    try:
        {secret: 1}["other"]
    except KeyError as error:
        said = f"of {secret}\\n  File \\"{secret}\\", line 1, in {secret}\\n{secret}: x"
        raise Own(said) from error


def caught(tell):
    try:
        fail()
    except Own:
        tell()


ours.warning("a sentence: %s, %d times, %s and %.50s", secret, 3, {"text": secret}, secret)
ours.warning(f"%(text)s", {"text": secret})
ours.warning("two %s", secret, secret)  # a mistake of ours must not print the record
caught(lambda: ours.exception("it failed"))
caught(lambda: logging.getLogger("uvicorn.error").exception("Exception in application"))
caught(traceback.print_exc)
caught(lambda: print(secret, end="", file=sys.stderr))
print(secret, secret, sep="\\n")
sys.stderr.write(f"Traceback (most recent call last):\\n{secret}: {secret}\\n")
sys.stderr.write(secret * 20_000)
warnings.warn(secret)
logging.getLogger("huggingface_hub").error("no such model: " + secret)
logging.getLogger().error(secret)
ours.error(secret * 3 if False else Own(secret))
thread = threading.Thread(target=fail)
thread.start()
thread.join()


async def forgotten():
    task = asyncio.create_task(failing(secret))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()


async def failing(text):
    fail()


asyncio.run(forgotten())
fail()
"""


def _lines(written: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.splitlines()]


def test_no_fault_of_any_kind_brings_what_was_written_into_the_log() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STUMBLING, SECRET],
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert SECRET not in done.stderr
    assert "grandmother" not in done.stderr
    lines = _lines(done.stderr)
    assert lines[0]["event"] == "a sentence: …, 3 times, … and …"
    failed = [line for line in lines if line["event"] == "it failed"]
    assert failed[0]["error"] == "__main__.Own from builtins.KeyError"
    assert failed[0]["places"][-1].endswith(" fail")
    printed = [line for line in lines if line["event"] == "an error was printed"]
    assert {"KeyError", "Own"} <= {line["error"] for line in printed}
    assert any(line["event"] == "asyncio has something to say" for line in lines)


def test_a_line_says_when_how_grave_and_which_process(capfd: pytest.CaptureFixture[str]) -> None:
    record = logging.LogRecord("attention_atlas.x", logging.INFO, "x.py", 7, "ready", (), None)
    record.created = 1_700_000_000.123
    record.fields = {"model": "two words", "seconds": 1.5}
    told = json.loads(logs._Lines("json").format(record))
    assert told == {
        "time": "2023-11-14T22:13:20.123Z",
        "level": "info",
        "event": "ready",
        "process": os.getpid(),
        "model": "two words",
        "seconds": 1.5,
    }
    assert logs._Lines("text").format(record) == (
        f"2023-11-14T22:13:20.123Z  INFO  ready  process={os.getpid()}  "
        'model="two words"  seconds=1.5'
    )


@pytest.mark.parametrize("seconds", [1e300, -1e300, float("nan"), -62_135_596_801])
def test_a_clock_that_is_out_of_its_mind_is_no_fault(seconds: float) -> None:
    record = logging.LogRecord("attention_atlas.x", logging.INFO, "x.py", 7, "ready", (), None)
    record.created = seconds
    assert json.loads(logs._Lines("json").format(record))["time"] == "1970-01-01T00:00:00.000Z"


def test_a_flood_from_one_place_is_counted_and_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: now[0])
    flood = logs._Flood()

    def record(line: int, level: int = logging.WARNING) -> logging.LogRecord:
        return logging.LogRecord("attention_atlas.x", level, "x.py", line, "again", (), None)

    assert sum(flood.filter(record(1)) for _ in range(1000)) == logs.MOST_ALIKE
    assert flood.filter(record(2))
    assert all(flood.filter(record(1, logging.INFO)) for _ in range(1000))
    now[0] = 61
    late = record(1)
    assert flood.filter(late)
    assert getattr(late, "fields") == {"left_out": 1000 - logs.MOST_ALIKE}  # noqa: B009


@pytest.mark.parametrize(
    ("id", "fine"),
    [
        ("4bf92f3577b34da6a3ce929d0e0e4736", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("short", False),
        ('"}\n{"level": "error"', False),
        ("two words", False),
        ("", False),
        ("12345678\n", False),
    ],
)
def test_whose_request_id_is_taken_over(id: str, fine: bool) -> None:
    assert logs.well_formed(id) is fine


def test_a_server_that_stumbles_over_a_sentence_does_not_tell_it(afflicted: Served) -> None:
    text = f"stumble over {SECRET}"
    with Visitor(afflicted) as visitor:
        visitor.generate(text, end="failed")
        visitor.set(wanted_model=SECRET)
        visitor.generate(f"stumble later {SECRET}")
        refused = visitor.save(format="svg")["refusal"]
        assert SECRET not in refused
        session = visitor.id
    for hostile in (f"[{SECRET}", f'{{"method": "{SECRET}"}}', f'{{"{SECRET}": 1}}', SECRET):
        with Visitor(afflicted) as visitor:
            visitor.connection.send(hostile)
    for path in (f"/{SECRET}", f"/?text={SECRET}", f"/saved/{SECRET}", f"/app/{SECRET}.js"):
        afflicted.get(path, User_Agent=SECRET, Cookie=SECRET, Referer=f"http://x/{SECRET}")

    def last() -> list[dict[str, Any]]:
        return [
            line
            for line in afflicted.log()
            if line["event"] == "websocket" and line["session"] == session[:8]
        ]

    wait_for(last, "the end of the connection in the log")
    written = afflicted.written()
    assert SECRET not in written
    assert "stumble over" not in written
    assert session not in written
    errors = [line for line in _lines(written) if "RuntimeError" in line.get("error", "")]
    assert {line["session"] for line in errors} == {session[:8]}
    assert all(line["places"] for line in errors)
    assert {line["request"] for line in errors} == {last()[0]["request"]}


def test_every_answer_has_its_request_id_and_stands_under_it_in_the_log(afflicted: Served) -> None:
    id = "4bf92f3577b34da6a3ce929d0e0e4736"
    _, _, headers = afflicted.get("/", X_Request_ID=id)
    assert headers["x-request-id"] == id  # of a proxy that is trusted
    _, _, headers = afflicted.get("/nowhere", X_Request_ID="no id\tat all")
    invented = headers["x-request-id"]
    assert logs.well_formed(invented)

    def line(id: str) -> dict[str, Any]:
        return wait_for(lambda: [one for one in afflicted.log() if one.get("request") == id])[0]

    page, nowhere = line(id), line(invented)
    assert (page["event"], page["method"], page["route"], page["status"]) == (
        "request", "GET", "/", 200,
    )  # fmt: skip
    assert (nowhere["route"], nowhere["status"]) == ("other", 404)
    assert 0 <= page["seconds"] < 60
    assert datetime.fromisoformat(page["time"].replace("Z", "+00:00")).utcoffset() is not None


def test_a_stranger_chooses_no_request_id(workers: Served) -> None:
    _, _, headers = workers.get("/healthz", X_Request_ID="4bf92f3577b34da6a3ce929d0e0e4736")
    assert headers["x-request-id"] != "4bf92f3577b34da6a3ce929d0e0e4736"
