"""A server of our own for a measurement: durable engines and the processes of ``manage.py up``, gone afterwards."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import connection

from reviewapp import engines
from reviewapp.env import ROOT
from reviewapp.management.commands import up
from reviewapp.supervisor import Supervisor
from tests.processes import free_port

READY_SECONDS = 120.0
CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
PEOPLE = """
import json
from reviewapp.domain import tokens
from reviewapp.models import User
names = ["olga", *(f"rev{number:03}" for number in range(REVIEWERS))]
people = [User.objects.create_user(name, is_staff=name == "olga", is_superuser=name == "olga") for name in names]
print(json.dumps({person.username: tokens.create(person, "bench")[1] for person in people}))
"""


@dataclass(frozen=True)
class Server:
    """Where the measured server is, and how to look behind it."""

    data: Path
    address: str
    supervisor: Supervisor

    def pid(self, name: str) -> int:
        """The process id of ``web``, ``worker``, ``beat`` or ``postgres``."""
        return self.supervisor.pid(name)

    def people(self, reviewers: int) -> dict[str, str]:
        """Make an operator (olga) and so many reviewers; gives user names with their tokens."""
        script = PEOPLE.replace("REVIEWERS", str(reviewers))
        made: dict[str, str] = json.loads(_manage(self.data, "shell", "--verbosity", "0", "-c", script))
        return made

    def rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """What the database itself says."""
        with closing(self._connect()) as database, database.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def only_web(self) -> None:
        """Stop worker and beat, so that every further statement is a web process's."""
        self.supervisor.stop(keep=("postgres", "valkey", "web"))

    @contextmanager
    def logged_statements(self) -> Iterator[list[str]]:
        """Collect every SQL statement while the block lasts; the list is filled at its end."""
        log = self.data / "logs" / "postgres.log"
        self._log_statements("all")
        begin, said = log.stat().st_size, list[str]()
        yield said
        self._log_statements("none")
        with log.open("rb") as file:
            file.seek(begin)
            lines = file.read().decode(errors="replace").splitlines()
        said += [line.split("statement: ", 1)[1] for line in lines if "LOG:  statement: " in line]

    def _log_statements(self, which: str) -> None:
        with closing(self._connect()) as database, database.cursor() as cursor:
            cursor.execute(f"ALTER SYSTEM SET log_statement = '{which}'")
            cursor.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)

    def _connect(self) -> connection:
        home = engines.home(self.data)
        assert home is not None
        password = (self.data / "postgres.password").read_text(encoding="ascii")
        database = psycopg2.connect(
            host=str(home), port=engines.PORT, user=engines.SUPERUSER, password=password, dbname=engines.DATABASE
        )
        database.autocommit = True
        return database


def environment(data: Path) -> dict[str, str]:
    """The environment in which a process finds the engines below ``data`` and nothing else of ours."""
    return inherited() | {"DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "reviewapp.settings"}


def inherited() -> dict[str, str]:
    """What a measured process may take from ours: no setting of the product."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@contextmanager
def running() -> Iterator[Server]:
    """Own engines that keep what they acknowledge, web, worker and beat; everything is removed at the end."""
    data = Path(tempfile.mkdtemp(prefix="reviewapp-bench-"))
    try:
        with Supervisor(_quiet) as supervisor, engines.running(data, supervisor, say=_quiet):
            _manage(data, "migrate", "--verbosity", "0")
            _manage(data, "collectstatic", "--noinput", "--verbosity", "0")
            port = free_port()
            server = Server(data, f"http://127.0.0.1:{port}", supervisor)
            said = environment(data)
            for program in (up.web("127.0.0.1", port, said), up.worker(said), up.beat(said)):
                supervisor.start(replace(program, log=data / "logs" / f"{program.name}.log"))
            begin = time.monotonic()
            supervisor.run(until=lambda: up.answers(server.address) or time.monotonic() > begin + READY_SECONDS)
            yield server
    finally:
        for folder in filter(None, (engines.home(data), data)):
            shutil.rmtree(folder, ignore_errors=True)


def count(statements: list[str]) -> dict[str, int]:
    """How many statements there were, and how many of them only began or ended a transaction."""
    return {"all": len(statements), "control": sum(said.upper().startswith(CONTROL) for said in statements)}


def _manage(data: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        check=False,
        cwd=ROOT,
        env=environment(data),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"manage.py {command[0]} failed:\n{done.stderr}"
    return done.stdout


def _quiet(line: str) -> None:
    """What the server's processes print does not belong into a table of figures."""
