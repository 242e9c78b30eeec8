"""``manage.py up``: everything that the product needs, from one command, until Ctrl-C.

The embedded engines start first; every further step is a process of its own, since this one read its settings before
there was a database. Those processes find the engines through ``engines.json`` in the data folder.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management.base import BaseCommand, CommandError

from reviewapp import engines, env, serving
from reviewapp.errors import Unavailable
from reviewapp.supervisor import Program, Supervisor

WEB_SECONDS = 180.0  # a first start compiles every module on a slow disk
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - named to find ourselves when bound to all addresses

Say = Callable[[str], None]


class Command(BaseCommand):
    help = "Start database, broker, web, worker and beat, and keep them running until Ctrl-C."
    requires_system_checks: list[str] = []
    seeds = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
        parser.add_argument("--port", default=8000, type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        for ending in ENDINGS:
            signal.signal(ending, signal.default_int_handler)
        try:
            serve(options["host"], options["port"], seeds=self.seeds, say=self._say)
        except Unavailable as problem:
            raise CommandError(problem.message) from problem
        except KeyboardInterrupt:
            self._say("Stopped.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def serve(host: str, port: int, *, seeds: bool, say: Say) -> None:
    """Run until interrupted. Raises :class:`~reviewapp.errors.Unavailable` when a part cannot start."""
    _check_port(host, port)
    environment = os.environ | {"DATA_DIR": str(env.data_dir())}
    address = _address(host, port)
    with Supervisor(say) as supervisor, _engines(supervisor, say):
        try:
            _manage("migrate", "--verbosity", "0", environment=environment)
            collect_static(environment)
            if seeds:
                _manage("seed_demo", environment=environment)
            for program in (web(host, port, environment), worker(environment), beat(environment)):
                supervisor.start(program)
            _await_web(supervisor, address)
            say(f"Ready: {address}   (Ctrl-C stops everything; the data stays in {env.data_dir()})")
            supervisor.run()
        finally:
            for ending in ENDINGS:
                signal.signal(ending, signal.SIG_IGN)


def web(host: str, port: int, environment: Mapping[str, str]) -> Program:
    """Gunicorn, whose processes keep their figures together in the data folder."""
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    command = ("-m", "gunicorn", "reviewapp.wsgi", "--config", "python:reviewapp.serving", "--bind", bind)
    data = Path(environment.get("DATA_DIR", env.data_dir()))
    return _python("web", command, {**environment, serving.FOLDER: str(data / "metrics")})


def worker(environment: Mapping[str, str], log_level: str = "WARNING") -> Program:
    """Celery's worker for both queues."""
    options = ("--queues", "training,work", "--concurrency", "2", "--without-gossip", "--without-mingle")
    quiet_root = "ignore:You're running the worker with superuser privileges:UserWarning"
    command = (
        "-W",
        quiet_root,
        "-m",
        "celery",
        "--quiet",
        "--app",
        "reviewapp",
        "worker",
        *options,
        "--loglevel",
        log_level,
    )
    return _python("worker", command, environment)


def beat(environment: Mapping[str, str]) -> Program:
    """Our reconciler, which rings the workers."""
    return _python("beat", ("manage.py", "sweep"), environment)


def answers(address: str) -> bool:
    """Whether the web process answers a person; ``/healthz`` would still call the worker missing."""
    link = HTTPConnection(urlsplit(address).netloc, timeout=5)
    try:
        link.request("GET", "/")
        return link.getresponse().status < HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, HTTPException):
        return False
    finally:
        link.close()


def collect_static(environment: Mapping[str, str]) -> None:
    """Collect the static files unless those collected are newer than every source."""
    if not static_is_fresh():
        _manage("collectstatic", "--noinput", "--verbosity", "0", environment=environment)


def static_is_fresh() -> bool:
    """Whether the collected static files are there and newer than every source."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    sources = (Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list([]))
    return manifest.exists() and all(source.stat().st_mtime <= manifest.stat().st_mtime for source in sources)


@contextmanager
def _engines(supervisor: Supervisor, say: Say) -> Iterator[None]:
    given = [name for name in ("DATABASE_URL", "REDIS_URL") if env.text(name)]
    if len(given) == 1:
        raise Unavailable(f"Only {given[0]} is set. Set DATABASE_URL and REDIS_URL, or neither for the embedded ones.")
    if given:
        folder = env.data_dir()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(folder.stat().st_mode & 0o710)  # engines of an earlier run may need to pass through
        yield
    else:
        with engines.running(env.data_dir(), supervisor, say=say):
            yield


def _python(name: str, command: tuple[str, ...], environment: Mapping[str, str]) -> Program:
    return Program(name, (sys.executable, *command), env=environment, folder=env.ROOT)


def _manage(*command: str, environment: Mapping[str, str]) -> None:
    done = subprocess.run([sys.executable, "manage.py", *command], check=False, cwd=env.ROOT, env=environment)
    if done.returncode != 0:
        raise Unavailable(f"`manage.py {command[0]}` failed; what it said stands above.")


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as problem:
        raise Unavailable(
            f"Cannot listen on {host} port {port} ({problem.strerror}). Choose another port, for example "
            f"--port {port + 1}."
        ) from problem


def _address(host: str, port: int) -> str:
    here = EVERYWHERE.get(host, host)
    return f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"


def _await_web(supervisor: Supervisor, address: str) -> None:
    give_up = time.monotonic() + WEB_SECONDS
    while not answers(address):
        if time.monotonic() > give_up:
            raise Unavailable(f"The web process does not answer at {address}; what it said stands above.")
        look_again = time.monotonic() + 0.5
        supervisor.run(until=lambda: time.monotonic() > look_again)  # noqa: B023 - run ends before the next round
