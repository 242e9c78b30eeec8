"""``manage.py backup FOLDER``: copy the database and its files while people work."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviewapp.management import backups


class Command(BaseCommand):
    help = "Write a backup into a new folder, while people work. Keys are not in it: keep a copy of them elsewhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="a new folder")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            manifest = backups.make(options["folder"].absolute(), self.stdout.write)
        except backups.BackupProblem as problem:
            raise CommandError(str(problem)) from problem
        rows, size = sum(count for count, _ in manifest.tables.values()), sum(n for n, _ in manifest.files.values())
        self.stdout.write(f"{rows:,} rows and {size / 1e6:,.1f} MB in {time.monotonic() - started:.1f} s.")
        self.stdout.write(f"To open it elsewhere the keys are needed too: {', '.join(manifest.keys)}.")
