"""Web, worker and beat as real processes on the current test database, bounded and always cleaned up.

A test that uses them must commit: take the ``transactional_db`` fixture.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from reviewapp.management.commands import up
from reviewapp.supervisor import Program, Supervisor

READY_SECONDS = 60.0


def environment() -> dict[str, str]:
    """The environment in which another process sees this test's database, broker and data folder."""
    at = connection.settings_dict
    who = f"{quote(at['USER'], safe='')}:{quote(at['PASSWORD'], safe='')}"
    where = f"host={quote(at['HOST'], safe='')}&port={at['PORT'] or 5432}"
    return os.environ | {
        "DATABASE_URL": f"postgresql://{who}@/{quote(at['NAME'], safe='')}?{where}",
        "REDIS_URL": settings.CELERY_BROKER_URL,
        "DATA_DIR": str(settings.DATA_DIR),
        "DJANGO_SETTINGS_MODULE": "reviewapp.settings",
    }


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def web(**further: str) -> Iterator[str]:
    """Run gunicorn with ``further`` variables; gives its address, ``http://127.0.0.1:<port>``, once it answers."""
    up.collect_static(environment())
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with _running(up.web("127.0.0.1", port, environment() | further), ready=lambda said: up.answers(address)):
        yield address


@contextmanager
def worker(app: str = "reviewapp", **further: str) -> Iterator[Path]:
    """Run a Celery worker on both queues with ``further`` variables; gives its log once it takes messages."""
    program = up.worker(environment() | further, log_level="INFO")
    command = tuple(app if part == "reviewapp" else part for part in program.command)
    with _running(replace(program, command=command), ready=lambda said: " ready." in said) as log:
        yield log


@contextmanager
def beat() -> Iterator[Path]:
    """Run ``manage.py sweep``; gives its log."""
    with _running(up.beat(environment()), ready=lambda said: True) as log:
        yield log


@contextmanager
def _running(program: Program, ready: Callable[[str], bool]) -> Iterator[Path]:
    log = Path(settings.DATA_DIR) / f"{program.name}-{time.monotonic_ns()}.log"
    with Supervisor() as supervisor:
        supervisor.start(replace(program, log=log))
        begin = time.monotonic()
        while not ready(said := log.read_text(encoding="utf-8", errors="replace")):
            assert supervisor.alive(program.name), f"{program.name} ended:\n{said}"
            assert time.monotonic() < begin + READY_SECONDS, f"{program.name} is not ready:\n{said}"
            time.sleep(0.05)
        yield log
