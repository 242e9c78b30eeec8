"""Stored files: named by their digest, shared by all rows that name it, removed when no row does."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from models_lib.vault import Vault
from reviewapp.artifacts import Artifacts
from reviewapp.domain.belongings import TABLES, Table

SEALED = "sealed"
LOCK = 0x5265_7669_6577  # of the whole store: removing waits for those who are about to name what they stored
AT_A_TIME = 500
UNNAMED = timedelta(days=1)  # a file is stored before the row that names it


def artifacts() -> Artifacts:
    """Where this instance keeps arrays."""
    return Artifacts(Path(settings.ARTIFACTS_DIR))


def vault() -> Vault:
    """Where this instance keeps sealed files."""
    return Vault(Path(settings.ARTIFACTS_DIR) / SEALED)


@contextmanager
def held() -> Iterator[None]:
    """Nothing is removed meanwhile: for storing files whose rows are committed only later."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s)", [LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [LOCK])


def lock(*, wait: bool) -> bool:
    """Nothing is stored or removed by others until the transaction ends; False where it would have to wait."""
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            return True
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def remove_unused(named: Iterable[tuple[str, str]], *, wait: bool = True) -> int:
    """Delete those of the ``(kind, digest)`` that no row names any more; returns how many.

    Where files are :func:`held` it waits, or leaves them for :func:`sweep`.
    """
    waiting, removed = sorted(set(named)), 0
    for start in range(0, len(waiting), AT_A_TIME):
        with transaction.atomic():
            if not lock(wait=wait):
                break
            for sealed, digest in unused(waiting[start : start + AT_A_TIME]):
                (vault() if sealed else artifacts()).remove(digest)
                removed += 1
    return removed


def sweep() -> int:
    """Delete files that no row has named for a day, and what was left unfinished; returns how many were not named."""
    oldest = time.time() - UNNAMED.total_seconds()
    stored = [("artifact", digest) for digest in artifacts().stored(before=oldest)]
    return remove_unused([*stored, *((SEALED, digest) for digest in vault().stored(before=oldest))], wait=False)


def unused(named: Iterable[tuple[str, str]]) -> set[tuple[bool, str]]:
    """Which of these no row names, as ``(whether it is sealed, digest)``; files of any other kind share one store."""
    wanted = {(kind == SEALED, digest) for kind, digest in named if digest}
    for table in TABLES:
        for column, kind in table.files.items():
            asked = [digest for sealed, digest in wanted if sealed == (kind == SEALED)]
            found = table.model._base_manager.filter(**{f"{column}__in": asked}).values_list(column, flat=True)
            wanted -= {(kind == SEALED, digest) for digest in found.distinct()}
    return wanted


def named_by(rows: Iterable[tuple[Table, QuerySet[Any]]]) -> set[tuple[str, str]]:
    """The ``(kind, digest)`` of every file that these rows of tables name."""
    found: set[tuple[str, str]] = set()
    for table, query in rows:
        for column, kind in table.files.items():
            digests = query.exclude(**{column: ""}).values_list(column, flat=True)
            found |= {(kind, digest) for digest in digests.distinct()}
    return found
