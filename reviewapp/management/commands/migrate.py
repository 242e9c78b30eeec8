"""``manage.py migrate`` that never stands in the way of review.

A change of a table waits for everybody who uses it, and everybody who comes later waits behind that change. So a
migration waits for a table only for :data:`PATIENCE`; then it steps aside, and is tried again a little later.
"""

import time
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from psycopg2.errors import LockNotAvailable

PATIENCE = "300ms"
PAUSE = 1.0  # seconds between two tries
TRIES = 600


class Command(migrate.Command):
    help = f"{migrate.Command.help} A migration that would hold reviewers up steps aside and is tried again."

    def handle(self, *args: Any, **options: Any) -> None:
        for _ in range(TRIES):
            try:
                with connections[options["database"]].cursor() as cursor:
                    cursor.execute("SET lock_timeout = %s", [PATIENCE])
                super().handle(*args, **options)
            except OperationalError as problem:
                if not isinstance(problem.__cause__, LockNotAvailable):
                    raise
                self.stdout.write("A table is in use; trying again.")
                self.stdout.flush()
                time.sleep(PAUSE)
            else:
                return
            finally:
                _reset(options["database"])
        raise CommandError("A table is in use all the time. Look for a long transaction, then run this again.")


def _reset(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("RESET lock_timeout")
