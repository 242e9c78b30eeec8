"""Gunicorn's settings: ``gunicorn --config python:reviewapp.serving reviewapp.wsgi``.

Two processes of four threads: eight connections to the database at most.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from prometheus_client import multiprocess, values

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
ROOM = 2 << 20  # bytes, for the figures of every route in one process

worker_class = "gthread"
workers = 2
threads = 4
graceful_timeout = 5
control_socket_disable = True
loglevel = "warning"


def on_starting(server: Any) -> None:
    """The figures of the processes before a restart are no longer anybody's."""
    if folder := os.environ.get(FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            Path(folder).mkdir(parents=True, exist_ok=True)


def post_fork(server: Any, worker: Any) -> None:
    """Take the room for a process's figures before it counts anything: a mapped file that grows on a full disk ends it.

    Without room its figures are its own.
    """
    if folder := os.environ.get(FOLDER):
        try:
            with (Path(folder) / f"histogram_{worker.pid}.db").open("ab") as file:
                os.posix_fallocate(file.fileno(), 0, ROOM)
        except OSError:
            del os.environ[FOLDER]
            values.ValueClass = values.MutexValue


def child_exit(server: Any, worker: Any) -> None:
    """A process that ended is no longer alive in the figures; what it counted stays."""
    if os.environ.get(FOLDER):
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
