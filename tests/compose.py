"""docker-compose.yml without Docker: its services as processes of this machine, with their very commands.

What the container runtime would give comes by plain substitution: names and ports of the inner network become free
ports of 127.0.0.1, volumes and secrets become folders, and the image becomes a copy of what the Dockerfile copies.
"""

import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from reviewapp.env import ROOT
from reviewapp.supervisor import Account, Program, Supervisor
from tests.processes import free_port

DEPLOY = ROOT / "docs" / "how-to" / "deploy"

FILE = ROOT / "docker-compose.yml"
POSTGRES = Path("/usr/lib/postgresql/15/bin")
READY_SECONDS = 120.0
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what containers bind to; never bound here
DEFAULTED = re.compile(r"\$\{\w+:-([^}]*)\}")


def read() -> dict[str, Any]:
    """The compose file as it is with no ``.env``: every variable at its default."""
    text = DEFAULTED.sub(r"\1", FILE.read_text(encoding="utf-8"))
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def copied() -> list[str]:
    """What the Dockerfile copies into the image, as paths below the checkout."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    return [line.split()[1] for line in lines if line.startswith("COPY ")]


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps the path below the checkout out of the build; the last rule that fits decides."""
    hidden = False
    parts = Path(path).parts
    for rule in (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n"):
        if rule and not rule.startswith("#"):
            keeps, pattern = rule.startswith("!"), rule.removeprefix("!")
            names = parts if pattern.startswith("**/") else parts[:1]
            if any(fnmatch(name, pattern.removeprefix("**/")) for name in names):
                hidden = not keeps
    return hidden


@dataclass
class Stack:
    """The services on this machine, below one folder that is thrown away."""

    folder: Path
    supervisor: Supervisor
    services: Mapping[str, Any] = field(default_factory=lambda: read()["services"])
    ports: dict[str, int] = field(default_factory=lambda: {port: free_port() for port in ("5432", "6379", "8000")})
    settings: dict[str, str] = field(default_factory=dict)  # what an operator would write into .env

    def start(self, name: str) -> None:
        """Start the service's command in its environment."""
        self.supervisor.start(self._program(name, self._arguments(name)))

    def complete(self, name: str) -> None:
        """Run a one-shot service to its end."""
        self.run(name, self._arguments(name))

    def run(self, name: str, command: list[str], **extra: str) -> str:
        """What ``docker compose exec`` would print; the command must succeed."""
        done = self._run(name, command, extra)
        assert done.returncode == 0, f"{name}: {command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def await_healthy(self, name: str) -> None:
        """Ask the service's very health check until it passes; its process must still run."""
        begin = time.monotonic()
        while not self.healthy(name):
            log = self.log(name).read_text(encoding="utf-8", errors="replace")
            assert self.supervisor.alive(name), f"{name} ended:\n{log}"
            assert time.monotonic() < begin + READY_SECONDS, f"{name} is not healthy:\n{log}"
            time.sleep(0.2)

    def healthy(self, name: str) -> bool:
        """Whether the service's very health check passes right now."""
        kind, *check = self.services[name]["healthcheck"]["test"]
        command = self.here(name, ["sh", "-c", *check] if kind == "CMD-SHELL" else check)
        return self._run(name, command, {}).returncode == 0

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def volume(self, name: str) -> Path:
        return self.folder / "volumes" / name

    def here(self, name: str, words: list[str]) -> list[str]:
        """The words with everything that the container runtime provides put in its place on this machine."""
        places = {"/run/secrets": str(self.folder / "secrets")}
        for mount in self.services[name].get("volumes", []):
            source, target = mount.split(":")[:2]
            places[target] = str(self.volume(source))
        places |= {"@postgres:": "@127.0.0.1:", "@redis:": "@127.0.0.1:", EVERYWHERE: "127.0.0.1", "$$": "$"}
        known = [re.escape(word) + r"(?!\w)" * word.startswith("/") for word in sorted(places, key=len, reverse=True)]
        pattern = re.compile("|".join([*known, *(rf"\b{port}\b" for port in self.ports)]))
        places |= {port: str(here) for port, here in self.ports.items()}
        return [pattern.sub(lambda found: places[found[0]], word) for word in words]

    def _arguments(self, name: str) -> list[str]:
        command = self.here(name, self.services[name]["command"])
        if name == "postgres":
            command += [f"-cunix_socket_directories={self.volume('database')}", "-clisten_addresses=127.0.0.1"]
        return [*command, "--bind", "127.0.0.1"] if name == "redis" else command

    def _program(self, name: str, command: list[str]) -> Program:
        signal = {"stop_signal": 2} if name == "postgres" else {}  # as the image says
        return Program(
            name,
            tuple(command),
            env=self.environment(name),
            folder=self.folder / "app",
            log=self.log(name),
            account=account() if name in ("postgres", "redis") else None,
            grace=20.0,
            **signal,  # type: ignore[arg-type] # the number of a signal serves as well
        )

    def environment(self, name: str) -> dict[str, str]:
        """The service's environment and nothing of ours but where programs are."""
        said = {key: str(value) for key, value in self.services[name].get("environment", {}).items()} | self.settings
        placed = dict(zip(said, self.here(name, list(said.values())), strict=True))
        path = f"{Path(sys.executable).parent}:{POSTGRES}:{os.defpath}"
        given = {"PATH": path, "HOSTNAME": socket.gethostname(), "PYTHONDONTWRITEBYTECODE": "1"}
        if name == "postgres":
            given |= {"PGPORT": str(self.ports["5432"]), "PGDATA": str(self.volume("database"))}
        return given | placed

    def _run(self, name: str, command: list[str], extra: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        who = account() if name in ("postgres", "redis") else None
        return subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=READY_SECONDS,
            cwd=self.folder / "app",
            env={**self.environment(name), **extra},
            user=who.uid if who else None,
            group=who.gid if who else None,
        )


def account() -> Account | None:
    """Whom PostgreSQL runs as: Debian's own user when we are root, else ourselves."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("postgres")
    return Account("postgres", entry.pw_uid, entry.pw_gid)


def _ignored_here(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if ignored(str((Path(folder) / name).relative_to(ROOT)))]


@contextmanager
def stack(folder: Path) -> Iterator[Stack]:
    """Everything that ``docker compose up`` makes before it starts a service; all is stopped at the end."""
    who = account()
    folder.chmod(0o755)
    for name in copied():
        source, target = ROOT / name, folder / "app" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=_ignored_here)
        else:
            shutil.copy(source, target)
    for name in read()["volumes"]:
        (folder / "volumes" / name).mkdir(parents=True, mode=0o700)
        if who and name != "data":
            os.chown(folder / "volumes" / name, who.uid, who.gid)
    subprocess.run(["sh", str(DEPLOY / "make-secrets.sh"), str(folder / "secrets")], check=True)
    (folder / "secrets").chmod(0o755)  # a container sees the files through its mounts, past the shut door
    with Supervisor(say=lambda line: None) as supervisor:
        made = Stack(folder, supervisor)
        for secret in (folder / "secrets").iterdir():
            (text,) = made.here("web", [secret.read_text(encoding="ascii")])
            secret.unlink()
            secret.write_text(text, encoding="ascii")
        yield made


def make_database(made: Stack) -> None:
    """Do what the image's entry point does with an empty volume: ``initdb``, and the scripts that are mounted."""
    said = made.environment("postgres")
    superuser = [f"--username={said['POSTGRES_USER']}", f"--pwfile={said['POSTGRES_PASSWORD_FILE']}"]
    trust = ["--auth-host=scram-sha-256", "--auth-local=trust"]
    made.run("postgres", ["initdb", *superuser, *trust, *said["POSTGRES_INITDB_ARGS"].split()])
    made.start("postgres")
    made.await_healthy("postgres")
    script = (DEPLOY / "role.sh").read_text(encoding="utf-8")
    made.run("postgres", ["sh", "-c", *made.here("postgres", [script])], PGHOST=str(made.volume("database")))


def within(seconds: float, happened: Callable[[], bool]) -> bool:
    """Whether it happened before so many seconds were over."""
    end = time.monotonic() + seconds
    while not (now := happened()) and time.monotonic() < end:
        time.sleep(0.5)
    return now
