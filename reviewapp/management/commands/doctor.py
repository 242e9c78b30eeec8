"""``manage.py doctor``: what is well, what is not, and what to do about it; also when nothing runs."""

import re
import shutil
import stat
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import OperationalError

from models_lib import keys
from reviewapp import env
from reviewapp.celery import app
from reviewapp.domain import health
from reviewapp.management.commands.up import static_is_fresh

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRES = 150_000
SHORTEST_SECRET = 50  # characters; Django's own bound
START = "Start everything with: make up"
LOCKED = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?P<marker> *;)?", re.MULTILINE)


@dataclass(frozen=True)
class Finding:
    """One line of the report; without a remedy all is well."""

    subject: str
    state: str
    remedy: str = ""


class Command(BaseCommand):
    help = "Check this installation. Ends with exit code 1 when something is wrong."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--lock", type=Path, default=env.ROOT / "requirements.lock", help="lock file to compare to")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(examine(options["lock"]))
        for finding in findings:
            verdict = "wrong" if finding.remedy else "ok"
            self.stdout.write(f"{verdict:<6}{finding.subject:<12}{finding.state}")
            if finding.remedy:
                self.stdout.write(f"      {'':<12}-> {finding.remedy}")
        if any(finding.remedy for finding in findings):
            sys.exit(1)


def examine(lock: Path) -> Iterator[Finding]:
    """Look at everything, the cheapest first; what needs the database is left out when it does not answer."""
    yield python()
    yield packages(lock)
    yield data_folder(Path(settings.DATA_DIR))
    yield free_space(Path(settings.DATA_DIR))
    yield private_files(Path(settings.DATA_DIR))
    yield secret_key(settings.SECRET_KEY)
    yield provider()
    yield static_files()
    yield broker()
    for needed in (database, migrations):
        yield (found := needed())
        if found.remedy:
            return
    yield sealed_models()
    yield from processes()


def python() -> Finding:
    """Python itself."""
    state = sys.version.split()[0]
    old = sys.version_info < OLDEST_PYTHON
    return Finding("python", state, "Use Python 3.11 or newer: remove .venv and run make up again." if old else "")


def packages(lock: Path) -> Finding:
    """The installed packages against ``lock``; one that the lock restricts to other platforms may be missing."""
    if not lock.exists():
        return Finding("packages", f"{lock} is missing", "Check out the whole repository.")
    wrong = sorted(_differences(_locked(lock.read_text(encoding="utf-8"))))
    if wrong:
        return Finding("packages", ", ".join(wrong), f"Run: pip install --require-hashes -r {lock.name}")
    return Finding("packages", f"as {lock.name} says")


def data_folder(folder: Path) -> Finding:
    """The data folder is ours alone; under root the database's system user may pass through."""
    if not folder.is_dir():
        return Finding("data", f"{folder} does not exist", START)
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o067:
        return Finding("data", f"{folder} can be read by others ({mode:o})", f"Run: chmod 700 {folder}")
    return Finding("data", str(folder))


def free_space(folder: Path) -> Finding:
    """Enough room that the database never meets a full disk."""
    free = shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists())).free
    state = f"{free / 1e9:.1f} GB free"
    if free < settings.FREE_SPACE_FLOOR:
        floor = f"{settings.FREE_SPACE_FLOOR / 1e9:.1f} GB"
        return Finding("disk", state, f"Imports are refused below {floor}. Make room on the disk of {folder}.")
    return Finding("disk", state)


def private_files(folder: Path) -> Finding:
    """Keys and passwords are readable by their owner only."""
    files = [*folder.glob("keys/*"), *folder.glob("*.password"), *folder.glob("engines.json")]
    open_files = [str(file) for file in files if stat.S_IMODE(file.stat().st_mode) & 0o077]
    if open_files:
        return Finding("keys", "others can read a key", f"Run: chmod 600 {' '.join(open_files)}")
    return Finding("keys", f"{len(files)} files, readable by their owner only")


