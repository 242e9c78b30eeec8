"""``manage.py generate_collection``: the demo collection as a labelled file, to import, replay or measure with."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reviewapp.demo import table
from reviewapp.demo.collection import generate
from reviewapp.errors import ReviewError


class Command(BaseCommand):
    help = (
        "Write the demo collection with the truth about each document (label 1 or 0, topic) to a .csv or .jsonl file, "
        "also gzipped. The same number and seed give the same file. Needs no database."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--documents", type=int, default=2400, help="how many documents (default: 2400)")
        parser.add_argument("--seed", type=int, default=7, help="another seed, another collection (default: 7)")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write it")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["documents"] < 1:
            raise CommandError(f"--documents must be 1 or more, not {options['documents']}.")
        try:
            written = table.write(generate(options["documents"], options["seed"]), options["out"])
        except (ReviewError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{written} documents written to {options['out']}.")
