"""``manage.py restore FOLDER``: bring a backup into an empty database."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviewapp.management import backups


class Command(BaseCommand):
    help = "Check a backup, load it into an empty database, copy its files, and compare every table."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder that manage.py backup wrote")
        parser.add_argument("--without-keys", action="store_true", help="go on where this instance has other keys")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            manifest = backups.restore(
                options["folder"].absolute(), self.stdout.write, without_keys=options["without_keys"]
            )
        except backups.BackupProblem as problem:
            raise CommandError(str(problem)) from problem
        rows = sum(count for count, _ in manifest.tables.values())
        self.stdout.write(
            f"{rows:,} rows of {len(manifest.tables)} tables are as they were at {manifest.made_at}; "
            f"{time.monotonic() - started:.1f} s."
        )
