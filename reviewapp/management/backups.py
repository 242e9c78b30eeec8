"""Backups: a consistent copy of the database and of every file that it names, made while people work; and back again.

The database is dumped from one exported snapshot, and the fingerprints of all tables are taken from the same one. Files
never change once they are there, so they are copied before the dump, and what came meanwhile after it.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from models_lib import sealing
from reviewapp import engines, env

FORMAT = 1
DUMP, FILES, MANIFEST = "database.sql", "artifacts", "manifest.json"
NAMES_FILES = ("artifact", "file")  # columns that hold the digest of something in the artefacts' folder
CHUNK = 1 << 20
WITHOUT = {
    "INSTANCE_KEY": "without it no trained model can be opened",
    "TOKEN_KEY": "without it every index must be populated in full, and trained models do not fit the new ones",
}
UNKNOWN_SETTING = re.compile(rb"^SET transaction_timeout = 0;\n$")  # PostgreSQL before 17 does not know it
Say = Callable[[str], None]


class BackupProblem(Exception):
    """A backup cannot be made or used; the message says why and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What is in a backup, and by which it is checked."""

    format: int
    made_at: str
    keys: dict[str, str]  # what the keys it needs call themselves
    tables: dict[str, list[Any]]  # rows, and a sum over the hashes of all rows
    files: dict[str, list[Any]]  # bytes and BLAKE2b, by path inside the backup


def make(folder: Path, say: Say) -> Manifest:
    """Write a backup into a new folder, which appears only when it is whole.

    Raises :class:`BackupProblem` when the folder is there already or a file that the database names is missing.
    """
    if folder.exists():
        raise BackupProblem(f"{folder} is there already. Name a new folder.")
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    say("Copying files …")
    _copy_new(Path(settings.ARTIFACTS_DIR), unfinished / FILES)
    say("Dumping the database …")
    tables, named = _dump(unfinished / DUMP)
    _copy_new(Path(settings.ARTIFACTS_DIR), unfinished / FILES)
    if missing := sorted(named - {path.name for path in _stored(unfinished / FILES)}):
        raise BackupProblem(f"Files that the database names are missing: {', '.join(missing)}. Run manage.py doctor.")
    manifest = Manifest(FORMAT, timezone.now().isoformat(), key_names(), tables, _listed(unfinished))
    (unfinished / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
    unfinished.rename(folder)
    return manifest


def restore(folder: Path, say: Say, *, without_keys: bool = False) -> Manifest:
    """Check a backup whole, bring it into an empty database, and compare every table's fingerprint.

    Raises :class:`BackupProblem`, and then nothing has been written, when a file differs from the manifest, when the
    database is not empty, or when this instance's keys are not those that the backup was made under.
    """
    manifest = _read(folder)
    say("Checking the backup …")
    if _listed(folder) != manifest.files:
        raise BackupProblem(f"{folder} is damaged: its files are not those that were backed up. Use another backup.")
    if connection.introspection.table_names():
        raise BackupProblem("The database is not empty. Restore into a new one, or drop this one first.")
    if not without_keys:
        _require_keys(manifest)
    say("Loading the database …")
    _load(folder / DUMP)
    say("Copying files …")
    _copy_new(folder / FILES, Path(settings.ARTIFACTS_DIR))
    say("Comparing …")
    with connection.cursor() as cursor:
        found = _fingerprints(cursor)
        cursor.execute("ANALYZE")
    if different := sorted(name for name in manifest.tables | found if manifest.tables.get(name) != found.get(name)):
        raise BackupProblem(f"These tables differ from what was backed up: {', '.join(different)}.")
    return manifest


def key_names() -> dict[str, str]:
    """How this instance's keys call themselves; that tells nothing of the keys."""
    token = hashlib.blake2b(b"reviewapp token key name", key=env.secret("TOKEN_KEY"), digest_size=8)
    return {"INSTANCE_KEY": sealing.instance_keys()[0].id, "TOKEN_KEY": token.hexdigest()}


