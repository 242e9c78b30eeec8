"""Upgrading while people work."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from reviewapp.domain import coding, queue
from reviewapp.env import ROOT
from reviewapp.management.commands import migrate
from reviewapp.models import Project
from tests import processes
from tests.cast import Cast, fresh

SLOWEST = 5.0  # seconds of one decision on a busy machine; without stepping aside it would wait for the reader's end


def upgrade(*command: str) -> list[str]:
    return [sys.executable, "manage.py", "migrate", "later", *command]


def environment() -> dict[str, str]:
    return processes.environment() | {"DJANGO_SETTINGS_MODULE": "tests.chaos.later.settings", "PYTHONUNBUFFERED": "1"}


@contextmanager
def a_long_reader() -> Iterator[None]:
    """Somebody who reads the table of projects in one transaction, as a backup does."""
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reviewapp_project")
    try:
        yield
    finally:
        other.close()


@pytest.mark.processes
def test_decisions_go_on_while_a_migration_waits_for_a_table(
    transactional_db: None, project: Project, cast: Cast
) -> None:
    """T-10: the migration steps aside for reviewers as often as it must, and is done when the table is free."""
    item = queue.next_document(fresh(project), cast.rita)
    slowest, decided = 0.0, 0
    with a_long_reader():
        process = subprocess.Popen(upgrade(), cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        waits = iter(line for line in process.stdout if "trying again" in line)
        for _ in range(3):
            next(waits)
            assert item is not None
            assert item.lease_token is not None
            began = time.monotonic()
            submitted = coding.submit(fresh(project), cast.rita, item.lease_token, coding.Answer(choice="Relevant"))
            slowest, decided, item = max(slowest, time.monotonic() - began), decided + 1, submitted.upcoming
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert "later" in columns()
    assert fresh(project).completions == decided == 3
    assert slowest < SLOWEST
    subprocess.run(upgrade("zero"), cwd=ROOT, env=environment(), check=True, capture_output=True)
    assert "later" not in columns()


def columns() -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, "reviewapp_project")}


def test_the_session_waits_for_locks_as_ever_afterwards(db: None) -> None:
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.processes
def test_a_table_that_is_never_free_ends_the_command_with_what_to_do(
    transactional_db: None, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "TRIES", 1)
    monkeypatch.setattr(migrate.Command.__base__, "handle", _alter)
    with a_long_reader(), pytest.raises(CommandError, match="Look for a long transaction"):
        call_command("migrate", verbosity=0)
    assert "later" not in columns()


def _alter(*given: object, **options: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE reviewapp_project ADD COLUMN later integer")