def secret_key(key: str) -> Finding:
    """The key that signs sessions."""
    if len(key) < SHORTEST_SECRET:
        return Finding("SECRET_KEY", f"only {len(key)} characters", "Set 32 bytes from: openssl rand -hex 32")
    if settings.DEBUG:
        return Finding("SECRET_KEY", "DEBUG is on", "Unset DEBUG: error pages would show settings to everybody.")
    return Finding("SECRET_KEY", "long enough")


def provider() -> Finding:
    """The identity provider is asked in a way that nobody can listen to."""
    try:
        url = env.secure_url("OIDC_URL")
    except env.EnvironmentProblem as problem:
        return Finding("sign-in", str(problem), "Set OIDC_URL to the provider's https:// address, or unset it.")
    return Finding("sign-in", f"through {urlsplit(url).hostname} as well" if url else "with passwords of this server")


def static_files() -> Finding:
    """Style sheets and scripts as the web process serves them."""
    if static_is_fresh():
        return Finding("static", f"collected in {settings.STATIC_ROOT}")
    return Finding("static", "not collected, or older than their sources", "Run: ./manage.py collectstatic --noinput")


def broker() -> Finding:
    """Redis or Valkey."""
    try:
        with app.connection_for_write() as link:
            link.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, OSError) as problem:
        return Finding("broker", f"does not answer: {_one_line(problem)}", f"{START}, or check REDIS_URL.")
    return Finding("broker", "answers")


def database() -> Finding:
    """PostgreSQL: there, new enough, and keeping what it acknowledges."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int, current_setting('synchronous_commit')")
            version, commit = cursor.fetchone()
    except DatabaseError as problem:
        return Finding("database", f"does not answer: {_one_line(problem)}", f"{START}, or check DATABASE_URL.")
    state = f"PostgreSQL {version // 10_000}.{version % 10_000}, synchronous_commit {commit}"
    if version < OLDEST_POSTGRES:
        return Finding("database", state, "Use PostgreSQL 15 or newer.")
    if commit == "off":
        return Finding("database", state, "Set synchronous_commit = on: a crash would lose acknowledged decisions.")
    return Finding("database", state)


def migrations() -> Finding:
    """The tables are those of this release."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        return Finding("tables", f"{len(waiting)} migrations are not applied", "Run: ./manage.py migrate")
    return Finding("tables", "all migrations applied")


def sealed_models() -> Finding:
    """Every ready model is under the current instance key."""
    use = keys.use()
    total = use.current + use.former + use.foreign
    if use.foreign:
        state = f"{use.foreign:,} of {total:,} were sealed with a key that is not here"
        return Finding("models", state, "See docs/how-to/keys.md, “When a model cannot be opened”.")
    if use.former:
        return Finding("models", f"{use.former:,} of {total:,} are under a former key", "Run: ./manage.py rotate_key")
    kept = f"; {use.kept} former kept for archives" if use.kept else ""
    return Finding("models", f"{total:,}, all under the current instance key{kept}")


def processes() -> Iterator[Finding]:
    """Worker and beat, which show every few seconds that they live."""
    alive = health.check().parts
    for part, remedy in health.MISSING.items():
        if alive.get(part):
            yield Finding(part, "alive")
        else:
            yield Finding(part, f"not seen in the last {health.ALIVE.total_seconds():.0f} s", f"{remedy} Or: make up")


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split())


@dataclass(frozen=True)
class _Locked:
    versions: frozenset[str]
    everywhere: bool


def _locked(lock: str) -> dict[str, _Locked]:
    """The versions of each package that a lock allows; one with a marker may be absent on this machine."""
    found: dict[str, _Locked] = {}
    for line in LOCKED.finditer(lock):
        before = found.get(line["name"], _Locked(frozenset(), False))
        found[line["name"]] = _Locked(before.versions | {line["version"]}, before.everywhere or not line["marker"])
    return found


def _differences(locked: Mapping[str, _Locked]) -> Iterator[str]:
    for name, wanted in locked.items():
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            if wanted.everywhere:
                yield f"{name} is missing"
            continue
        if installed not in wanted.versions:
            yield f"{name} is {installed} instead of {' or '.join(sorted(wanted.versions))}"
