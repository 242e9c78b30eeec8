"""A backup is made while people work, and is worth something only when another instance comes up from it."""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from reviewapp import env
from reviewapp.management import backups
from reviewapp.models import Project
from tests.cast import Cast, exported, trained


@pytest.fixture
def reviewed(transactional_db: None, project: Project, cast: Cast) -> Project:
    """A workspace with documents, decisions, an index, a version, ranks and a trained model, all committed."""
    now = trained(project, cast.rita)
    exported(now, cast.mona)
    return now


@pytest.fixture
def elsewhere(tmp_path: Path, transactional_db: None) -> Iterator[dict[str, str]]:
    """The environment of a second instance: an empty database, an empty data folder, the same keys."""
    name = f"restored_{uuid.uuid4().hex}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    said = settings.DATABASES["default"]
    url = f"postgresql://{said['USER']}:{said['PASSWORD']}@/{name}?host={said['HOST']}&port={said['PORT']}"
    shutil.copytree(env.data_dir() / "keys", tmp_path / "second" / "keys")
    yield os.environ | {
        "DATABASE_URL": url,
        "REDIS_URL": env.broker_url(),
        "DATA_DIR": str(tmp_path / "second"),
        "DJANGO_SETTINGS_MODULE": "reviewapp.settings",
    }
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def manage(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "manage.py", *command]
    return subprocess.run(run, cwd=env.ROOT, env=environment, capture_output=True, text=True, check=False)


def test_a_second_instance_comes_up_from_a_backup_with_every_row_and_file(
    reviewed: Project, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    """T-11: wipe everything, restore, the fingerprint of every table equal; the ranks and models can be opened."""
    folder = tmp_path / "backup"
    manifest = backups.make(folder, print)
    assert manifest.tables["reviewapp_document"][0] == 60
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    done = manage(elsewhere, "restore", str(folder))
    assert done.returncode == 0, done.stderr
    assert "are as they were" in done.stdout
    look = (
        "from models_lib import library; from models_lib.models import TrainedModel; from reviewapp.models import *; "
        "from django.conf import settings; from reviewapp.artifacts import Artifacts; p = Project.objects.get(); "
        "a = Artifacts(settings.ARTIFACTS_DIR); print(p.coded, p.version.number, "
        "len(a.read(p.snapshot.artifact)['scores']), library.training_rows(TrainedModel.objects.get()).positives)"
    )
    assert manage(elsewhere, "shell", "-v0", "-c", look).stdout.split() == ["12", "1", "60", "6"]
    assert "not empty" in manage(elsewhere, "restore", str(folder)).stderr


def test_a_damaged_backup_or_one_under_other_keys_writes_nothing(
    reviewed: Project, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    """A flipped byte anywhere is refused before the first row; so are other keys, saying what could not be opened."""
    folder = tmp_path / "backup"
    backups.make(folder, print)
    dump = folder / backups.DUMP
    whole = dump.read_bytes()
    dump.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert "is damaged" in manage(elsewhere, "restore", str(folder)).stderr
    dump.write_bytes(whole)
    foreign = elsewhere | {"INSTANCE_KEY": "ab" * 32, "TOKEN_KEY": "cd" * 32}
    refused = manage(foreign, "restore", str(folder)).stderr
    assert "no trained model can be opened" in refused
    assert "every index must be populated" in refused
    empty = "from django.db import connection; print(len(connection.introspection.table_names()))"
    assert manage(elsewhere, "shell", "-v0", "-c", empty).stdout.strip() == "0"
    assert manage(foreign, "restore", str(folder), "--without-keys").returncode == 0


def test_a_backup_never_replaces_another_and_holds_no_key(reviewed: Project, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    call_command("backup", str(folder))
    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", str(folder))
    secrets = [env.secret(name).hex() for name in ("INSTANCE_KEY", "TOKEN_KEY", "SECRET_KEY")]
    for path in filter(Path.is_file, folder.rglob("*")):
        assert not any(secret.encode() in path.read_bytes() for secret in secrets), path


def test_a_file_that_the_database_names_must_be_there(reviewed: Project, tmp_path: Path) -> None:
    assert reviewed.snapshot is not None
    digest = reviewed.snapshot.artifact
    shutil.rmtree(Path(settings.ARTIFACTS_DIR) / digest[:2] / digest)
    with pytest.raises(backups.BackupProblem, match=digest):
        backups.make(tmp_path / "backup", print)
    assert not (tmp_path / "backup").exists()
