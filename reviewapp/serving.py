"""Gunicorn's settings: ``gunicorn --config python:reviewapp.serving reviewapp.wsgi``.

Two processes of four threads: eight connections to the database at most.
"""

import os
import shutil
from pathlib import Path
from typing import Any

from prometheus_client import multiprocess

FOLDER = "PROMETHEUS_MULTIPROC_DIR"

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
        Path(folder).mkdir(parents=True)


def child_exit(server: Any, worker: Any) -> None:
    """A process that ended is no longer alive in the figures; what it counted stays."""
    if os.environ.get(FOLDER):
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