def _dump(target: Path) -> tuple[dict[str, list[Any]], set[str]]:
    """Dump one snapshot of the database; returns its tables' fingerprints and the files that it names."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        with target.open("xb") as file:
            _run("pg_dump", f"--snapshot={snapshot}", "--no-owner", "--no-privileges", stdout=file)
        return _fingerprints(cursor), set(_named(cursor))


def _load(dump: Path) -> None:
    """All of the dump in one transaction."""
    options = ("--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
    with dump.open("rb") as file, _process("psql", *options, stdin=subprocess.PIPE) as loading:
        assert loading.stdin is not None
        with suppress(BrokenPipeError):  # psql ended early and says why
            loading.stdin.writelines(line for line in file if not UNKNOWN_SETTING.match(line))
        _end(loading, "psql")


def _fingerprints(cursor: Any) -> dict[str, list[Any]]:
    """Rows of every table, and the sum of their hashes, which does not depend on their order."""
    found = {}
    for table in sorted(connection.introspection.table_names(cursor)):
        # The statement is put together from the database's own table names.
        cursor.execute(
            f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text "  # noqa: S608
            f"FROM {connection.ops.quote_name(table)} t"
        )
        found[table] = list(cursor.fetchone())
    return found


def _named(cursor: Any) -> Iterator[str]:
    """Digests of the files that rows point to."""
    for model in apps.get_models():
        columns = {field.name: field.column for field in model._meta.local_concrete_fields}
        for column in (columns[name] for name in NAMES_FILES if name in columns):
            cursor.execute(f"SELECT DISTINCT {column} FROM {model._meta.db_table} WHERE {column} <> ''")  # noqa: S608
            yield from (digest for (digest,) in cursor.fetchall())


def _stored(root: Path) -> Iterator[Path]:
    """Everything that is kept under a digest, folder or file, in the artefacts' folder and the vault in it."""
    for top in (root, root / "sealed"):
        yield from (path for path in top.glob("??/*") if not path.name.startswith("."))


def _copy_new(source: Path, target: Path) -> None:
    """Copy what is not there yet; nothing that is kept under a digest ever changes."""
    for path in _stored(source):
        place = target / path.relative_to(source)
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            unfinished = place.with_name(f".{place.name}.unfinished")
            shutil.copytree(path, unfinished) if path.is_dir() else shutil.copyfile(path, unfinished)
            unfinished.rename(place)


def _listed(folder: Path) -> dict[str, list[Any]]:
    """Every file of the backup but its manifest, with size and digest."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {str(path.relative_to(folder)): [path.stat().st_size, _digest(path)] for path in sorted(files)}


def _digest(path: Path) -> str:
    whole = hashlib.blake2b(digest_size=32)
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            whole.update(piece)
    return whole.hexdigest()


def _read(folder: Path) -> Manifest:
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**said)
        datetime.fromisoformat(manifest.made_at)
    except (OSError, ValueError, TypeError) as problem:
        raise BackupProblem(f"{folder} holds no backup: its {MANIFEST} cannot be read.") from problem
    if manifest.format != FORMAT:
        raise BackupProblem(f"The backup has format {manifest.format}; this version reads format {FORMAT}.")
    return manifest


def _require_keys(manifest: Manifest) -> None:
    ours = key_names()
    if lost := [f"{name} ({WITHOUT[name]})" for name, said in manifest.keys.items() if ours[name] != said]:
        raise BackupProblem(
            f"The backup was made under other keys than this instance has: {'; '.join(lost)}. "
            "Copy the original's keys folder first, or pass --without-keys to go on without them."
        )


def _run(program: str, *options: str, stdout: IO[bytes]) -> None:
    with _process(program, *options, stdout=stdout) as process:
        _end(process, program)


def _process(program: str, *options: str, **streams: Any) -> subprocess.Popen[bytes]:
    """One of PostgreSQL's own programs on our database; the password goes by the environment, never by ``ps``."""
    said = settings.DATABASES["default"]
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    database = connection.settings_dict["NAME"]
    where = {variable: str(said[name]) for variable, name in names.items() if said[name]} | {"PGDATABASE": database}
    command = [str(engines.program(program)), *options]
    return subprocess.Popen(command, env=os.environ | where, stderr=subprocess.PIPE, **streams)


def _end(process: subprocess.Popen[bytes], program: str) -> None:
    _, said = process.communicate()
    if process.returncode:
        raise BackupProblem(f"{program} failed: {said.decode(errors='replace').strip()[-500:]}")
