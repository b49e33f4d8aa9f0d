"""Two workers behind one port, in real processes: what one keeps the other gives, and one dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from served import Served, Visitor, wait_for

SENTENCE = "the cat sat on the mat"


@pytest.fixture
def visitors(workers: Served) -> Iterator[dict[int, Visitor]]:
    """One of each worker, by its process."""
    found: dict[int, Visitor] = {}
    others: list[Visitor] = []

    def both() -> bool:
        visitor = Visitor(workers)
        others.append(visitor)
        found.setdefault(_worker_of(workers, visitor), visitor)
        return len(found) == 2

    wait_for(both, "a visitor of each worker")
    yield found
    for visitor in others:
        visitor.leave()


def _worker_of(server: Served, visitor: Visitor) -> int:
    def began() -> list[int]:
        return [
            line["process"]
            for line in server.log()
            if line["event"] == "session began" and line["session"] == visitor.id[:8]
        ]

    return wait_for(began, "the session in the log")[0]


def test_a_file_is_got_through_either_worker_and_goes_with_its_session(
    workers: Served, visitors: dict[int, Visitor]
) -> None:
    first, second = visitors.values()
    first.generate(SENTENCE)
    file = first.save()["file"]
    answered: set[int] = set()

    def by_both() -> bool:
        status, text, headers = workers.get(f"/{file['url']}")
        assert (status, text[:5], len(text)) == (200, "from,", file["size"])
        by = [line for line in workers.log() if line.get("request") == headers["x-request-id"]]
        answered.update(line["process"] for line in by)
        return answered == workers.workers()

    wait_for(by_both, "an answer of each worker")
    first.leave()
    wait_for(lambda: workers.get(f"/{file['url']}")[0] == 404, "the end of the file")
    assert not [path for path in workers.kept() if path.parent.name == "saved"]
    second.generate(SENTENCE)


def test_nobody_else_can_look_into_the_folder(workers: Served) -> None:
    (folder,) = workers.temporary.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_both_measure_is_one_answer(workers: Served, visitors: dict[int, Visitor]) -> None:
    def count() -> float:
        (line,) = [
            line
            for line in workers.get("/metrics")[1].splitlines()
            if line.startswith("attention_atlas_generates_total{") and '"done"' in line
        ]
        return float(line.rpartition(" ")[2])

    before = count()
    for visitor in visitors.values():
        visitor.generate(f"a dog and {SENTENCE}")
    wait_for(lambda: count() == before + 2, "both in one count")
    sessions = "attention_atlas_sessions "
    assert sessions in workers.get("/metrics")[1]


def test_one_that_is_killed_is_replaced_and_the_other_goes_on(
    workers: Served, visitors: dict[int, Visitor]
) -> None:
    (killed, lost), (_, stays) = visitors.items()
    lost.generate(SENTENCE)
    url = lost.save()["file"]["url"]
    assert url.startswith(f"saved/{killed}-")

    os.kill(killed, signal.SIGKILL)
    stays.generate("it was tired")
    wait_for(lambda: killed not in workers.workers() and len(workers.workers()) == 2, "a new one")
    wait_for(
        lambda: not any(f"{os.sep}{killed}-" in str(path) for path in workers.kept()),
        "the end of what it left",
    )
    assert workers.get(f"/{url}")[0] == 404
    measures = {path.name for path in workers.kept() if path.parent.name == "measures"}
    assert f"gauge_livesum_{killed}.db" not in measures
    (told,) = [line for line in workers.log() if line["event"] == "a worker has ended"]
    assert (told["level"], told["pid"], told["status"]) == ("error", killed, -9)


def test_at_a_signal_what_runs_gets_to_its_page_and_nothing_is_left(
    workers: Served, visitors: dict[int, Visitor]
) -> None:
    running, idle = visitors.values()
    running.set(generate={"text": f"{SENTENCE} " * 80, "pair": "", "token": 1})
    running.hear("aa-progress", stage="running")

    workers.signal(signal.SIGTERM)
    trace = running.hear("aa-trace")
    assert trace["text"].startswith(SENTENCE)
    running.hear("aa-progress", stage="done")
    assert workers.wait() == 0
    assert not list(workers.temporary.iterdir())
    idle.leave()
