"""``manage.py sweep``: the beat process."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection

from reviewapp.beat import Beat

PAUSE = 1.0  # seconds between tries while the database is away


class Command(BaseCommand):
    help = "Ring the workers for waiting jobs, give back expired leases, once a second, until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do it once and exit")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            Beat().tick()
            return
        while True:
            try:
                Beat().run()
            except (DatabaseError, OSError) as problem:
                self.stderr.write(f"The database does not answer ({problem}); trying again.")
                connection.close()
                time.sleep(PAUSE)
