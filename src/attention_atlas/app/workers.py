"""Several processes behind one port: how they are started, looked after, and cleared up after."""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from attention_atlas.app.logs import event
from attention_atlas.app.settings import Settings
from attention_atlas.errors import AttentionAtlasError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from attention_atlas.app.private_folder import PrivateFolder

APPLICATION = "attention_atlas.app.workers:application"
SETTINGS, FOLDER = "ATTENTION_ATLAS_SETTINGS", "ATTENTION_ATLAS_FOLDER"
MEASURES = "measures"
"""The part of the folder in which workers put what they measure."""

SILENT_SECONDS = 60.0
"""A worker that has not answered for so long hangs."""
STARTS = 3
"""So often each worker may end before it ever served; then none will."""


def application() -> ASGIApp:
    """The application of one worker, as the process that started it left word."""
    from attention_atlas.app import logs, metering
    from attention_atlas.app.private_folder import PrivateFolder
    from attention_atlas.app.serving import served
    from attention_atlas.app.shared import Shared

    settings = Settings.from_json(os.environ[SETTINGS])
    logs.configure(settings.log)
    folder = PrivateFolder(Path(os.environ[FOLDER]))
    metering.begin()
    _reserve(folder.path(MEASURES))
    return served(Shared(settings, folder=folder))


def _reserve(measures: Path) -> None:
    """Takes the room that this worker's measures need.

    They are mapped files: to meet a full disk while one of them grows ends the process.
    """
    if hasattr(os, "posix_fallocate"):
        for path in measures.glob(f"*_{os.getpid()}.db"):
            with path.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


class Supervisor(Multiprocess):
    """Starts the workers, starts one anew that is gone, and clears up after it."""

    def __init__(
        self, config: uvicorn.Config, listening: socket.socket, folder: PrivateFolder
    ) -> None:
        """All workers accept what comes to `listening`; what they keep is in `folder`."""
        super().__init__(config, [listening])
        self._folder = folder
        self._known: set[int | None] = set()
        self._asked_at: dict[Process, float] = {}
        self._served: set[Process] = set()
        self._in_vain = 0
        self._failed = False

    def keep_subprocess_alive(self) -> None:
        """Starts a worker anew that has ended, or that has not answered for a long time.

        uvicorn's own waits for each answer: for one that ends meanwhile the whole time long, and
        no signal is heeded so long.
        """
        for index, worker in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if worker.process.is_alive() and self._answers(worker):
                continue
            self._in_vain = 0 if worker in self._served else self._in_vain + 1
            worker.kill()
            worker.join()
            self._forget(worker)
            event("a worker has ended", logging.ERROR, pid=worker.pid, status=worker.exitcode)
            if worker.exitcode == STARTUP_FAILURE or self._in_vain >= STARTS * self.processes_num:
                self._failed = True
                self.should_exit.set()
                return
            self.processes[index] = Process(self.config, self.sockets)
            self.processes[index].start()
        self._clear()

    def _answers(self, worker: Process) -> bool:
        now = time.monotonic()
        try:
            if worker in self._asked_at and worker.parent_conn.poll(0):
                if worker.parent_conn.recv():
                    self._served.add(worker)
                del self._asked_at[worker]
            if worker not in self._asked_at:
                worker.parent_conn.send(b"ping")
                self._asked_at[worker] = now
        except (OSError, EOFError):
            return False
        return now - self._asked_at[worker] < SILENT_SECONDS

    def _forget(self, worker: Process) -> None:
        self._asked_at.pop(worker, None)
        self._served.discard(worker)

    def join_all(self) -> None:
        """Waits for the workers to end; a second signal ends the waiting, and them."""
        while any(worker.process.is_alive() for worker in self.processes):
            if {signal.SIGINT, signal.SIGTERM} & set(self.signal_queue):
                for worker in self.processes:
                    worker.process.kill()
            time.sleep(0.05)
        super().join_all()

    def run(self) -> None:
        """Until a signal comes.

        Raises:
            AttentionAtlasError: no worker can start.
        """
        super().run()
        if self._failed:
            raise AttentionAtlasError("The workers could not start; what stands above says why.")

    def _clear(self) -> None:
        from prometheus_client.multiprocess import mark_process_dead

        from attention_atlas.app.private_folder import sweep_worker

        here = {worker.pid for worker in self.processes}
        for gone in self._known - here:
            if gone is not None:
                mark_process_dead(gone, str(self._folder.path(MEASURES)))
                sweep_worker(self._folder, gone)
        self._known = here


def supervise(settings: Settings, listening: socket.socket, config: dict[str, Any]) -> None:
    """Runs `settings.workers` processes that listen at one socket, until a signal comes.

    Args:
        settings: those of the application.
        listening: what all of them accept from.
        config: what else uvicorn is told.

    Raises:
        AttentionAtlasError: they cannot start, or have no folder for temporary files.
    """
    from attention_atlas.app.private_folder import PrivateFolder

    folder = PrivateFolder()
    measures = folder.required(MEASURES)
    os.environ[SETTINGS] = settings.to_json()
    os.environ[FOLDER] = str(folder.path())
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(measures)
    # Each may use its share of the machine: more threads than cores hold each other up.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, _cores() // settings.workers)))
    try:
        Supervisor(uvicorn.Config(APPLICATION, factory=True, **config), listening, folder).run()
    finally:
        folder.close()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
