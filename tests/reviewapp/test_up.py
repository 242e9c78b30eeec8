"""One command starts everything, keeps it running and leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from reviewapp import env
from reviewapp.management.commands import up
from tests import processes
from tests.reviewapp.test_supervisor import PATIENCE, runs, within


@contextmanager
def running(*options: str, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "manage.py", "up", *options]
    with subprocess.Popen(
        command, cwd=env.ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def said(process: subprocess.Popen[str], until: str = "") -> list[str]:
    """What the command printed, up to a line that begins with ``until`` or to its end."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if until and line.startswith(until):
            return lines
    return lines


def descendants(pid: int) -> list[int]:
    """The process ids of children and grandchildren, the children first."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], check=False, capture_output=True, text=True)
    children = [int(line) for line in found.stdout.split()]
    return [*children, *(grandchild for child in children for grandchild in descendants(child))]


def command_line(pid: int) -> str:
    return subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], check=False, capture_output=True, text=True
    ).stdout


@pytest.mark.processes
@pytest.mark.usefixtures("transactional_db")
def test_everything_runs_comes_back_when_killed_and_ends_with_the_command() -> None:
    """Gives T-7 for web, worker and beat with one command and no human."""
    port = str(processes.free_port())
    with running("--port", port, environment=processes.environment()) as process:
        assert f"Ready: http://127.0.0.1:{port}" in said(process, until="Ready")[-1]
        for part in ("gunicorn", "celery", "sweep"):
            killed = next(pid for pid in descendants(process.pid) if part in command_line(pid))
            os.kill(killed, signal.SIGKILL)
            assert any(re.search(r"ended \(signal 9\), again in", line) for line in said(process, until=NAMES[part]))
        assert within(PATIENCE, lambda: up.answers(f"http://127.0.0.1:{port}"))
        family = descendants(process.pid)
        process.terminate()
        assert said(process)[-1] == "Stopped."
        assert process.wait() == 0
    assert within(PATIENCE, lambda: not any(map(runs, family)))


NAMES = {"gunicorn": "web ended", "celery": "worker ended", "sweep": "beat ended"}


def test_a_port_that_is_taken_is_named_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running("--port", str(port), environment=os.environ) as process:
            assert f"Cannot listen on 127.0.0.1 port {port}" in said(process)[-1]
            assert process.wait() == 1


def test_an_own_database_without_an_own_broker_is_refused() -> None:
    given = {name: value for name, value in os.environ.items() if name not in {"REDIS_URL", "DATABASE_URL"}}
    port = str(processes.free_port())
    with running("--port", port, environment=given | {"DATABASE_URL": "postgresql://db.example.org/own"}) as process:
        assert "Only DATABASE_URL is set" in said(process)[-1]
        assert process.wait() == 1
